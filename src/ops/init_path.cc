#include "ops/init_path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
#include "ops/init_query.h"
#include "ops/init_settings.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using golang::Parameter;

constexpr int64_t kGuessedIds = 10;  // from 1: small tables have no more

const Parameter* FindParameter(const RouteContext& context, const std::string& name) {
  const auto parameter = std::ranges::find(context.route.path_parameters, name, &Parameter::name);
  return parameter == context.route.path_parameters.end() ? nullptr : &*parameter;
}

bool IsNumber(const RouteContext& context, const std::string& name) {
  const Parameter* const parameter = FindParameter(context, name);
  return parameter != nullptr && !parameter->type.empty() && IsNumeric(parameter->type, name);
}

std::optional<project::OfColumn> ComparedColumn(const RouteContext& context, const std::string& name) {
  const Parameter* const parameter = FindParameter(context, name);
  if (parameter == nullptr || !parameter->compared || parameter->compared->day) return std::nullopt;
  return ColumnCompared(context.tables, parameter->compared);
}

// Days that there is something on, for one that the handler reads as such.
std::optional<project::OfColumn> DaysOfPath(const RouteContext& context, const std::string& name) {
  const Parameter* const parameter = FindParameter(context, name);
  return parameter == nullptr ? std::nullopt : DaysFor(context, *parameter);
}

// Whether an example's text may be a value of the parameter: a table of endpoints names parameters of the query or
// members of the body where others have examples of the path.
bool MayBeValue(const RouteContext& context, const std::string& name, const std::string& text) {
  if (std::ranges::find(context.route.query, text, &Parameter::name) != context.route.query.end()) return false;
  const auto is_member = [&](const golang::Field& field) { return field.name == text; };
  if (context.route.body && std::ranges::any_of(context.route.body->fields, is_member)) return false;
  return !IsNumber(context, name) || text.find_first_not_of("0123456789") == std::string::npos;
}

// The values of a parameter in the first examples that show all of the path.
std::vector<std::string> ShownInPaths(const RouteContext& context, const std::string& name) {
  constexpr size_t kMost = 2;
  const auto all = std::ranges::count(context.route.path_template, '{');
  std::vector<std::string> shown;
  for (const RequestExample& request : context.requests) {
    const auto value = request.path.find(name);
    const bool whole = static_cast<std::ptrdiff_t>(request.path.size()) == all;
    if (value == request.path.end() || !whole || shown.size() == kMost) continue;
    if (!MayBeValue(context, name, value->second)) continue;
    // Of several parameters each request is another one.
    if (all > 1 || std::ranges::find(shown, value->second) == shown.end()) shown.push_back(value->second);
  }
  return shown;
}

// What documents show for a parameter: in this route's path, or else in another's that begins alike.
ShownValues ValuesShown(const RouteContext& context, const std::string& name, const std::string& scope) {
  ShownValues shown;
  for (const RequestExample& request : context.requests) {
    const auto value = request.path.find(name);
    if (value == request.path.end() || base::Has(shown.values, value->second)) continue;
    if (!MayBeValue(context, name, value->second)) continue;
    shown.values.push_back(value->second);
    if (shown.origin.empty()) shown.origin = request.origin;
  }
  const auto alike = context.scopes.find(scope);
  return shown.values.empty() && alike != context.scopes.end() ? alike->second : shown;
}

// Whether middleware alone reads it: a tenant, of which not every one may be open to who asks.
bool IsScope(const RouteContext& context, const std::string& name) {
  const Parameter* const parameter = FindParameter(context, name);
  return parameter != nullptr && parameter->scope;
}

// The column that tells tenants apart: what statements compare, or else, as where they are kept in memory, a guess.
std::optional<project::OfColumn> ColumnOfScope(const RouteContext& context, const std::string& name,
                                               std::string_view before) {
  if (auto compared = ComparedColumn(context, name)) return compared;
  if (auto of = ColumnOfPath(context.tables, before, name)) return of;
  if (auto of = ColumnOfThing(context.tables, name)) return of;
  return ColumnNaming(context.tables, name);
}

