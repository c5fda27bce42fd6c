#include "ops/sql_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hone::ops {
namespace {

// A recording of `texts`, a round trip for each number of them.
sql::Recording Recorded(const std::vector<std::string>& texts, const std::vector<uint32_t>& trips) {
  sql::Recording recording;
  recording.end_ns = 1'000;
  recording.texts = texts;
  recording.lost = {{"dropped_events", 0}, {"unparsed_bytes", 0}};
  uint32_t text = 0;
  for (const uint32_t statements : trips) {
    const auto at = static_cast<base::Nanos>(10 * recording.round_trips.size() + 1);
    recording.round_trips.push_back(
        {.connection = 1, .kind = sql::TripKind::kExecute, .start_ns = at, .end_ns = at + 5, .statements = statements});
    for (uint32_t i = 0; i < statements; ++i) {
      sql::RecordedStatement statement;
      statement.connection = 1;
      statement.round_trip = static_cast<uint32_t>(recording.round_trips.size() - 1);
      statement.text = text++;
      statement.start_ns = at;
      statement.end_ns = at + 5;
      statement.rows = 2;
      recording.statements.push_back(statement);
    }
  }
  return recording;
}

TEST(SqlControl, CountsByQueryAndHoldsNoValue) {
  const std::string line = RecordedLine(Recorded({"SELECT a FROM t WHERE id = 4711", "SELECT a FROM t WHERE id = 4712",
                                                  "SELECT a FROM t WHERE id = 4713", "DELETE FROM t", "-- ping"},
                                                 {2, 1, 1, 1}));
  EXPECT_TRUE(line.ends_with("}}\n"));
  EXPECT_THAT(line, ::testing::Not(::testing::HasSubstr("471")));
  const auto recorded = nlohmann::json::parse(line)["recorded"];
  EXPECT_EQ(4, recorded["statements"]);
  EXPECT_EQ(3, recorded["round_trips"]);
  EXPECT_EQ(0, recorded["lost"]);
  ASSERT_EQ(2U, recorded["queries"].size());
  const auto& first = recorded["queries"][0];
  EXPECT_EQ("SELECT a FROM t WHERE id = $1", first["text"]);
  EXPECT_EQ("read", first["class"]);
  EXPECT_EQ(3, first["statements"]);
  EXPECT_EQ(2, first["round_trips"]);
  EXPECT_EQ(6, first["rows"]);
}

TEST(SqlControl, CountsNeitherFetchesNorWhatFailedToBeParsed) {
  sql::Recording recording = Recorded({"SELECT 1", "SELECT 2", "SELECT 3"}, {1, 1, 1});
  recording.statements[1].fetch = true;
  recording.statements[2].executed = false;
  recording.lost["unparsed_bytes"] = 7;
  const auto recorded = nlohmann::json::parse(RecordedLine(recording))["recorded"];
  EXPECT_EQ(1, recorded["statements"]);
  EXPECT_EQ(7, recorded["lost"]);
}

}  // namespace
}  // namespace hone::ops
