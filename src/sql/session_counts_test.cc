#include "sql/session_counts.h"

#include <gtest/gtest.h>

#include <vector>

namespace hone::sql {
namespace {

TEST(SessionCounts, AreTheSameAfterTheLedger) {
  const SessionCounts counts{
      .phase = "the quiet phase", .changed_plans = 1, .unknown_prepared = 2, .prepared_twice = 3, .cancels = 4};
  EXPECT_EQ(DecodeSessionCounts(Encode(counts)).value(), counts);
  for (const char* bytes : {"", "{}", "[1]", R"({"format":"hone.sql.session_counts/1","phase":"x","cancels":"many"})"})
    EXPECT_FALSE(DecodeSessionCounts(bytes)) << bytes;
}

TEST(SessionCounts, AreAddedUpOverPhases) {
  const std::string first = Encode({.phase = "the dry run", .unknown_prepared = 2, .cancels = 1});
  const std::string second = Encode({.phase = "the quiet phase", .changed_plans = 7, .cancels = 3});
  const std::vector<evidence::CaptureBytes> captures = {{nullptr, first}, {nullptr, second}};
  const auto measure = [&](const std::string& count) {
    return SessionCountMethods()[0].compute(captures, {{"count", count}}, 0);
  };
  EXPECT_EQ(measure("cancels")->value, 4);
  EXPECT_EQ(measure("unknown_prepared")->value, 2);
  EXPECT_EQ(measure("changed_plans")->n, 2);
  EXPECT_FALSE(measure("rows"));
  EXPECT_FALSE(SessionCountMethods()[0].compute(captures, {}, 0));
}

}  // namespace
}  // namespace hone::sql
