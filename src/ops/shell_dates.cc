#include "ops/shell_dates.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "ops/shell_words.h"

namespace hone::ops {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

// A day so many units away; empty: it is no such unit, or far away.
std::optional<sys_days> Moved(sys_days from, int count, std::string_view unit) {
  constexpr int kFar = 10'000;
  if (count > kFar || count < -kFar) return std::nullopt;
  if (unit.ends_with('s')) unit.remove_suffix(1);
  if (unit == "day" || unit == "d") return from + std::chrono::days(count);
  if (unit == "week" || unit == "w") return from + std::chrono::weeks(count);
  if (unit != "month" && unit != "m" && unit != "year" && unit != "y") return std::nullopt;
  const bool months = unit.starts_with('m');
  const year_month_day date =
      year_month_day(from) + (months ? std::chrono::months(count) : std::chrono::months(12 * count));
  // There is no 31st of each month.
  return date.ok() ? sys_days(date) : sys_days(date.year() / date.month() / std::chrono::last);
}

// "-7 days", "1 month ago", "yesterday", "-7d".
std::optional<sys_days> DayOf(std::string_view text, sys_days today) {
  const std::string lower = base::LowerCase(text);
  if (lower == "today" || lower == "now") return today;
  if (lower == "yesterday") return today - std::chrono::days(1);
  if (lower == "tomorrow") return today + std::chrono::days(1);
  std::string_view rest = lower;
  const bool plus = rest.starts_with('+');
  if (plus) rest.remove_prefix(1);
  int count = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.ends_with(" ago")) {
    rest.remove_suffix(4);
    count = -count;
  }
  return Moved(today, count, rest);
}

std::optional<std::string> Formatted(std::string_view format, sys_days day) {
  const year_month_day date(day);
  const std::string year = fmt::format("{:04}", static_cast<int>(date.year()));
  const std::string month = fmt::format("{:02}", static_cast<unsigned>(date.month()));
  const std::string of_month = fmt::format("{:02}", static_cast<unsigned>(date.day()));
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    switch (++i < format.size() ? format[i] : '\0') {
      case 'F':
        text += fmt::format("{}-{}-{}", year, month, of_month);
        break;
      case 'Y':
        text += year;
        break;
      case 'm':
        text += month;
        break;
      case 'd':
        text += of_month;
        break;
      case 'T':
        text += "00:00:00";
        break;
      case 'H':
      case 'M':
      case 'S':
        text += "00";
        break;
      default:
        return std::nullopt;
    }
  }
  return text;
}

// What "date -d yesterday +%F" prints.
std::optional<std::string> Printed(std::string_view command, sys_days today) {
  const std::vector<std::string> words = ShellWords(command);
  std::optional<sys_days> day = today;
  std::optional<std::string> format;
  if (words.empty() || words[0] != "date") return std::nullopt;
  for (size_t i = 1; i < words.size() && day; ++i) {
    const std::string& word = words[i];
    if (word == "-u" || word == "--utc") continue;
    if (word.starts_with('+')) {
      format = word.substr(1);
    } else if (word == "-d" || word == "--date") {
      day = ++i < words.size() ? DayOf(words[i], today) : std::nullopt;
    } else if (word.starts_with("--date=")) {
      day = DayOf(std::string_view(word).substr(7), today);
    } else if (word.starts_with("-v")) {
      // An M of BSD's is a minute.
      day = word.ends_with('M') ? std::nullopt : DayOf(std::string_view(word).substr(2), *day);
    } else {
      return std::nullopt;
    }
  }
  return day && format ? Formatted(*format, *day) : std::nullopt;
}

}  // namespace

std::string WithDates(std::string text, sys_days today) {
  constexpr std::string_view kBegin = "$(date";
  for (size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    const size_t end = text.find_first_of(")\n", at);
    if (end == std::string::npos || text[end] != ')') continue;
    if (const auto printed = Printed(std::string_view(text).substr(at + 2, end - at - 2), today))
      text.replace(at, end + 1 - at, *printed);
  }
  return text;
}

}  // namespace hone::ops
