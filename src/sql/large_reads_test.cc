#include "sql/large_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::shared_ptr<const RecordedBind> Seven() {
  return std::make_shared<const RecordedBind>(RecordedBind{.oids = {23}, .formats = {}, .values = {"7"}});
}

void RunList(Script& script, const std::string& text, int64_t bytes) {
  RecordedStatement& statement = script.Run(text, {"7"}, 40);
  statement.bytes = bytes;
  statement.bind = Seven();
}

TEST(LargeReads, AreWhatEachRequestExecutesOnceAndReturnsMuch) {
  Script script;
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    RunList(script, "select * from tours where guide = $1", kLeastUnusedBytes);
    RunList(script, "select * from guests where guide = $1", 2 * kLeastUnusedBytes);
    RunList(script, "select * from notes where guide = $1", kLeastUnusedBytes - 1);
    for (int run = 0; run < 2; ++run) RunList(script, "select * from guides where id = $1", 2 * kLeastUnusedBytes);
    if (i == 5) RunList(script, "select * from seasons where guide = $1", 2 * kLeastUnusedBytes);
    script.EndRequest();
  }
  const auto reads = LargeReads(script.recording(), script.Build());
  ASSERT_THAT(reads, SizeIs(2));
  EXPECT_EQ(reads[0].executions.at(0).read.statement.text, "select * from guests where guide = $1");
  EXPECT_EQ(reads[0].executions.at(0).read.rows, 40);
  EXPECT_EQ(reads[0].executions.at(0).request, 5U);
  ASSERT_TRUE(reads[0].executions.at(0).read.statement.bind);
  EXPECT_THAT(reads[0].executions.at(0).read.statement.bind->values, ElementsAre("7"));
  EXPECT_EQ(reads[1].executions.at(0).read.statement.text, "select * from tours where guide = $1");
}

TEST(LargeReads, AreThoseOfTheLargestSizeWhereUsualOnesReturnLittle) {
  Script script;
  for (const int64_t size : {5, 5, 5, 50, 50, 50}) {
    script.BeginRequest(size, false);
    RunList(script, "select * from tours where guide = $1", size * 500);
    script.EndRequest();
  }
  Exchange exchange = script.Build();
  exchange.default_size = 5;
  const auto reads = LargeReads(script.recording(), exchange);
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].bytes, 25000);
  EXPECT_EQ(reads[0].executions.at(0).request, 5U);
}

TEST(CountingReads, AreWhatEachRequestExecutesOnceToCountRows) {
  Script script;
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    RunList(script, "select count(*) from guests where guide = $1", 8);
    RunList(script, "select sum(fee) from guests where guide = $1", 8);
    for (int run = 0; run < 2; ++run) RunList(script, "select count(*) from tours where guide = $1", 8);
    script.EndRequest();
  }
  const auto reads = CountingReads(script.recording(), script.Build());
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].executions.at(0).read.statement.text, "select count(*) from guests where guide = $1");
  EXPECT_THAT(reads[0].executions.at(0).read.statement.bind->values, ElementsAre("7"));
}

TEST(LargeReads, CountByTheirRowsToo) {
  Script script;
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    RecordedStatement& list = script.Run("select id from tours where guide = $1", {"7"}, 100);
    list.bytes = 800;
    list.bind = Seven();
    script.Run("select name from guests where tour = any($1)", {"{1,2}"}, 3).bind = Seven();
    script.EndRequest();
  }
  const auto reads = LargeReads(script.recording(), script.Build());
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].executions.at(0).read.rows, 100);
  EXPECT_EQ(reads[0].bytes, 800);
  EXPECT_FALSE(reads[0].feeds_another);
}

TEST(LargeReads, AreTriedWithDifferentValues) {
  Script script;
  for (int i = 0; i < 12; ++i) {
    script.BeginRequest(-1, i == 0);
    script.phase().requests.back().variant = "v" + std::to_string(i % 5);
    RunList(script, "select * from tours where guide = $1", kLeastUnusedBytes);
    script.EndRequest();
  }
  const auto reads = LargeReads(script.recording(), script.Build());
  ASSERT_THAT(reads, SizeIs(1));
  std::vector<size_t> requests;
  for (const LargeExecution& execution : reads[0].executions) requests.push_back(execution.request);
  EXPECT_THAT(requests, ElementsAre(11U, 9U, 7U));
}

TEST(LargeReads, AreTriedWithTheValuesThatReturnTheMostAndTheLeast) {
  Script script;
  for (int i = 0; i < 12; ++i) {
    script.BeginRequest(-1, i == 0);
    script.phase().requests.back().variant = "v" + std::to_string(i % 6);
    RunList(script, "select * from tours where guide = $1", kLeastUnusedBytes + 100 * (i % 6 == 2 ? 9 : i % 2));
    script.EndRequest();
  }
  const auto reads = LargeReads(script.recording(), script.Build());
  ASSERT_THAT(reads, SizeIs(1));
  EXPECT_EQ(reads[0].bytes, kLeastUnusedBytes + 900);
  std::vector<size_t> requests;
  for (const LargeExecution& execution : reads[0].executions) requests.push_back(execution.request);
  EXPECT_THAT(requests, ElementsAre(8U, 9U, 6U));
}

TEST(LargeReads, AreNoneOfRequestsThatWrite) {
  Script script;
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    RunList(script, "select * from tours where guide = $1", kLeastUnusedBytes);
    script.Run("insert into seen values ($1)", {"7"}, 0).bind = Seven();
    script.EndRequest();
  }
  EXPECT_TRUE(LargeReads(script.recording(), script.Build()).empty());
}

}  // namespace
}  // namespace hone::sql
