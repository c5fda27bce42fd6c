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

}  // namespace
}  // namespace hone::sql
