#include "ops/init_making.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "ops/init_settings.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

constexpr std::array<int64_t, 6> kDraftSizes = {1, 2, 5, 10, 25, 50};
constexpr std::array<int64_t, 6> kDraftListSizes = {1, 2, 5, 10, 25, 50};
constexpr int64_t kDraftListAtLoad = 5;

}  // namespace

std::string UniqueName(std::string wanted, Making& making) {
  std::string name = std::move(wanted);
  std::ranges::replace_if(
      name,
      [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'); },
      '_');
  if (name.empty() || (name[0] >= '0' && name[0] <= '9') || name == "seq" || name == "rand") name.insert(0, "v_");
  while (std::ranges::find(making.names, name) != making.names.end()) name += '_';
  making.names.push_back(name);
  return name;
}

std::string FromList(const std::string& wanted, const ListValue& list, Making& making) {
  const std::string name = UniqueName(wanted, making);
  making.vars.push_back(
      fmt::format("{} = {{ from = {}, pointer = {} }}", name, TomlText(list.endpoint), TomlText(list.pointer)));
  return fmt::format("${{{}}}", name);
}

std::string FromColumn(const std::string& wanted, const project::OfColumn& of, Making& making) {
  const std::string name = UniqueName(wanted, making);
  std::string more;
  if (!of.as.empty()) more += fmt::format(", as = {}", TomlText(of.as));
  if (!of.plus.empty()) more += fmt::format(", plus = {}", TomlText(of.plus));
  if (const auto& within = making.within; within && within->table != of.table) {
    more += fmt::format(", within = {{ column = {}, is = {} }}", TomlText(within->table + "." + within->column),
                        TomlText(within->value));
  }
  making.vars.push_back(fmt::format("{} = {{ column = {}{} }}{}", name, TomlText(of.table + "." + of.column), more,
                                    of.as.empty() ? "  # no answer lists them" : "  # a guess: days that have rows"));
  return fmt::format("${{{}}}", name);
}

std::string Ranged(const std::string& wanted, int64_t first, int64_t last, std::string_view why, Making& making) {
  const std::string name = UniqueName(wanted, making);
  making.vars.push_back(
      fmt::format("{} = {{ range = [{}, {}] }}{}{}", name, first, last, why.empty() ? "" : "  # ", why));
  return fmt::format("${{{}}}", name);
}

std::string FromDocument(const std::string& wanted, const ShownValue& shown, Making& making) {
  const std::string name = UniqueName(wanted, making);
  making.vars.push_back(fmt::format("{} = {{ list = [{}] }}  # {}", name, TomlText(shown.value), shown.origin));
  return fmt::format("${{{}}}", name);
}

std::string Listed(const std::string& wanted, const std::vector<std::string>& values, const std::string& origin,
                   Making& making) {
  const std::string name = UniqueName(wanted, making);
  std::vector<std::string> texts;
  for (const std::string& value : values) texts.push_back(TomlText(value));
  making.vars.push_back(
      fmt::format("{} = {{ list = [{}] }}{}{}", name, fmt::join(texts, ", "), origin.empty() ? "" : "  # ", origin));
  return fmt::format("${{{}}}", name);
}

void Append(const std::string& name, const std::string& value, Making& making) {
  making.query += (making.query.empty() ? "?" : "&") + name + "=" + value;
}

bool HasSize(const Making& making) {
  return std::ranges::any_of(making.vars, [](const std::string& v) { return v.find("sizes = ") != std::string::npos; });
}

std::string Sized(const std::string& wanted, const std::vector<int64_t>& sizes, int64_t preset, Making& making) {
  int64_t at_load = sizes[sizes.size() / 2];
  for (const int64_t size : sizes) {
    if (preset > 0 && size <= preset) at_load = size;
  }
  const std::string name = UniqueName(wanted, making);
  making.vars.push_back(fmt::format("{} = {{ sizes = [{}], default = {} }}", name, fmt::join(sizes, ", "), at_load));
  return fmt::format("${{{}}}", name);
}

namespace {

// Whether some table has a column that is called so: numbers of a thing are its ids where others refer to it by them.
bool IsReferredTo(const std::vector<SchemaTable>& tables, const std::string& column) {
  return std::ranges::any_of(tables, [&](const SchemaTable& table) { return base::Has(table.columns, column); });
}

// Whether the path of a route names a table: "/branches/{id}/members" does members.
bool IsInPath(const golang::Route& route, std::string_view table) {
  const std::string things = LowerCase(table.substr(table.rfind('.') + 1));
  for (std::string_view path = route.path_template; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    if (LowerCase(LastElement(path)) == things) return true;
  }
  return false;
}

// "codes" sent to "/passes/lookup" are those of passes, whatever else has a code.
std::optional<std::string> FromCollection(const RouteContext& context, const std::string& part, Making& making) {
  if (PartNamed("one_" + part).thing.empty()) return std::nullopt;
  for (std::string_view path = context.route.path_template; !LastElement(path).empty();
       path = WithoutLastElement(path)) {
    const std::string before = fmt::format("/{}/", LastElement(path));
    const auto of = ColumnOfPath(context.tables, before, part);
    if (!of || MakesMany(context.route, of->table)) continue;
    const auto list = context.lists.OfCollection(context.route, before, part);
    return list ? FromList(part, *list, making) : FromColumn(part, *of, making);
  }
  return std::nullopt;
}

}  // namespace

void AlsoAskFor(const std::vector<std::string>& shown, Making& making) {
  if (shown.empty() || making.vars.empty()) return;
  std::string& line = making.vars.back();
  const size_t end = line.rfind(" }");
  if (end == std::string::npos || (!base::Contains(line, "{ column = ") && !base::Contains(line, "{ from = "))) return;
  std::vector<std::string> texts;
  for (const std::string& value : shown) texts.push_back(TomlText(value));
  line.insert(end, fmt::format(", also = [{}]", fmt::join(texts, ", ")));
}

bool MakesOne(const golang::Route& route, std::string_view thing) {
  const auto is = [&](std::string_view element) {
    const std::string word = LowerCase(element);
    return !thing.empty() && (word == thing || IsPlural(word, thing));
  };
  std::string_view path = route.path_template;
  // What it changes may be named anew.
  if (route.method != "POST") return LastElement(path).starts_with('{') && is(LastElement(WithoutLastElement(path)));
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    if (is(LastElement(path))) return true;
  }
  return false;
}

