#include "ops/init_rate_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "ops/init_body.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

// A burst, a window or a lifetime is no rate.
bool IsRate(std::string_view name) {
  constexpr std::array<std::string_view, 6> kWords = {"rate_limit", "ratelimit", "_rps", "rps_", "throttle", "max_rps"};
  constexpr std::array<std::string_view, 6> kOthers = {"burst", "window", "ttl", "interval", "period", "enabled"};
  const std::string lower = LowerCase(name);
  const auto in = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
  return (lower == "rps" || std::ranges::any_of(kWords, in)) && !std::ranges::any_of(kOthers, in);
}

bool IsPositive(const std::string& preset) {
  double number = 0;
  const auto [end, error] = std::from_chars(preset.data(), preset.data() + preset.size(), number);
  return error == std::errc() && end == preset.data() + preset.size() && number > 0;
}

bool SaysOff(std::string_view line) {
  constexpr std::array<std::string_view, 6> kWords = {"off", "disabl", "unlimited", "no limit", "without", "switch"};
  const std::string lower = LowerCase(line);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Where a document says in one line that NAME=0 switches it off; empty if none does.
std::string OffAt(const std::string& name, const std::vector<SourceText>& texts) {
  for (const SourceText& source : texts) {
    if (source.file.ends_with(".go")) continue;
    for (const std::string& zero : {name + "=0", name + " = 0", name + ": 0"}) {
      for (size_t at = source.text.find(zero); at != std::string::npos; at = source.text.find(zero, at + 1)) {
        const char next = at + zero.size() < source.text.size() ? source.text[at + zero.size()] : ' ';
        if ((next >= '0' && next <= '9') || next == '.') continue;
        const size_t begin = source.text.rfind('\n', at) + 1;  // npos + 1 is 0
        const size_t end = std::min(source.text.find('\n', at), source.text.size());
        if (!SaysOff(std::string_view(source.text).substr(begin, end - begin))) continue;
        const auto to = source.text.begin() + static_cast<ptrdiff_t>(at);
        return fmt::format("{}:{}", source.file, 1 + std::count(source.text.begin(), to, '\n'));
      }
    }
  }
  return {};
}

}  // namespace

std::optional<RateLimit> FindRateLimit(const golang::EnvVariable& variable, const std::vector<SourceText>& texts) {
  if (!variable.preset || !IsRate(variable.name) || !IsPositive(*variable.preset)) return std::nullopt;
  const std::string origin = golang::ToString(variable.origin);
  RateLimit limit;
  if (const std::string where = OffAt(variable.name, texts); !where.empty()) {
    limit.off = true;
    limit.text = fmt::format("{} = \"0\"  # {} says that 0 switches it off; the default is {} ({})\n", variable.name,
                             where, *variable.preset, origin);
    limit.sentence = fmt::format("{} = {} limits requests ({}): switched off by 0 ({})", variable.name,
                                 *variable.preset, origin, where);
    return limit;
  }
  limit.text = fmt::format("# {} = {}  # {}: left at its default, which may refuse requests under load\n",
                           variable.name, TomlText(*variable.preset), origin);
  limit.sentence = fmt::format(
      "what switches the limit {} = {} ({}) off: set it in [service.env] to 0, or to more than the load, as the "
      "service understands it",
      variable.name, *variable.preset, origin);
  return limit;
}

}  // namespace hone::ops
