// Days of the calendar in texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hone::project {

// "2025-03-01T08:00:00Z" for "2025-02-27T08:00:00Z" and 2: a day of the Gregorian calendar with whatever stands behind
// it. The text as it is where it begins with no such day.
std::string DayAfter(std::string_view day, int64_t days);

}  // namespace hone::project
