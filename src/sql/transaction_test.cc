#include "sql/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/analysis.h"
#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kCall = 12'000'000;  // to another service

// Budgets that nothing here breaks.
const RuleOptions kAmple = {.db_budget_ns = 1'000'000'000, .logic_budget_ns = 1'000'000'000};

// BEGIN, a write, `between` ns of something else, a second write, COMMIT.
void Transact(Script& s, int64_t n, int64_t between) {
  s.RunSimple("begin", 0);
  s.Run("update orders set state = $1 where id = $2", {"paid", Id(n)}, 0).in_transaction = true;
  s.Step(between);
  s.BeginTrip(TripKind::kPrepare);
  s.EndTrip();
  s.Run("insert into notes (order_id) values ($1)", {Id(n)}, 0).in_transaction = true;
  s.RunSimple("commit", 0).in_transaction = true;
}

Exchange DriveTypical(const Work& work) { return Drive(work, {1, 2, 5}, Script(), 8); }

TEST(IdleInTransaction, SumsTheTimesBetweenStatements) {
  const Exchange exchange = DriveTypical([](Script& s, int64_t n, int) {
    s.Step(kCall);  // before BEGIN
    Transact(s, n, kCall);
    s.Step(kCall);  // after COMMIT
  });
  for (const double idle : IdleInTransaction(exchange, WarmRequests(exchange)))
    EXPECT_EQ(idle, static_cast<double>(kCall + 4 * 20'000)) << "and the way to and from four statements";
}

TEST(IdleInTransaction, IsFoundAtTheStatementBeforeTheWait) {
  const Exchange exchange = DriveTypical([](Script& s, int64_t n, int) { Transact(s, n, kCall); });
  const auto judgement = JudgeExchange(exchange, kAmple);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.idle_in_transaction"));
  ExpectRenders(exchange, judgement);
  EXPECT_EQ(judgement.findings.at(0).subject.name, "update orders set state = $1 where id = $2");
}

TEST(IdleInTransaction, IsSureWhereEachRequestIsIdleForLong) {
  const auto idle = [](const std::function<int64_t(int)>& lasts) {
    return IsSurelyIdle(DriveTypical([&](Script& s, int64_t n, int repetition) { Transact(s, n, lasts(repetition)); }));
  };
  EXPECT_TRUE(idle([](int) { return 60'000'000; }));
  EXPECT_FALSE(idle([](int) { return kCall; })) << "a busy machine may do that";
  EXPECT_FALSE(idle([](int repetition) { return repetition == 5 ? 1'000'000 : 60'000'000; })) << "not each of them";
  EXPECT_FALSE(
      IsSurelyIdle(Drive([](Script& s, int64_t n, int) { Transact(s, n, 60'000'000); }, {1, 2, 5}, Script(), 4)))
      << "few requests";
}

TEST(IdleInTransaction, BehindBeginItIsTheNextStatement) {
  const Exchange exchange = DriveTypical([](Script& s, int64_t n, int) {
    s.RunSimple("begin", 0);
    s.Step(kCall);
    s.Run("update orders set state = $1 where id = $2", {"paid", Id(n)}, 0).in_transaction = true;
    s.RunSimple("commit", 0).in_transaction = true;
  });
  const auto judgement = JudgeExchange(exchange, kAmple);
  ASSERT_THAT(Rules(judgement), ElementsAre("sql.idle_in_transaction"));
  ExpectRenders(exchange, judgement);
  EXPECT_EQ(judgement.findings.at(0).subject.name, "update orders set state = $1 where id = $2");
}

TEST(IdleInTransaction, LookAlikesAreNotFound) {
  const std::vector<std::pair<std::string, Work>> look_alikes = {
      {"a short transaction", [](Script& s, int64_t n, int) { Transact(s, n, 30'000); }},
      {"the call before BEGIN",
       [](Script& s, int64_t n, int) {
         s.Step(kCall);
         Transact(s, n, 0);
       }},
      {"a call between statements without a transaction",
       [](Script& s, int64_t n, int) {
         s.Run("update orders set state = $1 where id = $2", {"paid", Id(n)}, 0);
         s.Step(kCall);
         s.Run("insert into notes (order_id) values ($1)", {Id(n)}, 0);
       }},
      {"a loop of many statements",
       [](Script& s, int64_t n, int) {
         s.RunSimple("begin", 0);
         for (int i = 0; i < 60; ++i) {
           s.Step(200'000);
           s.Run("update orders set state = $1 where id = $2", {"paid", Id(n)}, 0).in_transaction = true;
         }
         s.RunSimple("commit", 0).in_transaction = true;
       }},
      {"one slow request of several",
       [](Script& s, int64_t n, int repetition) { Transact(s, n, repetition % 4 == 1 ? kCall : 0); }}};
  for (const auto& [name, work] : look_alikes) {
    SCOPED_TRACE(name);
    const auto judgement = JudgeExchange(DriveTypical(work), kAmple);
    EXPECT_THAT(judgement.findings, IsEmpty());
  }
}

TEST(IdleInTransaction, ConnectionsDoNotMix) {
  const Exchange exchange = DriveTypical([](Script& s, int64_t n, int) {
    s.connection = 1;
    s.RunSimple("begin", 0);
    s.connection = 2;
    s.Step(kCall);
    ListOrders(s, n);
    s.connection = 1;
  });
  for (const double idle : IdleInTransaction(exchange, WarmRequests(exchange))) EXPECT_EQ(idle, 0);
}

}  // namespace
}  // namespace hone::sql
