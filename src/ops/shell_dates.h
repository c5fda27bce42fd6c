// Days that documents let a shell compute: `$(date -d '-7 days' +%F)`. Pure.
#pragma once

#include <chrono>
#include <string>

namespace hone::ops {

// A text with what `date` would print in place of each `$(date ...)`, on a day at midnight. Understood are -u, -d
// and --date with so many days, weeks, months or years before or after, "ago", "yesterday" and "tomorrow", -v of BSD,
// and formats of %F, %Y, %m, %d, %H, %M, %S and %T. What is not understood stays.
std::string WithDates(std::string text, std::chrono::sys_days today);

}  // namespace hone::ops
