#include "project/day_after.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

namespace hone::project {

std::string DayAfter(std::string_view day, int64_t days) {
  constexpr size_t kLength = std::string_view("2025-01-15").size();
  const auto number = [&](size_t begin, size_t length) {
    unsigned value = 0;
    const char* const end = day.data() + begin + length;
    const auto [at, error] = std::from_chars(day.data() + begin, end, value);
    return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
  };
  if (day.size() < kLength || day[4] != '-' || day[7] != '-') return std::string(day);
  const auto year = number(0, 4);
  const auto month = number(5, 2);
  const auto of_month = number(8, 2);
  if (!year || !month || !of_month) return std::string(day);
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*of_month));
  if (!date.ok()) return std::string(day);
  const std::chrono::year_month_day later = std::chrono::sys_days(date) + std::chrono::days(days);
  return fmt::format("{:04}-{:02}-{:02}{}", static_cast<int>(later.year()), static_cast<unsigned>(later.month()),
                     static_cast<unsigned>(later.day()), day.substr(kLength));
}

}  // namespace hone::project
