#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

constexpr std::string_view kAll = "select id, starts_at, status from appointments where starts_at >= $1";
const std::vector<int64_t> kListSizes = {1, 5, 20, 50};

// Requests that run `work` and list as many elements as they ask for, of `most` that there are.
Exchange Listing(const Work& work, int64_t most = 1000) {
  return Drive(
      [&](Script& s, int64_t n, int repetition) {
        work(s, n, repetition);
        s.phase().requests.back().body_elements = std::min(n, most);
      },
      kListSizes);
}

bool Told(const Exchange& exchange) {
  const auto rules = Rules(JudgeExchange(exchange));
  return std::ranges::find(rules, "sql.rows_unused") != rules.end();
}

TEST(UnusedRows, AreThoseThatTheAnswerDoesNotList) {
  const Exchange exchange = Listing([](Script& s, int64_t, int repetition) {
    s.Run("select * from sessions where token = $1", {std::to_string(9000 + repetition)});
    s.Run(TextOf(kAll), {"2026-01-01"}, 640);
  });
  const auto judgement = JudgeExchange(exchange);
  const auto found = std::ranges::find(judgement.findings, "sql.rows_unused", &evidence::FindingDraft::rule);
  ASSERT_NE(found, judgement.findings.end());
  EXPECT_EQ(found->subject.name, kAll);
  EXPECT_EQ(ComputeAll(exchange, *found).at(0).value, 640);
  EXPECT_EQ(ComputeAll(exchange, *found).at(1).value, 50);
}

TEST(UnusedRows, LookAlikes) {
  const auto list = [](int64_t rows) {
    return [rows](Script& s, int64_t, int) { s.Run(TextOf(kAll), {"2026-01-01"}, rows); };
  };
  EXPECT_TRUE(Told(Listing(list(200))));
  EXPECT_FALSE(Told(Listing(list(199)))) << "less than four times the longest list";
  EXPECT_FALSE(Told(Listing(list(640), 1))) << "answers of one length";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t n, int) { s.Run(TextOf(kAll), {"2026-01-01"}, 300 * n); })))
      << "a few times what is asked for";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t n, int) {
    s.Run("select code from permissions where account = $1", {"7001"}, 300);
    ListOrders(s, n);
  }))) << "the list is another statement's";
  EXPECT_FALSE(Told(Listing([](Script& s, int64_t, int) {
    for (int i = 0; i < 2; ++i) s.Run(TextOf(kAll), {std::to_string(7000 + i)}, 640);
  }))) << "two readings";
  EXPECT_FALSE(Told(Drive(list(640), kListSizes))) << "answers that are no JSON";
}

constexpr std::string_view kLoans = "select id, ends_on from loans where status = $1";

// What an answer shows: the elements' ids, and whatever else stands in it.
ListedValues Shown(const std::vector<std::string>& ids, const std::vector<std::string>& others = {}) {
  ListedValues values{.keys = {ids}};
  values.all.insert(ids.begin(), ids.end());
  values.all.insert(others.begin(), others.end());
  return values;
}

std::vector<std::string> LoanIds(int64_t count) {
  std::vector<std::string> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(std::to_string(50'000 + i));
  return ids;
}

// Requests without a size that read so many loans and answer with `shown`.
Exchange Overdue(int64_t rows, const ListedValues& shown, int requests = 9) {
  Script script("");
  for (int i = 0; i < requests; ++i) {
    script.BeginRequest(-1, i == 0);
    script.phase().listed.emplace(script.phase().requests.back().start_ns, shown);
    script.phase().requests.back().body_elements = static_cast<int64_t>(shown.keys.at(0).size());
    script.Run(TextOf(kLoans), {"active"}, rows, LoanIds(rows));
    script.EndRequest();
  }
  return script.Build();
}

TEST(UnusedRows, AreThoseWhoseValuesDoNotStandInTheAnswer) {
  const Exchange exchange = Overdue(640, Shown({"50003", "50600"}, {"late", "2"}));
  const auto judgement = JudgeExchange(exchange);
  const auto found = std::ranges::find(judgement.findings, "sql.rows_unused", &evidence::FindingDraft::rule);
  ASSERT_NE(found, judgement.findings.end());
  EXPECT_EQ(found->subject.name, kLoans);
  EXPECT_EQ(ComputeAll(exchange, *found).at(0).value, 640);
  EXPECT_EQ(ComputeAll(exchange, *found).at(1).value, 2);
}

TEST(UnusedRows, StandInTheAnswerOrMayBeMadeUseOf) {
  EXPECT_TRUE(Told(Overdue(640, Shown(LoanIds(160)))));
  EXPECT_FALSE(Told(Overdue(640, Shown(LoanIds(161))))) << "less than four times those that are listed";
  EXPECT_FALSE(Told(Overdue(640, Shown({"50003"}, LoanIds(640))))) << "the others stand elsewhere in the answer";
  EXPECT_FALSE(Told(Overdue(640, Shown({"Monday", "Tuesday"})))) << "sums of them";
  EXPECT_FALSE(Told(Overdue(640, Shown({"50003", "9"})))) << "one of the elements is another statement's";
  EXPECT_FALSE(Told(Overdue(80, Shown({"50003"})))) << "few rows";
  EXPECT_FALSE(Told(Overdue(640, Shown({"50003"}), 5))) << "few requests";
}

}  // namespace
}  // namespace hone::sql
