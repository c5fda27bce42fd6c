#include "project/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace hone::project {
namespace {

using base::Code;
using base::Fail;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

}  // namespace

std::optional<std::string> Find(const Values& values, std::string_view name) {
  if (const auto found = values.find(name); found != values.end()) return found->second;
  constexpr std::string_view kEnvironment = "env.";
  if (!name.starts_with(kEnvironment)) return std::nullopt;
  const char* value = std::getenv(std::string(name.substr(kEnvironment.size())).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

base::Result<Template> Template::Parse(std::string_view text) {
  Template result;
  result.source_ = text;
  std::string literal;
  size_t literal_offset = 0;
  const auto flush = [&] {
    if (!literal.empty()) result.parts_.push_back({false, std::exchange(literal, {}), literal_offset});
  };
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with("${")) {
      if (literal.empty()) literal_offset = at;
      // $${ is the literal ${.
      const bool escaped = rest.starts_with("$${");
      literal += escaped ? rest.substr(1, 2) : rest.substr(0, 1);
      at += escaped ? 3 : 1;
      continue;
    }
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) {
      return Fail(Code::kInput, fmt::format("`${{` has no `}}` after it, at character {}", at + 1), {},
                  "Write $${ for a literal ${");
    }
    const std::string_view name = rest.substr(2, end - 2);
    if (name.empty() || !std::ranges::all_of(name, IsNameCharacter)) {
      return Fail(Code::kInput, fmt::format("`{}` is not a name, at character {}", rest.substr(0, end + 1), at + 1), {},
                  "Write $${ for a literal ${");
    }
    flush();
    result.parts_.push_back({true, std::string(name), at});
    at += end + 1;
  }
  flush();
  return result;
}

base::Result<std::string> Template::Expand(const Lookup& lookup, const Encode& encode) const {
  std::string text;
  for (const Part& part : parts_) {
    if (!part.is_name) {
      text += part.text;
      continue;
    }
    const std::optional<std::string> value = lookup(part.text);
    if (!value) {
      return Fail(Code::kInput, fmt::format("`${{{}}}` has no value, at character {}", part.text, part.offset + 1),
                  source_);
    }
    text += encode ? encode(*value, text) : *value;
  }
  return text;
}

base::Result<std::string> Template::Expand(const Values& values) const {
  return Expand([&](std::string_view name) { return Find(values, name); });
}

bool Template::Uses(std::string_view name) const {
  return std::ranges::any_of(parts_, [&](const Part& part) { return part.is_name && part.text == name; });
}

}  // namespace hone::project
