#include "ops/init_version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "ops/init_lists.h"
#include "ops/init_settings.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using golang::Field;
using golang::Route;

// "/buses/{}/parts" of "/buses/{id}/parts": how parameters are called does not matter.
std::string WithoutNames(std::string_view path) {
  std::string bare;
  bool within = false;
  for (const char c : path) {
    if (c == '}') within = false;
    if (!within) bare += c;
    if (c == '{') within = true;
  }
  return bare;
}

// A route's path up to the last of its parameters, then up to the one before: the things that it may be about.
std::vector<std::string> ThingsOf(const Route& route) {
  std::vector<std::string> things;
  for (size_t end = route.path_template.rfind('}'); end != std::string::npos;
       end = end == 0 ? std::string::npos : route.path_template.rfind('}', end - 1))
    things.push_back(route.path_template.substr(0, end + 1));
  return things;
}

// Whether it answers without more than its path.
bool Reads(const Route& route) {
  const bool needs =
      std::ranges::any_of(route.query, [](const golang::Parameter& p) { return ParseRules(p.rules).required; });
  return route.method == "GET" && !route.partial && !needs;
}

// What answers with the thing itself; nullptr: nothing does, or only where more is asked.
const Route* ReaderOf(const RouteContext& context, const std::string& thing) {
  const auto reads = [&](const Route* route) {
    return Reads(*route) && WithoutNames(route->path_template) == WithoutNames(thing);
  };
  const auto found = std::ranges::find_if(context.routes, reads);
  return found == context.routes.end() ? nullptr : *found;
}

// What says by its tag which version of the thing it is of: the thing itself, or else a part of it
// ("/rosters/{id}/shifts").
const Route* TaggedReaderOf(const RouteContext& context, const std::string& thing) {
  if (const Route* const reader = ReaderOf(context, thing); reader != nullptr && reader->etag) return reader;
  const std::string parts = WithoutNames(thing) + "/";
  const auto reads = [&](const Route* route) {
    const std::string path = WithoutNames(route->path_template);
    return Reads(*route) && route->etag && path.starts_with(parts) && !base::Contains(path.substr(parts.size()), "{");
  };
  const auto found = std::ranges::find_if(context.routes, reads);
  return found == context.routes.end() ? nullptr : *found;
}

// "lock" and "version" of "lock_version" and "lockVersion".
std::vector<std::string> WordsOf(std::string_view name) {
  std::vector<std::string> words;
  bool begins = true;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (!base::IsAlphanumeric(c)) {
      begins = true;
      continue;
    }
    if (begins || upper) words.emplace_back();
    words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
    begins = false;
  }
  return words;
}

// The pointer to a version in an answer's object: the one called as wanted, or else the only one.
std::string VersionWithin(const std::vector<Field>& fields, std::string_view wanted, const std::string& before) {
  std::vector<std::string> others;
  for (const Field& field : fields) {
    const bool scalar = field.kind == "integer" || field.kind == "string";
    if (!scalar || !IsVersion(field.name)) continue;
    if (WithoutCase(field.name) == WithoutCase(wanted)) return before + "/" + field.name;
    others.push_back(before + "/" + field.name);
  }
  if (others.size() == 1) return others.front();
  if (!others.empty() || !before.empty()) return {};
  for (const Field& field : fields) {
    if (field.kind != "object") continue;
    if (auto inner = VersionWithin(field.fields, wanted, "/" + field.name); !inner.empty()) return inner;
  }
  return {};
}

std::string VersionIn(const Route& route, std::string_view wanted) {
  for (const golang::Shape& response : route.responses) {
    if (response.status >= 300 || response.array) continue;
    if (auto pointer = VersionWithin(response.fields, wanted, ""); !pointer.empty()) return pointer;
  }
  return {};
}

std::optional<project::OfColumn> VersionColumn(const RouteContext& context, const std::string& thing,
                                               const std::string& wanted) {
  const std::string collection = LowerCase(LastElement(WithoutLastElement(thing)));
  for (const SchemaTable& table : context.tables) {
    const std::string name = LowerCase(table.name.substr(table.name.rfind('.') + 1));
    if (name != collection && !IsPlural(collection, name)) continue;
    std::vector<std::string> versions;
    for (const std::string& column : table.columns) {
      if (WithoutCase(column) == WithoutCase(wanted)) return project::OfColumn{table.name, column};
      if (IsVersion(column)) versions.push_back(column);
    }
    if (versions.size() == 1) return project::OfColumn{table.name, versions.front()};
  }
  return std::nullopt;
}

}  // namespace

bool IsVersion(std::string_view name) {
  constexpr std::array<std::string_view, 4> kLast = {"version", "revision", "etag", "rowversion"};
  constexpr std::array<std::string_view, 7> kOthers = {"api", "app", "schema", "latest", "next", "min", "max"};
  const std::vector<std::string> words = WordsOf(name);
  const auto is_other = [&](const std::string& word) { return std::ranges::find(kOthers, word) != kOthers.end(); };
  return !words.empty() && std::ranges::find(kLast, words.back()) != kLast.end() &&
         std::ranges::none_of(words, is_other);
}

std::optional<std::string> VersionOfThing(const RouteContext& context, const std::string& wanted, Making& making) {
  for (const std::string& thing : ThingsOf(context.route)) {
    const Route* const reader = ReaderOf(context, thing);
    const std::string pointer = reader == nullptr ? "" : VersionIn(*reader, wanted);
    if (!pointer.empty()) return FromList(wanted, {"GET " + reader->path_template, pointer}, making);
    if (const auto of = VersionColumn(context, thing, wanted)) return FromColumn(wanted, *of, making);
  }
  return std::nullopt;
}

void MakeIfMatch(const RouteContext& context, Making& making) {
  const Route& route = context.route;
  const auto header = std::ranges::find(route.headers, "if-match",
                                        [](const golang::Parameter& parameter) { return LowerCase(parameter.name); });
  if (header == route.headers.end() || route.method == "GET" || route.method == "HEAD") return;
  for (const std::string& thing : ThingsOf(route)) {
    const Route* const reader = TaggedReaderOf(context, thing);
    if (reader == nullptr) continue;
    const std::string tag = FromList("etag", {"GET " + reader->path_template, "header:ETag"}, making);
    making.headers.push_back(fmt::format("{} = {}", TomlKey(header->name), TomlText(tag)));
    return;
  }
  if (const auto version = VersionOfThing(context, "version", making))
    making.headers.push_back(fmt::format("{} = {}", TomlKey(header->name), TomlText(*version)));
}

}  // namespace hone::ops
