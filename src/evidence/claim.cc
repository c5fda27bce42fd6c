#include "evidence/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/ascii.h"
#include "base/units.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;

// Two significant digits below ten percent, whole ones above.
std::string FormatPercent(double ratio) {
  const double percent = ratio * 100;
  const double magnitude = std::fabs(percent);
  if (magnitude >= 9.95 || magnitude == 0) return fmt::format("{:.0f}", percent);
  if (magnitude >= 0.95) return fmt::format("{:.1f}", percent);
  return fmt::format("{:.2g}", percent);
}

std::string FormatFactor(double factor) { return fmt::format("{:.{}f}", factor, std::fabs(factor) >= 9.995 ? 0 : 2); }

std::string Format(const std::string& unit, double value) {
  if (unit == "ns") return base::FormatDuration(value);
  if (unit == "cpu_s") return base::FormatDuration(value * 1e9) + " CPU";
  if (unit == "bytes") return base::FormatBytes(value);
  if (unit == "ratio") return FormatPercent(value) + " %";
  if (unit == "x") return FormatFactor(value) + "x";
  if (unit == "per_row") return base::FormatCount(value) + " per row";
  if (unit == "count" || unit.empty()) return base::FormatCount(value);
  return base::FormatCount(value) + " " + unit;
}

// A bound of an interval, on the scale and with the decimals that the value is printed with, so that the two can be
// compared at a glance and the unit need not be said again.
std::string FormatBound(const std::string& unit, std::string_view value_text, double bound) {
  if (unit == "ratio") return FormatPercent(bound);
  if (unit == "x") return FormatFactor(bound);
  if (unit == "cpu_s") return FormatBound("ns", value_text.substr(0, value_text.rfind(' ')), bound * 1e9);
  struct Scale {
    std::string_view suffix;
    double one;
  };
  constexpr std::array<Scale, 8> kScales = {{{" ns", 1},
                                             {" us", 1e3},
                                             {" ms", 1e6},
                                             {" s", 1e9},
                                             {" B", 1},
                                             {" KiB", 1 << 10},
                                             {" MiB", 1 << 20},
                                             {" GiB", 1 << 30}}};
  if (unit != "ns" && unit != "bytes") return base::FormatCount(bound);
  const std::string_view suffix = value_text.substr(value_text.rfind(' '));
  const std::string_view number = value_text.substr(0, value_text.rfind(' '));
  const size_t point = number.find('.');
  const size_t decimals = point == std::string_view::npos ? 0 : number.size() - point - 1;
  const auto* scale = std::ranges::find(kScales, suffix, &Scale::suffix);
  return fmt::format("{:.{}f}", bound / scale->one, decimals);
}

// What {...} asks for: which of the cited measurements, and whether with its interval.
struct Citation {
  size_t index = 0;
  bool with_interval = false;
};

std::optional<Citation> ParseCitation(std::string_view inside) {
  Citation citation;
  if (inside.ends_with(":ci")) {
    citation.with_interval = true;
    inside.remove_suffix(3);
  }
  if (!inside.starts_with('m') || inside.size() < 2) return std::nullopt;
  const char* end = inside.data() + inside.size();
  const auto parsed = std::from_chars(inside.data() + 1, end, citation.index);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return citation;
}

Result<std::string> RenderCitation(std::string_view text, std::string_view inside, std::span<const Measurement> cited) {
  const auto citation = ParseCitation(inside);
  if (!citation) return Fail(Code::kCorrupt, "A claim has a brace that cites no measurement", std::string(text));
  if (citation->index >= cited.size()) {
    return Fail(Code::kCorrupt, "A claim cites a measurement that it does not have", std::string(text));
  }
  const Measurement& measurement = cited[citation->index];
  if (measurement.validity != Validity::kValid) {
    return Fail(Code::kCorrupt, fmt::format("A claim cites a measurement that is {}", Name(measurement.validity)),
                std::string(text));
  }
  return citation->with_interval ? FormatValueWithInterval(measurement) : FormatValue(measurement);
}

}  // namespace

std::string FormatValue(const Measurement& measurement) { return Format(measurement.unit, measurement.value); }

std::string FormatValueWithInterval(const Measurement& measurement) {
  std::string value = FormatValue(measurement);
  if (!measurement.interval) return value;
  return fmt::format("{} ({} to {})", value, FormatBound(measurement.unit, value, measurement.interval->lo),
                     FormatBound(measurement.unit, value, measurement.interval->hi));
}

std::string Quote(std::string_view code) {
  std::string quoted = "`" + std::string(code) + "`";
  std::replace(quoted.begin() + 1, quoted.end() - 1, '`', '\'');
  return quoted;
}

Result<std::string> RenderClaim(std::string_view text, std::span<const Measurement> cited) {
  std::string rendered;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '`' || c == '{') {
      const size_t end = text.find(c == '`' ? '`' : '}', i + 1);
      if (end == std::string_view::npos) {
        return Fail(Code::kCorrupt, "A claim has a quote or a brace that does not end", std::string(text));
      }
      if (c == '`') {
        rendered.append(text.substr(i, end + 1 - i));
      } else {
        HONE_TRY(const std::string value, RenderCitation(text, text.substr(i + 1, end - i - 1), cited));
        rendered.append(value);
      }
      i = end;
      continue;
    }
    if (base::IsDigit(c))
      return Fail(Code::kCorrupt, "A claim has a number that cites no measurement", std::string(text));
    rendered.push_back(c);
  }
  return rendered;
}

}  // namespace hone::evidence
