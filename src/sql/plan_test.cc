#include "sql/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "sql/plan_study.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Plans of PostgreSQL 15, by src/sql/testdata/record_plans.sh.
Plan Recorded(const std::string& name) {
  const char* root = std::getenv("HONE_SOURCE_DIR");
  const auto bytes = base::ReadFile(std::string(root != nullptr ? root : ".") + "/src/sql/corpus/plan/" + name);
  return bytes ? ParseExplain(*bytes).value_or(Plan()) : Plan();
}

TEST(Plan, TellsWhatEachNodeDid) {
  const Plan plan = Recorded("filter_sort_limit.json");
  ASSERT_EQ(plan.nodes.size(), 3U);
  EXPECT_EQ(plan.nodes[0].type, "Limit");
  EXPECT_EQ(plan.nodes[0].parent, kNoParent);
  EXPECT_THAT(plan.nodes[1].sort_keys, ElementsAre("tickets.opened_at DESC"));
  EXPECT_EQ(plan.nodes[1].sort_method, "top-N heapsort");
  const PlanNode& scan = plan.nodes[2];
  EXPECT_EQ(scan.parent, 1);
  EXPECT_EQ(scan.type, "Seq Scan");
  EXPECT_EQ(scan.schema, "public");
  EXPECT_EQ(scan.table, "tickets");
  EXPECT_EQ(scan.Rows(), 100);
  EXPECT_EQ(scan.Removed(), 39900);
  EXPECT_GT(scan.shared_hit_blocks, 0);
  EXPECT_GT(plan.execution_ms, 0);
  EXPECT_EQ(SpilledBytes(plan), 0);
}

TEST(Plan, ConditionsHoldTypesButNoValues) {
  const Plan plan = Recorded("filter_sort_limit.json");
  EXPECT_EQ(plan.nodes.at(2).filter, "(tickets.assignee = $1::text)");
  for (const char* name : {"filter_sort_limit.json", "join.json", "window.json", "index_filter.json"}) {
    const std::string stored = EncodeStudy({.plan = Recorded(name)});
    for (const char* value : {"agent-7", "note", "city-1", "city-7", "2026-01-02", "Printer%", "'x'"})
      EXPECT_THAT(stored, Not(HasSubstr(value))) << name;
  }
}

TEST(Plan, CountsWhatWasSpilledOnce) {
  const Plan plan = Recorded("spill.json");
  EXPECT_EQ(SpilledBytes(plan), 1845 * 8192);
  EXPECT_EQ(plan.nodes.at(1).sort_method, "external merge");
  EXPECT_TRUE(plan.nodes.at(1).sort_on_disk);
}

TEST(Plan, EstimatesAreOffByAFactor) {
  EXPECT_EQ(EstimateError({.estimated_rows = 10, .rows = 1000}), 100);
  EXPECT_EQ(EstimateError({.estimated_rows = 1000, .rows = 10}), 100);
  EXPECT_EQ(EstimateError({.estimated_rows = 1, .rows = 0}), 1) << "nothing was found where one row was expected";
}

TEST(Plan, RefusesWhatIsNone) {
  for (const char* text : {"", "[]", "{}", "[1]", "[{}]", R"([{"Plan": 1}])", "no json"})
    EXPECT_FALSE(ParseExplain(text)) << text;
  EXPECT_TRUE(ParseExplain(R"([{"Plan": {"Node Type": 7, "Actual Rows": "x", "Plans": [1, {}]}}])"));
}

TEST(PlanStudy, IsReadBackAsItWasWritten) {
  PlanStudy study{.endpoint = "GET /x", .query = "ab", .text = "select $1", .plan = Recorded("join.json")};
  study.tables.push_back({.schema = "public", .name = "tickets", .rows = 40000, .bytes = 81920, .columns = {"id"}});
  study.tables.back().indexes.push_back({.name = "i", .columns = {"id"}, .partial = true});
  study.trials.push_back({.kind = "index", .statement = "CREATE INDEX", .without_ns = {3, 4}, .with_ns = {1, 2}});
  study.trials.back().plan = study.plan;
  const std::string bytes = EncodeStudy(study);
  const auto again = DecodeStudy(bytes);
  ASSERT_TRUE(again) << base::Sentence(again.error());
  EXPECT_EQ(EncodeStudy(*again), bytes);
  EXPECT_EQ(again->trials.at(0).with_ns, study.trials[0].with_ns);
  EXPECT_EQ(again->plan.nodes.size(), study.plan.nodes.size());
}

TEST(PlanStudy, RefusesDamage) {
  const std::string bytes = EncodeStudy({.plan = Recorded("join.json")});
  EXPECT_FALSE(DecodeStudy(bytes.substr(0, bytes.size() / 2)));
  EXPECT_FALSE(DecodeStudy("{}"));
  std::string other = bytes;
  other.replace(other.find("/1"), 2, "/9");
  EXPECT_FALSE(DecodeStudy(other));
}

}  // namespace
}  // namespace hone::sql
