#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace hone::base {
namespace {

// Three significant digits without an exponent.
std::string ThreeDigits(double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= 99.95 || magnitude == 0) return fmt::format("{:.0f}", value);
  if (magnitude >= 9.995) return fmt::format("{:.1f}", value);
  if (magnitude >= 0.9995) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3g}", value);
}

std::string WithCommas(std::string digits) {
  const size_t start = digits.starts_with('-') ? 1 : 0;
  for (size_t at = digits.size(); at > start + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace

std::string FormatDuration(double nanoseconds) {
  const double magnitude = std::fabs(nanoseconds);
  if (magnitude >= 0.9995e9) return ThreeDigits(nanoseconds / 1e9) + " s";
  if (magnitude >= 0.9995e6) return ThreeDigits(nanoseconds / 1e6) + " ms";
  if (magnitude >= 0.9995e3) return ThreeDigits(nanoseconds / 1e3) + " us";
  return ThreeDigits(nanoseconds) + " ns";
}

std::string FormatBytes(double bytes) {
  const double magnitude = std::fabs(bytes);
  if (magnitude >= 1 << 30) return ThreeDigits(bytes / (1 << 30)) + " GiB";
  if (magnitude >= 1 << 20) return ThreeDigits(bytes / (1 << 20)) + " MiB";
  if (magnitude >= 1 << 10) return ThreeDigits(bytes / (1 << 10)) + " KiB";
  return fmt::format("{:.0f} B", bytes);
}

std::string FormatCount(double value) {
  if (std::fabs(value) >= 1000) return WithCommas(fmt::format("{:.0f}", value));
  if (value == std::floor(value)) return fmt::format("{:.0f}", value);
  return ThreeDigits(value);
}

std::string FormatExact(double value) { return fmt::format("{}", value); }

Result<int64_t> ParseDuration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr std::array<Unit, 6> kUnits = {
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  for (const auto& [name, nanoseconds] : kUnits) {
    if (error == std::errc() && unit == name && number >= 0 && number * nanoseconds < 9e18) {
      return std::llround(number * nanoseconds);
    }
  }
  return Fail(Code::kInput, "Not a duration", std::string(text),
              "Write a number and ns, us, ms, s, m or h, such as 5ms");
}

}  // namespace hone::base
