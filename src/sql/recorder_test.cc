#include "sql/recorder.h"

#include <gtest/gtest.h>

namespace hone::sql {
namespace {

WireTrip Trip(base::Nanos start, const std::string& text) {
  WireStatement statement;
  statement.text = std::make_shared<const std::string>(text);
  statement.parameters = {{"7", true}};
  statement.cells = {{1, {"7", true}}};
  statement.end_ns = start + 5;
  return {.kind = TripKind::kExecute,
          .start_ns = start,
          .end_ns = start + 5,
          .statement_count = 1,
          .statements = {statement}};
}

TEST(Recorder, KeepsEachTextAndValueOnce) {
  Recorder recorder;
  recorder.Start(10, 100);
  recorder.Add(1, Trip(11, "a"));
  recorder.Add(2, Trip(12, "a"));
  const Recording recording = recorder.Take(20);
  EXPECT_EQ(recording.texts.size(), 1U);
  EXPECT_EQ(recording.values.size(), 1U);
  ASSERT_EQ(recording.statements.size(), 2U);
  EXPECT_EQ(recording.statements[1].round_trip, 1U);
  EXPECT_EQ(recording.statements[1].start_ns, 12);
  EXPECT_EQ(recording.statements[1].cells.at(0).column, 1);
  EXPECT_EQ(recording.end_ns, 20);
  EXPECT_TRUE(recorder.Take(30).statements.empty());
}

TEST(Recorder, KeepsWhatIsPreparedAgainAndClosed) {
  Recorder recorder;
  recorder.Start(10, 100);
  WireTrip trip = Trip(11, "a");
  trip.prepared_again = {std::make_shared<const std::string>("a")};
  trip.closed = {std::make_shared<const std::string>("b")};
  recorder.Add(1, std::move(trip));
  const Recording recording = recorder.Take(20);
  EXPECT_EQ(recording.texts.at(recording.round_trips.at(0).prepared_again.at(0)), "a");
  EXPECT_EQ(recording.texts.at(recording.round_trips.at(0).closed.at(0)), "b");
}

TEST(Recorder, PutsWhatComesFromSeveralThreadsInOrder) {
  Recorder recorder;
  recorder.Start(10, 100);
  recorder.Add(3, Trip(13, "c"));
  recorder.Add(2, Trip(12, "b"));
  recorder.Add(1, Trip(12, "a"));
  const Recording recording = recorder.Take(20);
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(recording.round_trips.at(i).connection, i + 1);
    EXPECT_EQ(recording.statements.at(i).round_trip, i);
    EXPECT_EQ(recording.texts.at(recording.statements[i].text), std::string(1, static_cast<char>('a' + i)));
  }
}

TEST(Recorder, WhatBeganEarlierIsNotPartOfIt) {
  Recorder recorder;
  recorder.Start(10, 100);
  recorder.Add(1, Trip(9, "a"));
  EXPECT_TRUE(recorder.Take(20).round_trips.empty());
}

TEST(Recorder, CountsWhatDoesNotFit) {
  Recorder recorder;
  recorder.Start(10, 1);
  recorder.Add(1, Trip(11, "a"));
  recorder.Add(1, Trip(12, "b"));
  EXPECT_EQ(recorder.dropped(), 1);
  EXPECT_EQ(recorder.Take(20).lost.at("dropped_events"), 1);
  EXPECT_EQ(recorder.dropped(), 0);
}

}  // namespace
}  // namespace hone::sql
