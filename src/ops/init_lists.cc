#include "ops/init_lists.h"

#include <algorithm>
#include <array>

#include "ops/init_body.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using golang::Field;
using golang::Route;

size_t CommonPrefix(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

constexpr std::array<std::string_view, 4> kSearches = {"q", "query", "search", "term"};
constexpr std::array<std::string_view, 6> kSearchPaths = {"search",  "lookup",       "find",
                                                          "suggest", "autocomplete", "query"};

bool IsNeeded(const golang::Parameter& parameter) { return ParseRules(parameter.rules).required; }

// Without parameters that it is refused without, or finds nothing.
bool NeedsNoQuery(const Route& route) {
  return !IsSearch(route) && LookedUpBy(route).empty() && std::ranges::none_of(route.query, IsNeeded);
}

bool MayBeSearched(const Route& route) {
  return std::ranges::any_of(route.query, [](const golang::Parameter& p) {
    return std::ranges::find(kSearches, LowerCase(p.name)) != kSearches.end();
  });
}

// Where the next parameter of a template begins that is none of `fixed`.
size_t NextParameter(const std::string& path, size_t from, const std::set<std::string>& fixed) {
  size_t open = path.find('{', from);
  while (open != std::string::npos && fixed.contains(path.substr(0, path.find('}', open) + 1)))
    open = path.find('{', open + 1);
  return open;
}

constexpr int kWhole = 4;       // collections
constexpr int kSearchable = 2;  // that may be empty without a search after all
constexpr int kInner = 0;       // parts of one object

}  // namespace

bool IsSearch(const Route& route) {
  const std::string last = LowerCase(LastElement(route.path_template));
  return MayBeSearched(route) && (std::ranges::find(kSearchPaths, last) != kSearchPaths.end() ||
                                  std::ranges::any_of(route.query, [](const golang::Parameter& p) {
                                    const bool search =
                                        std::ranges::find(kSearches, LowerCase(p.name)) != kSearches.end();
                                    return search && ParseRules(p.rules).required;
                                  }));
}

std::string LookedUpBy(const Route& route) {
  constexpr std::array<std::string_view, 6> kPaths = {"lookup", "find", "resolve", "verify", "match", "search"};
  const std::string last = LowerCase(LastElement(route.path_template));
  if (std::ranges::find(kPaths, last) == kPaths.end() && !last.starts_with("by-")) return {};
  std::string only;
  for (const golang::Parameter& parameter : route.query) {
    const bool text = parameter.type.empty() || parameter.type == "string";
    if (!text || parameter.preset || !parameter.rules.empty()) continue;
    if (!only.empty()) return {};
    only = parameter.name;
  }
  return only;
}

Lists::Lists(const std::vector<const Route*>& routes, const std::set<std::string>& fixed) {
  for (const int rank : {kWhole, kSearchable}) {
    for (const Route* route : routes) {
      const bool plain = NextParameter(route->path_template, 0, fixed) == std::string::npos;
      if (route->method != "GET" || route->partial || !plain || !NeedsNoQuery(*route)) continue;
      if (MayBeSearched(*route) == (rank == kSearchable)) AddSources(*route, rank);
    }
  }
  const Lists whole = *this;
  const auto is_known = [&](const golang::Parameter& parameter) {
    return !IsNeeded(parameter) || (LowerCase(parameter.name).ends_with("_id") && whole.ForName(parameter.name));
  };
  for (const Route* route : routes) {
    const bool plain = NextParameter(route->path_template, 0, fixed) == std::string::npos;
    const bool of_something = plain && !NeedsNoQuery(*route) && !IsSearch(*route) && LookedUpBy(*route).empty();
    if (route->method == "GET" && !route->partial && of_something && std::ranges::all_of(route->query, is_known))
      AddSources(*route, kInner);
  }
  for (const Route* route : routes) {
    const size_t open = NextParameter(route->path_template, 0, fixed);
    const size_t close = route->path_template.find('}', std::min(open, route->path_template.size()));
    if (route->method != "GET" || route->partial || close == std::string::npos || !NeedsNoQuery(*route)) continue;
    if (NextParameter(route->path_template, close, fixed) != std::string::npos || close - open < 2) continue;
    const std::string_view path = route->path_template;
    if (whole.ForPath(*route, path.substr(0, open), path.substr(open + 1, close - open - 1)))
      AddSources(*route, kInner);
  }
}

void Lists::AddSources(const Route& route, int rank) {
  Source source = {"GET " + route.path_template, route.path_template, LowerCase(LastElement(route.path_template))};
  source.rank = rank;
  for (const golang::Shape& response : route.responses) {
    if (response.status >= 300) continue;
    if (response.array && !response.fields.empty()) {
      source.prefix = "/*";
      source.fields = &response.fields;
      sources_.push_back(source);
    } else {
      AddArrays(source, response.fields, "", 0);
    }
  }
}

void Lists::AddArrays(Source source, const std::vector<Field>& fields, const std::string& prefix, int depth) {
  constexpr int kDeepest = 2;
  for (const Field& field : fields) {
    if (field.fields.empty() || (field.kind != "array" && (field.kind != "object" || depth == kDeepest))) continue;
    const std::string inner = prefix + "/" + field.name;
    if (field.kind == "object") {
      AddArrays(source, field.fields, inner, depth + 1);
      continue;
    }
    source.prefix = inner + "/*";
    source.fields = &field.fields;
    source.member = LowerCase(field.name);
    sources_.push_back(source);
    if (depth < kDeepest) AddArrays(source, field.fields, source.prefix, depth + 1);
  }
}

