#include "ops/shell_dates.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

std::string On(const std::string& text) {
  using namespace std::chrono_literals;
  return WithDates(text, std::chrono::sys_days(2026y / std::chrono::March / 31));
}

TEST(WithDates, PutsDaysInPlaceOfCommands) {
  EXPECT_EQ(On("x?from=$(date -d '-200 days' +%F)&to=$(date +%F)"), "x?from=2025-09-12&to=2026-03-31");
  EXPECT_EQ(On("$(date -u --date=\"7 days ago\" +%Y-%m-%dT%H:%M:%SZ)"), "2026-03-24T00:00:00Z");
  EXPECT_EQ(On("$(date -d yesterday '+%Y-%m')-01"), "2026-03-01");
  EXPECT_EQ(On("$(date -d '1 month ago' +%F) $(date -d '+2 weeks' +%F)"), "2026-02-28 2026-04-14");
  EXPECT_EQ(On("$(date -v-1y +%Y) $(date -v-7d +%d)"), "2025 24");
}

TEST(WithDates, LeavesWhatItDoesNotKnow) {
  for (const char* text :
       {"$(date)", "$(date +%s)", "$(date -d 'last monday' +%F)", "$(date -r x +%F)",
        "$(date -d '99999999999 days' +%F)", "$(date +%F", "$(date\n+%F)", "$(dateadd +%F)", "$(date -v-30M +%F)"})
    EXPECT_EQ(On(text), text);
}

}  // namespace
}  // namespace hone::ops
