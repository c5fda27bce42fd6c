#include "ops/init_lists.h"

#include <algorithm>
#include <array>

#include "ops/init_body.h"

namespace hone::ops {
namespace {

using golang::Field;
using golang::Route;

std::string_view LastElement(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "order_id", "orderId" and "orderID" without their end; empty if it is only an id, or none.
std::string WithoutId(std::string_view name) {
  const std::string lower = LowerCase(name);
  if (lower.ends_with("_id") && lower.size() > 3) return lower.substr(0, lower.size() - 3);
  const bool camel = name.ends_with("Id") || name.ends_with("ID");
  return camel && lower.size() > 2 ? lower.substr(0, lower.size() - 2) : std::string();
}

bool IsPluralOf(std::string_view plural, const std::string& singular) {
  return plural == singular || plural == singular + "s" || plural == singular + "es" ||
         (singular.ends_with('y') && plural == singular.substr(0, singular.size() - 1) + "ies");
}

size_t CommonPrefix(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// Parameters without which the request is refused, or finds nothing.
bool NeedsNothing(const Route& route) {
  constexpr std::array<std::string_view, 4> kSearches = {"q", "query", "search", "term"};
  return route.path_template.find('{') == std::string::npos &&
         std::ranges::none_of(route.query, [&](const golang::Parameter& p) {
           return ParseRules(p.rules).required || std::ranges::find(kSearches, LowerCase(p.name)) != kSearches.end();
         });
}

}  // namespace

Lists::Lists(const std::vector<const Route*>& routes) {
  for (const Route* route : routes) {
    if (route->method != "GET" || route->partial || !NeedsNothing(*route)) continue;
    Source source = {"GET " + route->path_template, route->path_template, LowerCase(LastElement(route->path_template))};
    for (const golang::Shape& response : route->responses) {
      if (response.status >= 300) continue;
      if (response.array && !response.fields.empty()) {
        source.prefix = "/*";
        source.fields = &response.fields;
        sources_.push_back(source);
        continue;
      }
      for (const Field& field : response.fields) {
        if (field.kind != "array" || field.fields.empty()) continue;
        source.prefix = "/" + field.name + "/*";
        source.fields = &field.fields;
        sources_.push_back(source);
      }
    }
  }
}

std::optional<ListValue> Lists::Pick(const Source& source, std::string_view field) {
  const std::string wanted = LowerCase(field);
  for (const Field& candidate : *source.fields) {
    const bool scalar = candidate.kind == "string" || candidate.kind == "integer";
    if (scalar && LowerCase(candidate.name) == wanted)
      return ListValue{source.endpoint, source.prefix + "/" + candidate.name};
  }
  return std::nullopt;
}

std::optional<ListValue> Lists::ForPath(const Route& route, std::string_view before, std::string_view name) const {
  const std::string collection = LowerCase(LastElement(before));
  std::optional<ListValue> best;
  size_t common = 0;
  for (const Source& source : sources_) {
    if (source.collection != collection) continue;
    auto value = Pick(source, name);
    if (!value && LowerCase(name).ends_with("id")) value = Pick(source, "id");
    const size_t shared = CommonPrefix(source.path, route.path_template);
    if (value && (!best || shared > common)) {
      best = value;
      common = shared;
    }
  }
  return best ? best : ForName(name);
}

std::optional<ListValue> Lists::ForName(std::string_view name) const {
  const std::string stem = WithoutId(name);
  const std::string noun = stem.empty() ? LowerCase(name) : stem;
  for (const Source& source : sources_) {
    if (noun == "id" || !IsPluralOf(source.collection, noun)) continue;
    if (auto value = Pick(source, "id")) return value;
  }
  // Names that mean the same thing wherever they stand.
  constexpr std::array<std::string_view, 5> kIdentifying = {"sku", "slug", "code", "isbn", "username"};
  const bool identifying = !stem.empty() || std::ranges::find(kIdentifying, LowerCase(name)) != kIdentifying.end();
  for (const Source& source : sources_) {
    if (!identifying) break;
    if (auto value = Pick(source, name)) return value;
  }
  return std::nullopt;
}

std::optional<ListValue> Lists::AnyText() const {
  for (const char* field : {"name", "title"}) {
    for (const Source& source : sources_) {
      if (auto value = Pick(source, field)) return value;
    }
  }
  return std::nullopt;
}

}  // namespace hone::ops
