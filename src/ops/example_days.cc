#include "ops/example_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace hone::ops {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr int64_t kMostOthers = 4;
constexpr size_t kDayLength = 10;  // of 2025-03-01

template <typename Number>
std::optional<Number> NumberOf(std::string_view digits) {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<sys_days> DayOf(std::string_view value) {
  const bool plain = value.find_first_of("%+") == std::string_view::npos;  // values of variables are encoded once more
  if (!plain || value.size() < kDayLength || value[4] != '-' || value[7] != '-') return std::nullopt;
  if (value.size() > kDayLength && value[kDayLength] != 'T') return std::nullopt;
  const auto year = NumberOf<int>(value.substr(0, 4));
  const auto month = NumberOf<unsigned>(value.substr(5, 2));
  const auto day = NumberOf<unsigned>(value.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)};
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

std::string On(sys_days day, std::string_view value) {
  const year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}{}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), value.substr(kDayLength));
}

}  // namespace

std::vector<std::string> DaysNear(const Pairs& query, std::string_view name) {
  const auto shown = std::ranges::find(query, name, &Pairs::value_type::first);
  if (shown == query.end()) return {};
  std::vector<std::string> values = {shown->second};
  const auto own = DayOf(shown->second);
  if (!own) return values;
  std::vector<sys_days> others;
  for (const auto& [other, value] : query) {
    if (const auto day = DayOf(value); day && other != name) others.push_back(*day);
  }
  if (others.size() > 1) return values;
  const int64_t apart = others.empty() ? kMostOthers : (others.front() - *own).count() / 2;
  const days step(others.empty() ? -1 : 1);
  for (int64_t i = 1; i <= std::min(apart, kMostOthers); ++i) values.push_back(On(*own + i * step, shown->second));
  return values;
}

}  // namespace hone::ops
