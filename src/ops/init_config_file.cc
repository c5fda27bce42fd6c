#include "ops/init_config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ops/init_body.h"
#include "ops/init_deployment.h"

namespace hone::ops {
namespace {

constexpr std::string_view kPlaceholder = "only for measurements, not a secret";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Templates of the file's own, such as ${HOME}, stay what they are.
std::string Escaped(std::string_view line) {
  std::string escaped;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '$' && i + 1 < line.size() && line[i + 1] == '{') escaped += '$';
    escaped += line[i];
  }
  return escaped;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// `  key: value` or `  "key": value,` with another value; nothing if the line does not begin with the key.
std::optional<std::string> Replaced(std::string_view line, std::string_view key, std::string_view old,
                                    std::string_view value) {
  const size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const size_t colon = line.find(':', begin);
  if (colon == std::string_view::npos) return std::nullopt;
  std::string name = LowerCase(line.substr(begin, colon - begin));
  std::erase_if(name, [](char c) { return c == '"' || c == '\'' || c == ' '; });
  if (name != key.substr(key.rfind('.') + 1)) return std::nullopt;
  const bool json = line.substr(begin).starts_with('"');
  const std::string_view comma = json && line.substr(0, line.find_last_not_of(" \t\r") + 1).ends_with(',') ? "," : "";
  // A port is a number where it was one.
  const bool bare = IsNumber(old);
  return fmt::format("{} {}{}", line.substr(0, colon + 1), bare ? std::string(value) : fmt::format("\"{}\"", value),
                     comma);
}

}  // namespace

std::optional<std::string> WithSettings(std::string_view text, const golang::ConfigFile& file,
                                        const std::vector<Setting>& settings) {
  std::vector<std::string> lines = Lines(text);
  std::ranges::transform(lines, lines.begin(), Escaped);
  for (const golang::NamedValue& key : file.keys) {
    const auto setting = std::ranges::find(settings, key.name, &Setting::name);
    const bool own = setting != settings.end();
    const bool secret = IsSecretName(key.name) || HoldsPassword(key.value);
    if (!own && (!secret || key.value.empty() || IsNumber(key.value))) continue;
    const auto at = static_cast<size_t>(key.origin.line) - 1;
    if (key.origin.line < 1 || at >= lines.size()) return std::nullopt;
    const auto replaced = Replaced(lines[at], key.name, key.value, own ? setting->value : kPlaceholder);
    if (!replaced) return std::nullopt;
    lines[at] = *replaced;
  }
  std::string result = fmt::format("{}\n", fmt::join(lines, "\n"));
  if (result.find("'''") != std::string::npos) return std::nullopt;
  return result;
}

}  // namespace hone::ops
