#include "ops/session_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/files.h"
#include "evidence/ledger.h"

namespace hone::ops {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

sql::Exchange Ran(const std::vector<std::string>& texts) {
  sql::Exchange exchange;
  for (const std::string& text : texts) {
    exchange.queries.push_back({.text = text});
    exchange.statements.push_back({.query = static_cast<uint32_t>(exchange.queries.size() - 1)});
  }
  return exchange;
}

TEST(SessionWatch, ErrorsAreNotedForThePhaseThatHadThem) {
  sql::ProxyCounters before;
  before.changed_plans = 5;
  before.cancels = 1;
  sql::ProxyCounters after = before;
  EXPECT_TRUE(CountsOf("the dry run", before, after).empty());
  after.changed_plans += 2;
  after.unknown_prepared += 1;
  SessionFacts facts;
  facts.counts = {CountsOf("the quiet phase", before, after)};
  const sql::Exchange migrating = Ran({"select 1 from t", "alter table t add column b int"});
  EXPECT_THAT(ErrorCaveats(facts, {&migrating}),
              ElementsAre(AllOf(HasSubstr("in the quiet phase, 2 statements failed with `cached plan must not change"),
                                HasSubstr("The service itself altered the schema: `alter table t add column b int`")),
                          AllOf(HasSubstr("SQLSTATE 26000"), HasSubstr("transaction mode"))));
  const sql::Exchange discarding = Ran({"discard all"});
  EXPECT_THAT(ErrorCaveats(facts, {&discarding}),
              ElementsAre(HasSubstr("No statement of the service's altered the schema"),
                          HasSubstr("the service itself makes the server forget them (`discard all`)")));
}

class SessionCountsTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("session-watch").value();
  std::unique_ptr<evidence::Ledger> ledger_ = evidence::Ledger::Open(folder_.path() / ".hone").value();
  Measurer measurer_{*ledger_, ledger_->BeginRun({.verb = "check"}).value()};
};

TEST_F(SessionCountsTest, AreMeasuredFromWhatTheLedgerKeeps) {
  SessionFacts facts;
  ASSERT_TRUE(KeepCounts({.phase = "the dry run"}, "shop", measurer_, facts));
  EXPECT_THAT(measurer_.captures(), IsEmpty()) << "nothing was counted";
  ASSERT_TRUE(KeepCounts({.phase = "the quiet phase", .changed_plans = 2, .cancels = 1}, "shop", measurer_, facts));
  ASSERT_TRUE(KeepCounts({.phase = "the phases under load", .cancels = 3}, "shop", measurer_, facts));
  EXPECT_EQ(facts.cancels, 4) << "over the whole run";
  ASSERT_EQ(measurer_.captures().size(), 2U);
  ASSERT_FALSE(measurer_.measurements().empty());
  EXPECT_EQ(measurer_.measurements().front().metric, "sql.changed_plans");
  EXPECT_EQ(measurer_.measurements().front().value, 2);
  EXPECT_EQ(measurer_.measurements().back().captures.size(), 2U);
}

TEST(SessionWatch, TimeoutsThatAreMissingAreNamedWithTheLineToAdd) {
  SessionFacts facts;
  const sql::Exchange plain = Ran({"select 1 from t"});
  EXPECT_THAT(TimeoutCaveat(facts, {&plain}, false), IsEmpty()) << "nobody asked the server";
  facts.timeouts_known = true;
  EXPECT_THAT(TimeoutCaveat(facts, {&plain}, false),
              AllOf(HasSubstr("no statement_timeout, no lock_timeout in the service's"), Not(HasSubstr("idle_in")),
                    HasSubstr("`statement_timeout=30s` in the DSN")));
  EXPECT_THAT(TimeoutCaveat(facts, {&plain}, true), HasSubstr("`ALTER ROLE ... SET statement_timeout = '30s'`"));
  const sql::Exchange transactions = Ran({"begin", "commit"});
  EXPECT_THAT(TimeoutCaveat(facts, {&plain, &transactions}, false),
              HasSubstr("no idle_in_transaction_session_timeout in"));
  facts.timeouts = {"statement_timeout"};
  EXPECT_THAT(TimeoutCaveat(facts, {&plain}, false), IsEmpty()) << "which bounds the waits as well";
  EXPECT_THAT(TimeoutCaveat(facts, {&transactions}, false), HasSubstr("no idle_in_transaction_session_timeout in"));
}

TEST(SessionWatch, WhatTheServiceSetsItselfCounts) {
  SessionFacts facts{.timeouts_known = true};
  const sql::Exchange sets = Ran({"set statement_timeout = $1"});
  EXPECT_THAT(TimeoutCaveat(facts, {&sets}, false), IsEmpty());
  const sql::Exchange local = Ran({"begin", "set local statement_timeout = $1", "commit"});
  EXPECT_THAT(TimeoutCaveat(facts, {&local}, false), HasSubstr("no idle_in_transaction_session_timeout in"));
  facts.cancels = 3;
  EXPECT_THAT(TimeoutCaveat(facts, {&local}, false), HasSubstr("3 statements were cancelled"));
}

}  // namespace
}  // namespace hone::ops
