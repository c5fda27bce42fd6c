#include "ops/example_days.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DaysNear, AreThoseBeforeALoneDay) {
  EXPECT_THAT(DaysNear({{"depot", "3"}, {"date", "2024-03-02"}}, "date"),
              ElementsAre("2024-03-02", "2024-03-01", "2024-02-29", "2024-02-28", "2024-02-27"));
  EXPECT_THAT(DaysNear({{"since", "2025-01-01T08:00:00Z"}}, "since"),
              ElementsAre("2025-01-01T08:00:00Z", "2024-12-31T08:00:00Z", "2024-12-30T08:00:00Z",
                          "2024-12-29T08:00:00Z", "2024-12-28T08:00:00Z"));
}

TEST(DaysNear, OfTwoTheEarlierMovesTowardsTheLater) {
  const Pairs week = {{"to", "2025-03-08"}, {"from", "2025-03-01"}};
  EXPECT_THAT(DaysNear(week, "from"), ElementsAre("2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04"));
  EXPECT_THAT(DaysNear(week, "to"), ElementsAre("2025-03-08"));
}

TEST(DaysNear, OfTwoThatAreCloseTheEarlierMovesAwayAsWell) {
  EXPECT_THAT(DaysNear({{"from", "2025-03-01"}, {"to", "2025-03-03"}}, "from"),
              ElementsAre("2025-03-01", "2025-03-02", "2025-02-28", "2025-02-27", "2025-02-26"));
  EXPECT_THAT(DaysNear({{"from", "2025-03-01"}, {"to", "2025-03-06"}}, "from"),
              ElementsAre("2025-03-01", "2025-03-02", "2025-03-03", "2025-02-28"));
  EXPECT_THAT(DaysNear({{"from", "2025-03-01"}, {"to", "2025-03-03"}}, "to"), ElementsAre("2025-03-03"));
  for (const char* name : {"from", "to"})
    EXPECT_THAT(DaysNear({{"from", "2025-03-01"}, {"to", "2025-03-01"}}, name), ElementsAre("2025-03-01"));
}

TEST(DaysNear, OfAMonthTheOnesBeforeIt) {
  EXPECT_THAT(DaysNear({{"month", "2025-02"}}, "month"),
              ElementsAre("2025-02", "2025-01", "2024-12", "2024-11", "2024-10"));
  EXPECT_THAT(DaysNear({{"month", "2025-13"}}, "month"), ElementsAre("2025-13"));
  EXPECT_THAT(DaysNear({{"from", "2025-01"}, {"to", "2025-02"}}, "to"), ElementsAre("2025-02"));
}

TEST(DaysNear, LeavesWhatIsNoDay) {
  EXPECT_THAT(DaysNear({{"depot", "3"}}, "depot"), ElementsAre("3"));
  EXPECT_THAT(DaysNear({{"no", "2025-13-01"}}, "no"), ElementsAre("2025-13-01"));
  EXPECT_THAT(DaysNear({{"no", "2025-01-017"}}, "no"), ElementsAre("2025-01-017"));
  EXPECT_THAT(DaysNear({{"at", "2025-01-01T08%3A00"}}, "at"), ElementsAre("2025-01-01T08%3A00"));
  EXPECT_THAT(DaysNear({{"depot", "3"}}, "date"), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