std::optional<ListValue> Lists::Pick(const Source& source, std::string_view field) {
  const std::string wanted = WithoutCase(field);
  const auto is = [&](const Field& candidate) {
    const bool scalar = candidate.kind == "string" || candidate.kind == "integer";
    return scalar && WithoutCase(candidate.name) == wanted;
  };
  for (const Field& candidate : *source.fields) {
    if (is(candidate)) return ListValue{source.endpoint, source.prefix + "/" + candidate.name};
  }
  // The author's handle of a post; an id within it is another thing's.
  for (const Field& object : *source.fields) {
    if (object.kind != "object" || wanted.ends_with("id")) continue;
    const auto found = std::ranges::find_if(object.fields, is);
    if (found != object.fields.end())
      return ListValue{source.endpoint, source.prefix + "/" + object.name + "/" + found->name};
  }
  return std::nullopt;
}

std::optional<ListValue> Lists::ForCollection(const Route& route, std::string_view collection,
                                              std::string_view name) const {
  std::optional<ListValue> best;
  std::pair<int, size_t> most;
  const PartOfThing of_thing = PartNamed(name);  // portCode of /ports/{portCode}
  for (const Source& source : sources_) {
    // A list of that path before one that is called so in another answer, whole collections before parts of one object.
    const bool own = source.collection == collection;
    if (!own && source.member != collection) continue;
    if (source.path == route.path_template) continue;
    auto value = Pick(source, name);
    if (!value && LowerCase(name).ends_with("id")) value = Pick(source, "id");
    if (!value && IsPlural(collection, of_thing.thing)) value = Pick(source, of_thing.part);
    const std::pair<int, size_t> rank = {source.rank + (own ? 1 : 0), CommonPrefix(source.path, route.path_template)};
    if (!value || (best && rank <= most)) continue;
    best = value;
    most = rank;
  }
  return best;
}

std::optional<ListValue> Lists::ForPath(const Route& route, std::string_view before, std::string_view name) const {
  if (auto best = OfCollection(route, before, name)) return best;
  return ForName(name);
}

std::optional<ListValue> Lists::OfCollection(const Route& route, std::string_view before, std::string_view name) const {
  return ForCollection(route, LowerCase(LastElement(before)), name);
}

std::optional<ListValue> Lists::BehindWord(std::string_view before, std::string_view name) const {
  const std::string collection = LowerCase(LastElement(WithoutLastElement(before)));
  for (const Source& source : sources_) {
    if (source.collection != collection || source.rank == kInner) continue;
    std::vector<std::string> names;
    for (const Field& field : *source.fields) {
      if (field.kind == "string" || field.kind == "integer") names.push_back(field.name);
    }
    const std::string field = NamedBehind(LastElement(before), name, names);
    if (!field.empty()) return Pick(source, field);
  }
  return std::nullopt;
}

std::optional<ListValue> Lists::ForName(std::string_view name, bool text) const {
  const std::string stem = WithoutId(name);
  const std::string noun = stem.empty() ? LowerCase(name) : stem;
  for (const Source& source : sources_) {
    if (noun == "id" || !(source.collection == noun || IsPlural(source.collection, noun))) continue;
    for (const char* field : {"slug", "code", "key", "handle"}) {
      if (!text || !stem.empty()) break;
      if (auto value = Pick(source, field)) return value;
    }
    if (auto value = Pick(source, "id")) return value;
  }
  if (const PartOfThing named = PartNamed(name); !named.part.empty()) {
    for (const Source& source : sources_) {
      if (!IsPlural(source.collection, named.thing)) continue;
      if (auto value = Pick(source, named.part)) return value;
      if (auto value = Pick(source, name)) return value;
    }
  }
  // Names that mean the same thing wherever they stand.
  constexpr std::array<std::string_view, 9> kIdentifying = {"email", "sku",      "slug",   "code",   "isbn",
                                                            "uuid",  "username", "handle", "barcode"};
  const bool identifying = !stem.empty() || std::ranges::find(kIdentifying, LowerCase(name)) != kIdentifying.end();
  for (const Source& source : sources_) {
    if (!identifying) break;
    if (auto value = Pick(source, name)) return value;
  }
  return std::nullopt;
}

std::optional<ListValue> Lists::AnyText(std::string_view path) const {
  std::string collection = LowerCase(LastElement(path));
  if (std::ranges::find(kSearchPaths, collection) != kSearchPaths.end())
    collection = LowerCase(LastElement(path.substr(0, path.rfind('/'))));
  // Lists within lists may be empty.
  std::optional<ListValue> best;
  const auto nested = [](const ListValue& value) { return std::ranges::count(value.pointer, '*'); };
  for (const bool own : {true, false}) {
    for (const char* field : {"name", "title", "full_name", "display_name", "last_name", "family_name", "surname",
                              "first_name", "given_name"}) {
      for (const Source& source : sources_) {
        if (own && source.collection != collection && source.member != collection) continue;
        auto value = Pick(source, field);
        if (value && (!best || nested(*value) < nested(*best))) best = std::move(value);
      }
      if (best && own) return best;
    }
  }
  return best;
}

}  // namespace hone::ops
