#include "project/day_after.h"

#include <gtest/gtest.h>

namespace hone::project {
namespace {

TEST(DayAfter, IsOfTheCalendar) {
  EXPECT_EQ(DayAfter("2024-02-27", 3), "2024-03-01");
  EXPECT_EQ(DayAfter("2023-02-27", 3), "2023-03-02");
  EXPECT_EQ(DayAfter("2024-12-31T08:00:00Z", 1), "2025-01-01T08:00:00Z");
  EXPECT_EQ(DayAfter("2024-12-31", 0), "2024-12-31");
}

TEST(DayAfter, LeavesWhatIsNoDay) {
  for (const char* text : {"2024-02-31", "2024-13-01", "2024-1-01", "today", "", "2024/01/01", "+024-01-01"})
    EXPECT_EQ(DayAfter(text, 1), text);
}

}  // namespace
}  // namespace hone::project
