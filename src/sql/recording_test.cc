#include "sql/recording.h"

#include <gtest/gtest.h>

namespace hone::sql {
namespace {

Recording One(const std::string& text, const std::string& value) {
  Recording recording;
  recording.texts = {text};
  recording.values = {{value, true}};
  recording.round_trips = {{.connection = 7}};
  RecordedStatement statement;
  statement.connection = 7;
  statement.parameters = {0};
  statement.cells = {{0, 0}};
  recording.statements = {statement};
  recording.round_trips.at(0).prepared_again = {0};
  recording.round_trips.at(0).closed = {0};
  recording.lost = {{"dropped_events", 1}};
  return recording;
}

TEST(Recording, ConcatenateKeepsWhatIndexesMean) {
  const Recording both = Concatenate(One("SELECT 1", "a"), One("SELECT 2", "b"));
  ASSERT_EQ(both.statements.size(), 2U);
  const RecordedStatement& last = both.statements[1];
  EXPECT_EQ(both.texts[last.text], "SELECT 2");
  EXPECT_EQ(both.values[last.parameters[0]].canonical, "b");
  EXPECT_EQ(both.values[last.cells[0].value].canonical, "b");
  EXPECT_EQ(last.round_trip, 1U);
  EXPECT_EQ(last.connection, 7U);
  EXPECT_EQ(both.lost.at("dropped_events"), 2);
  EXPECT_EQ(both.texts[both.round_trips[1].prepared_again.at(0)], "SELECT 2");
  EXPECT_EQ(both.texts[both.round_trips[1].closed.at(0)], "SELECT 2");
}

TEST(Recording, PingsAndCommentsAreEmpty) {
  EXPECT_TRUE(IsEmptyStatement("-- ping"));
  EXPECT_TRUE(IsEmptyStatement(" /* x */ ; \n"));
  EXPECT_TRUE(IsEmptyStatement(""));
  EXPECT_FALSE(IsEmptyStatement("-- ping\nSELECT 1"));
  EXPECT_FALSE(
      IsEmptyStatement("/* open"
                       " */ SELECT 1"));
}

}  // namespace
}  // namespace hone::sql
