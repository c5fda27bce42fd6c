#include "ops/example_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

namespace hone::ops {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr size_t kMostOthers = 4;
constexpr days kShort{7};          // from one day to another: what any service answers
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

// The months before "2025-03", the last one first; none where it is no month.
std::vector<std::string> MonthsBefore(const std::string& value) {
  constexpr size_t kMonthLength = 7;
  const auto first = value.size() == kMonthLength ? DayOf(value + "-01") : std::nullopt;
  std::vector<std::string> months;
  for (std::chrono::months before{1}; first && months.size() < kMostOthers; ++before) {
    const year_month_day date(year_month_day(*first) - before);
    months.push_back(fmt::format("{:04}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month())));
  }
  return months;
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
  const auto is_month = [](const auto& pair) { return !MonthsBefore(pair.second).empty(); };
  if (std::ranges::count_if(query, is_month) == 1)
    std::ranges::copy(MonthsBefore(shown->second), std::back_inserter(values));
  const auto own = DayOf(shown->second);
  if (!own) return values;
  std::vector<sys_days> others;
  for (const auto& [other, value] : query) {
    if (const auto day = DayOf(value); day && other != name) others.push_back(*day);
  }
  if (others.size() > 1) return values;
  const auto add = [&](sys_days day) {
    if (values.size() <= kMostOthers) values.push_back(On(day, shown->second));
  };
  if (others.empty()) {
    for (days before{1}; values.size() <= kMostOthers; ++before) add(*own - before);
    return values;
  }
  const days apart = others.front() - *own;
  for (days after{1}; after <= apart / 2; ++after) add(*own + after);
  for (days before{1}; apart > days(0) && apart + before < kShort && values.size() <= kMostOthers; ++before)
    add(*own - before);
  return values;
}

}  // namespace hone::ops