// The only one that is shown; what else is asked for must belong to it.
std::string OnlyWithin(const RouteContext& context, const std::string& name, const ShownValues& shown, Making& making) {
  if (const auto compared = ColumnOfScope(context, name, making.path))
    making.within = project::Within{compared->table, compared->column, shown.values.front()};
  return Listed(name, shown.values, shown.origin, making);
}

// `scope`: the template up to the parameter's end.
std::string PathValue(const RouteContext& context, const std::string& name, const std::string& scope, Making& making) {
  const auto compared = ComparedColumn(context, name);
  const ShownValues documented = ValuesShown(context, name, scope);
  if (IsScope(context, name) && documented.values.size() == 1) return OnlyWithin(context, name, documented, making);
  const auto of = ColumnOfPath(context.tables, making.path, name);
  const auto days = DaysOfPath(context, name);
  if (days) return FromColumn(name, *days, making);
  if (making.within_header && of && BelongTo(context.tables, of->table, making.within->table))
    return FromColumn(name, *of, making);
  // A list begins with the rows that a scan of the table finds first.
  if (of && !LowerCase(name).ends_with("id") && !IsIndexed(context.tables, *of)) return FromColumn(name, *of, making);
  if (const auto list = context.lists.OfCollection(context.route, making.path, name))
    return FromList(name, *list, making);
  // Every table may have a code, and that of another one is no such thing.
  if (of && WithoutId(name).empty()) return FromColumn(name, *of, making);
  const bool number = IsNumber(context, name);
  // The path says of what.
  if (!number && LastElement(making.path).starts_with("by-")) {
    if (const auto behind = ColumnBehindWord(context.tables, making.path, name))
      return FromColumn(name, *behind, making);
  }
  const bool shown_first = WithoutId(name).empty() && LowerCase(name) != "id";
  const auto by_name = context.lists.ForName(name, !number);
  if (by_name && !shown_first) return FromList(name, *by_name, making);
  if (context.operation != nullptr) {
    const auto shown = ShownFor(*context.operation, "path", NameInOperation(*context.operation, context.route, name));
    if (shown) return FromDocument(name, *shown, making);
  }
  if (of) return FromColumn(name, *of, making);
  if (compared) return FromColumn(name, *compared, making);
  if (!documented.values.empty()) return Listed(name, documented.values, documented.origin, making);
  if (by_name) return FromList(name, *by_name, making);
  if (!number) {
    if (const auto after = ColumnAfterCollection(context.tables, making.path)) return FromColumn(name, *after, making);
    if (const auto behind = ColumnBehindWord(context.tables, making.path, name))
      return FromColumn(name, *behind, making);
    if (const auto behind = context.lists.BehindWord(making.path, name)) return FromList(name, *behind, making);
    if (const auto naming = ColumnNaming(context.tables, name)) return FromColumn(name, *naming, making);
  }
  // A name such as id says nothing: it may be a UUID. The handler must read a number.
  if (number) return Ranged(name, 1, kGuessedIds, "a guess: no answer lists them", making);
  making.obstacle = fmt::format("no answer lists values for {{{}}}", name);
  return fmt::format("${{{}}}", UniqueName(name, making));
}

}  // namespace

void MakePath(const RouteContext& context, Making& making) {
  std::string_view rest = context.route.path_template;
  if (rest.find('*') != std::string_view::npos) making.obstacle = "what stands at the end of its path is not known";
  while (!rest.empty()) {
    const size_t open = std::min(rest.find('{'), rest.size());
    making.path += rest.substr(0, open);
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const size_t close = std::min(rest.find('}'), rest.size() - 1);
    std::string name(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
    if (name.ends_with("...") || name.starts_with('*') || name == "$") {
      making.obstacle = "what stands at the end of its path is not known";
      return;
    }
    const std::string scope = context.route.path_template.substr(0, context.route.path_template.size() - rest.size());
    making.path += PathValue(context, name, scope, making);
    AlsoAskFor(ShownInPaths(context, name), making);
  }
}

}  // namespace hone::ops
