#include "ops/page_parameter.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "ops/init_body.h"

namespace hone::ops {
namespace {

bool IsOffset(std::string_view name) { return IsOneOf(name, kOffsetNames); }

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::optional<PageParameter> FindPageParameter(const project::Template& path, const project::Assignment& assignment) {
  const std::string_view source = path.source();
  for (size_t at = source.find('?'); at < source.size();) {
    const size_t begin = at + 1;
    at = std::min(source.find('&', begin), source.size());
    const std::string_view pair = source.substr(begin, at - begin);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    std::string_view value = pair.substr(equals + 1);
    if (!IsOneOf(name, kPageNames) && !IsOffset(name)) continue;
    PageParameter parameter{.name = std::string(name), .at = begin + equals + 1, .length = value.size()};
    if (value.starts_with("${") && value.ends_with("}")) {
      const auto known = assignment.find(value.substr(2, value.size() - 3));
      value = known == assignment.end() ? std::string_view() : std::string_view(known->second);
    }
    if (const auto number = Number(value)) {
      parameter.value = *number;
      return parameter;
    }
  }
  return std::nullopt;
}

std::optional<int64_t> LastPage(const PageParameter& parameter, const sql::Page& page, int64_t rows) {
  const int64_t full = page.rows > 0 ? rows / page.rows : 0;
  if (full < 2) return std::nullopt;
  const int64_t offset = (full - 1) * page.rows;
  if (offset <= page.offset) return std::nullopt;
  if (IsOffset(parameter.name)) return page.offset == parameter.value ? std::optional(offset) : std::nullopt;
  if (parameter.value > 0 && page.offset == (parameter.value - 1) * page.rows) return full;
  if (page.offset == parameter.value * page.rows) return full - 1;  // the first one is 0
  return std::nullopt;
}

base::Result<project::Template> WithPage(const project::Template& path, const PageParameter& parameter, int64_t value) {
  std::string source = path.source();
  source.replace(parameter.at, parameter.length, std::to_string(value));
  return project::Template::Parse(source);
}

}  // namespace hone::ops
