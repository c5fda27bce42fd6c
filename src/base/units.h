// Quantities as people read them, and durations as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hone::base {

// Three significant digits with the unit that suits: "340 us", "12.4 ms", "1.50 s".
std::string FormatDuration(double nanoseconds);

// "512 B", "64.0 KiB", "1.25 MiB".
std::string FormatBytes(double bytes);

// Three significant digits, no exponent below a million, thousands separated by commas: "0.125", "12.3", "48,200".
std::string FormatCount(double value);

// The shortest text that reads back as the same double.
std::string FormatExact(double value);

// "5ms", "500us", "1.5s", "30s", "2m", "1h" as nanoseconds; kInput otherwise.
Result<int64_t> ParseDuration(std::string_view text);

}  // namespace hone::base