bool MakesMany(const golang::Route& route, std::string_view table) {
  constexpr std::array<std::string_view, 5> kMaking = {"bulk", "import", "batch", "register", "create"};
  const std::string things = LowerCase(table.substr(table.rfind('.') + 1));
  const std::string_view path = route.path_template;
  const std::string last = LowerCase(LastElement(path));
  if (route.method != "POST") return false;
  return last == things || (IsOneOf(last, kMaking) && LowerCase(LastElement(WithoutLastElement(path))) == things);
}

std::optional<std::string> FromReferents(const RouteContext& context, const std::vector<std::string>& referents,
                                         bool texts, bool list, Making& making) {
  const golang::Route& route = context.route;
  const std::string above = list ? fmt::format("/{}/", FirstElement(route.path_template)) : std::string();
  for (const std::string& refers : referents) {
    // What a request makes is named anew.
    if (texts && !list && MakesOne(route, PartNamed(refers).thing)) continue;
    if (list && texts) {
      if (auto own = FromCollection(context, refers, making)) return own;
    }
    const auto answers = context.lists.ForName(refers, texts);
    const bool own = answers && answers->endpoint == "GET " + route.path_template;
    if (answers && !own) return FromList(refers, *answers, making);
    if (own && route.method == "POST") continue;
    auto of = ColumnOfPath(context.tables, LowerCase(refers).ends_with("id") ? "" : above, refers);
    if (!of && list && !texts && IsReferredTo(context.tables, refers + "_id"))
      of = ColumnOfPath(context.tables, "", refers + "_id");
    if (!of && texts) of = ColumnOfThing(context.tables, refers);
    // "card_no" is members.card_no, and "tariff" is tariffs.slug, where no member and no tariff is made or changed.
    if (!of && texts) {
      if (!list) of = ColumnNaming(context.tables, refers);
      if (!of && (list || !PartNamed(refers).thing.empty())) of = ColumnOfText(context.tables, refers);
      if (of && !list && IsInPath(route, of->table)) continue;
    }
    if (of && texts && list && MakesMany(route, of->table)) continue;
    if (of) return FromColumn(refers, *of, making);
  }
  return std::nullopt;
}

void AddItems(const std::string& name, const std::vector<int64_t>& sizes, const std::string& item, Making& making,
              const std::string& join) {
  const bool usual = std::ranges::find(sizes, kDraftListAtLoad) != sizes.end();
  making.vars.insert(making.vars.begin(),
                     fmt::format("{} = {{ sizes = [{}], default = {}, items = {}{} }}", name, fmt::join(sizes, ", "),
                                 usual ? kDraftListAtLoad : sizes.front(), TomlText(item),
                                 join.empty() ? "" : ", join = " + TomlText(join)));
}

std::vector<int64_t> ListSizesWithin(const Rules& rules) {
  constexpr size_t kFewest = 3;
  const int64_t least = rules.length.value_or(rules.least.value_or(1));
  const int64_t most = rules.length.value_or(rules.most.value_or(kDraftListSizes.back()));
  std::vector<int64_t> sizes;
  std::ranges::copy_if(kDraftListSizes, std::back_inserter(sizes),
                       [&](int64_t size) { return size >= least && size <= most; });
  // Of what may be so long, chunks of forty are seen as well; the dry run leaves out what is refused.
  constexpr int64_t kLong = 100;
  if (!rules.length && rules.most.value_or(kLong) >= kLong && least <= kLong) sizes.push_back(kLong);
  return sizes.size() < kFewest ? std::vector<int64_t>() : sizes;
}

std::vector<int64_t> SizesWithin(const Rules& rules, int64_t preset) {
  constexpr int64_t kMostPreset = 200;
  std::vector<int64_t> sizes;
  std::ranges::copy_if(kDraftSizes, std::back_inserter(sizes), [&](int64_t size) {
    return size >= rules.least.value_or(1) && size <= rules.most.value_or(size);
  });
  const int64_t usual = std::min({preset, kMostPreset, rules.most.value_or(kMostPreset)});
  if (usual > kDraftSizes.back() && usual >= rules.least.value_or(1)) sizes.push_back(usual);
  return sizes;
}

bool IsNumeric(std::string_view type, std::string_view name) {
  if (type.find("int") != std::string_view::npos) return true;
  return type.empty() && (LowerCase(name) == "id" || LowerCase(name).ends_with("_id"));
}

}  // namespace hone::ops
