#include "ops/init_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "ops/example_days.h"
#include "ops/init_version.h"
#include "ops/page_parameter.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using golang::Parameter;

constexpr std::array<std::string_view, 12> kSizeNames = {
    "limit", "n", "size", "page_size", "pagesize", "per_page", "perpage", "pagesize", "count", "take", "top", "first"};
// How far back or ahead: numbers of which any service answers small ones.
constexpr std::array<std::string_view, 5> kSpanNames = {"days", "weeks", "months", "hours", "nights"};
constexpr std::array<std::string_view, 5> kListPaths = {"lookup", "batch", "compare", "bulk", "resolve"};
constexpr std::array<std::string_view, 6> kSearchNames = {"q", "query", "search", "term", "keyword", "text"};

// Query parameters that the document asks for and the code was not seen to read.
void AddShown(const RouteContext& context, Making& making) {
  if (context.operation == nullptr) return;
  for (const golang::OperationParameter& parameter : context.operation->parameters) {
    const bool known =
        std::ranges::find(context.route.query, parameter.name, &Parameter::name) != context.route.query.end();
    if (parameter.in != "query" || !parameter.required || known) continue;
    if (const auto shown = ShownFor(*context.operation, "query", parameter.name))
      Append(parameter.name, FromDocument(parameter.name, *shown, making), making);
  }
}

bool AddVaryingId(const RouteContext& context, const std::string& name, Making& making) {
  if (!LowerCase(name).ends_with("id")) return false;
  const auto list = context.lists.ForName(name);
  if (list && list->endpoint != "GET " + context.route.path_template) {
    Append(name, FromList(name, *list, making), making);
    return true;
  }
  const auto of = ColumnOfPath(context.tables, "", name);
  if (of) Append(name, FromColumn(name, *of, making), making);
  return of.has_value();
}

bool AreNumbers(const std::vector<std::string>& elements) {
  return std::ranges::all_of(elements, [](const std::string& element) {
    return element.find_first_not_of("0123456789") == std::string::npos;
  });
}

// Whether `collection` is called after several of what the parameter names one of: "huts" after "hut" and "hut_id". A
// plural is how many.
bool IsOfSeveral(std::string_view collection, const std::string& parameter) {
  const std::string noun = WithoutId(parameter).empty() ? LowerCase(parameter) : WithoutId(parameter);
  return IsPlural(LowerCase(collection), noun);
}

// Another one of what the parameter names in each request; false where nothing has them.
bool AddThing(const RouteContext& context, const std::string& name, Making& making) {
  const auto list = context.lists.ForName(name);
  if (list && list->endpoint != "GET " + context.route.path_template &&
      IsOfSeveral(LastElement(list->endpoint), name)) {
    Append(name, FromList(name, *list, making), making);
    return true;
  }
  const std::string id = LowerCase(name).ends_with("id") ? name : name + "_id";
  const auto of = ColumnOfPath(context.tables, "", id);
  if (!of || !IsOfSeveral(std::string_view(of->table).substr(of->table.rfind('.') + 1), name)) return false;
  Append(name, FromColumn(name, *of, making), making);
  return true;
}

// The column that statements compare a text with.
std::optional<project::OfColumn> ColumnComparedBy(const RouteContext& context, const Parameter& parameter) {
  const bool text = parameter.type.empty() || parameter.type == "string" || parameter.type == "*string";
  if (!text || !parameter.compared || parameter.compared->day) return std::nullopt;
  return ColumnCompared(context.tables, parameter.compared);
}

// The text that tells one row from others and is all that a look-up is asked with: that of other rows as well, as the
// one that is shown may be the first that a scan comes to. False where no column is called so.
bool AddLookedUp(const RouteContext& context, const std::string& name, const std::string& value, Making& making) {
  const bool day = value.size() >= 10 && value[4] == '-' && value[7] == '-';
  const bool plain = value.find_first_of("%+") == std::string::npos;
  const bool of_one = value.find_first_of("0123456789@") != std::string::npos;
  // What is looked up within something must belong to that.
  const bool part = base::Contains(context.route.path_template, "{");
  if (day || !plain || !of_one || part || AreNumbers({value})) return false;
  const auto read = std::ranges::find(context.route.query, name, &Parameter::name);
  auto of = read == context.route.query.end() ? std::nullopt : ColumnComparedBy(context, *read);
  if (!of) of = ColumnOfPath(context.tables, context.route.path_template + "/", name);
  if (!of) of = ColumnOfPath(context.tables, WithoutLastElement(context.route.path_template), name);
  if (!of) return false;
  Append(name, FromColumn(name, *of, making), making);
  AlsoAskFor({value}, making);
  return true;
}

// The value that a query shows, or, of a day, others near it as well.
void AppendShown(const std::string& name, const Pairs& query, Making& making) {
  const std::vector<std::string> values = DaysNear(query, name);
  Append(name, values.size() > 1 ? Listed(name, values, {}, making) : values.front(), making);
}

// The values of a parameter that all queries have and the scenario does not ask with yet; none where it says which
// page.
std::vector<std::string> UsualValues(const std::string& name, const std::vector<const Pairs*>& queries,
                                     const Making& making) {
  const bool known = base::Contains(making.query, "?" + name + "=") || base::Contains(making.query, "&" + name + "=");
  constexpr std::array<std::string_view, 7> kNotCopied = {"cursor", "token", "key", "secret", "pass", "auth", "sig"};
  const bool page = IsOneOf(name, kSizeNames) || IsOneOf(name, kPageNames) || IsOneOf(name, kOffsetNames);
  if (known || page || HoldsOneOf(name, kNotCopied)) return {};
  std::vector<std::string> values;
  for (const Pairs* pairs : queries) {
    const auto found = std::ranges::find(*pairs, name, &Pairs::value_type::first);
    if (found == pairs->end()) return {};
    if (std::ranges::find(values, found->second) == values.end()) values.push_back(found->second);
  }
  return values;
}

// What each request that the documents show asks with, but for filters of a list that can be had whole: the handler
// may refuse others. Ids and numbers of things vary; of the rest all values, where one parameter differs between the
// examples, and else those of the first, which belong together.
void AddUsual(const RouteContext& context, Making& making) {
  std::vector<const Pairs*> queries;
  for (const RequestExample& request : context.requests) {
    if (request.sent && request.query.empty()) return;
    if (!request.query.empty()) queries.push_back(&request.query);
  }
  const auto has_size = [](const Pairs* pairs) {
    return std::ranges::any_of(*pairs, [](const auto& pair) { return IsOneOf(pair.first, kSizeNames); });
  };
  if (queries.empty() || (HasSize(making) && std::ranges::all_of(queries, has_size))) return;
  std::vector<std::pair<std::string, std::vector<std::string>>> usual;  // names and their different values
  for (const auto& pair : *queries.front()) {
    const std::vector<std::string> values = UsualValues(pair.first, queries, making);
    if (values.empty() || AddVaryingId(context, pair.first, making)) continue;
    if (queries.front()->size() == 1 && values.size() == 1 && AddLookedUp(context, pair.first, values.front(), making))
      return;
    if (!AreNumbers(values) || !AddThing(context, pair.first, making)) usual.emplace_back(pair.first, values);
  }
  // Values of variables are encoded once more.
  const auto is_plain = [](const std::string& value) { return value.find_first_of("%+") == std::string::npos; };
  const bool one_varies = std::ranges::count_if(usual, [&](const auto& each) {
                            return each.second.size() > 1 && std::ranges::all_of(each.second, is_plain);
                          }) == 1;
  for (const auto& [name, values] : usual) {
    if (one_varies && values.size() > 1)
      Append(name, Listed(name, values, {}, making), making);
    else
      AppendShown(name, *queries.front(), making);
  }
}

// The elements of a list that examples show for a parameter: "ids=5,9,14". None where it is no list.
std::vector<std::string> ShownElements(const Parameter& parameter, const std::vector<Example<Pairs>>& examples) {
  const std::string& name = parameter.name;
  std::vector<std::string> elements;
  bool several = false;
  for (const auto& [pairs, origin] : examples) {
    const auto found = std::ranges::find(pairs, name, &Pairs::value_type::first);
    if (found == pairs.end()) continue;
    several = several || base::Contains(found->second, ",");
    for (std::string_view rest = found->second; !rest.empty();) {
      const std::string element(rest.substr(0, rest.find(',')));
      rest.remove_prefix(std::min(element.size() + 1, rest.size()));
      if (!element.empty() && std::ranges::find(elements, element) == elements.end()) elements.push_back(element);
    }
  }
  // Words are choices ("status=open,late"), fields or what to include, of which there are no more.
  const bool ids = std::ranges::all_of(elements, [](const std::string& element) {
    return element.find_first_of("0123456789") != std::string::npos && element.find('%') == std::string::npos;
  });
  const bool list = name.ends_with('s') || parameter.type.starts_with("[]");
  return several && ids && list ? elements : std::vector<std::string>();
}

// As many elements as a size says, with values that the service or its database has, or else those that are shown.
// False where there are none.
bool AddList(const RouteContext& context, const Parameter& parameter, const std::vector<std::string>& elements,
             bool texts, Making& making) {
  const std::string& name = parameter.name;
  const Making before = making;
  const std::string size = UniqueName("n", making);
  // Of "id=7&id=9", and of "sku=A1,A2" as well, the name is that of one.
  const std::string several = name.ends_with('s') ? name : name + "s";
  const std::vector<std::string> referents = Referents(several, true, context.route.path_template);
  auto item = FromReferents(context, referents, texts, true, making);
  if (!item && !elements.empty()) item = Listed(referents.empty() ? name : referents.front(), elements, {}, making);
  if (!item) {
    making = before;
    return false;
  }
  AddItems(size, ListSizesWithin(ParseRules(parameter.rules)), *item, making,
           parameter.repeated && !parameter.joined ? "&" + name + "=" : "");
  Append(name, fmt::format("${{{}.items}}", size), making);
  return true;
}

// Whether the code reads the parameter as a list of ids.
bool IsListOfIds(const Parameter& parameter) {
  return parameter.type.starts_with("[]") &&
         (base::Contains(parameter.type, "int") || base::Contains(LowerCase(parameter.type), "uuid") ||
          base::Contains(parameter.rules, "uuid"));
}

// Whether it is the list of texts that the path says things are looked up by: "numbers" of "/invoices/by-numbers".
bool IsListLookedUp(const RouteContext& context, const Parameter& parameter) {
  const std::string last = LowerCase(LastElement(context.route.path_template));
  return parameter.type == "[]string" && context.route.query.size() == 1 &&
         (last == "by-" + LowerCase(parameter.name) || IsOneOf(last, kListPaths));
}

// A filter that finds nothing where it is not given: values that the table of the path has, or of the things that it is
// called after ("region" is the code of one).
void AddHandedOn(const RouteContext& context, const Parameter& parameter, Making& making) {
  const std::string path = context.route.path_template + "/";
  auto of = ColumnComparedBy(context, parameter);
  if (!of) of = ColumnOfPath(context.tables, path, parameter.name);
  // "vendor" of "/readings/by-firmware" is readings.vendor.
  if (!of) of = ColumnOfPath(context.tables, WithoutLastElement(context.route.path_template), parameter.name);
  if (!of) of = ColumnBehindWord(context.tables, path, parameter.name);
  const auto value = of ? std::optional(FromColumn(parameter.name, *of, making))
                        : FromReferents(context, Referents(parameter.name, false, path), true, false, making);
  if (value) Append(parameter.name, *value, making);
}

// Whether it says of which thing, where the code has one in mind if it is not given: "hut" is 1.
bool NamesOneThing(const Parameter& parameter) {
  const bool number = base::Contains(parameter.type, "int");
  return number && parameter.preset && !parameter.preset->starts_with('-') && *parameter.preset != "0" &&
         AreNumbers({*parameter.preset});
}

bool HasSizeParameter(const RouteContext& context) {
  return std::ranges::any_of(context.route.query, [](const Parameter& each) { return IsOneOf(each.name, kSizeNames); });
}

// The largest number that documents ask with for a parameter; 0: none.
int64_t LargestShown(const RouteContext& context, const std::string& name) {
  int64_t largest = 0;
  const auto look = [&](const Pairs& pairs) {
    for (const auto& [shown, value] : pairs) {
      int64_t number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      if (shown == name) largest = std::max(largest, number);
    }
  };
  for (const Example<Pairs>& each : context.queries) look(each.value);
  for (const RequestExample& each : context.requests) look(each.query);
  return largest;
}

void AddSize(const RouteContext& context, const Parameter& parameter, Making& making) {
  constexpr int64_t kUsual = 10;
  int64_t preset = 0;
  if (parameter.preset) {
    std::from_chars(parameter.preset->data(), parameter.preset->data() + parameter.preset->size(), preset);
  } else if (const int64_t shown = LargestShown(context, parameter.name); shown > kUsual) {
    preset = shown;
  }
  const std::vector<int64_t> sizes = SizesWithin(ParseRules(parameter.rules), preset);
  if (!sizes.empty()) Append(parameter.name, Sized(parameter.name, sizes, preset, making), making);
}

// Whether a number says over how many days or the like the answer goes, and nothing else says how much it lists.
bool IsSpan(const RouteContext& context, const Parameter& parameter, const Making& making) {
  const bool number = base::Contains(parameter.type, "int") || (parameter.preset && AreNumbers({*parameter.preset}));
  return number && IsOneOf(parameter.name, kSpanNames) && !HasSize(making) && !HasSizeParameter(context);
}

// What the code takes where nothing is asked for is the longest that is tried.
void AddSpan(const Parameter& parameter, Making& making) {
  constexpr int64_t kUsual = 12;
  int64_t preset = 0;
  if (parameter.preset)
    std::from_chars(parameter.preset->data(), parameter.preset->data() + parameter.preset->size(), preset);
  const bool longer = preset > kUsual;
  const std::array<int64_t, 5> spans = longer ? std::array{int64_t{1}, preset / 8, preset / 4, preset / 2, preset}
                                              : std::array<int64_t, 5>{1, 2, 3, 6, kUsual};
  std::vector<int64_t> sizes;
  const Rules rules = ParseRules(parameter.rules);
  for (const int64_t size : spans) {
    const bool known = !sizes.empty() && size <= sizes.back();
    if (!known && size >= rules.least.value_or(1) && size <= rules.most.value_or(spans.back())) sizes.push_back(size);
  }
  if (!sizes.empty()) Append(parameter.name, Sized(parameter.name, sizes, longer ? preset : 0, making), making);
}

// Whether an example has a value for every required text parameter, so that it is a good request as a whole.
bool HasRequired(const RouteContext& context, const Pairs& pairs) {
  return std::ranges::all_of(context.route.query, [&](const Parameter& parameter) {
    return !ParseRules(parameter.rules).required ||
           std::ranges::find(pairs, parameter.name, &Pairs::value_type::first) != pairs.end();
  });
}

// The column that a parameter is called after: a number's of any table, a text's of the path's collection.
std::optional<project::OfColumn> ColumnFor(const RouteContext& context, const Parameter& parameter) {
  if (IsNumeric(parameter.type, parameter.name)) return ColumnOfPath(context.tables, "", parameter.name);
  if (auto of = ColumnComparedBy(context, parameter)) return of;
  const std::string& path = context.route.path_template;
  std::vector<std::string> names = {parameter.name};
  // A skill without which nothing is answered may be one of several in a column.
  if (ParseRules(parameter.rules).required) names.push_back(parameter.name + "s");
  for (const std::string& name : names) {
    if (auto of = ColumnOfPath(context.tables, path + "/", name)) return of;
    if (auto of = ColumnOfPath(context.tables, WithoutLastElement(path), name)) return of;
  }
  return ColumnOfPart(context.tables, path, parameter.name);
}

// How a parameter writes its day or time in Go; empty where it is none.
std::string LayoutOf(const Parameter& parameter) {
  const Rules rules = ParseRules(parameter.rules);
  if (!rules.layout.empty()) return rules.layout;
  if (parameter.type.ends_with("time.Time")) return "2006-01-02T15:04:05Z07:00";
  return parameter.type.ends_with("types.Date") ? "2006-01-02" : "";
}

// The parameter that says when a span of days or times begins; nullptr: there is none.
const Parameter* BeginOfSpan(const RouteContext& context) {
  const auto begin = std::ranges::find_if(
      context.route.query, [](const Parameter& each) { return !LayoutOf(each).empty() && !IsEndOfTime(each.name); });
  return begin == context.route.query.end() ? nullptr : &*begin;
}

}  // namespace

std::optional<project::OfColumn> DaysFor(const RouteContext& context, const Parameter& parameter) {
  const std::string pattern = DayPattern(LayoutOf(parameter));
  auto of = parameter.compared ? ColumnCompared(context.tables, parameter.compared) : std::nullopt;
  if (!of || !IsOfTime(context.tables, *of))
    of = ColumnOfDays(context.tables, context.route.path_template, parameter.name);
  if (pattern.empty() || !of) return std::nullopt;
  of->as = pattern;
  if (BeginOfSpan(context) != nullptr && IsEndOfTime(parameter.name)) of->plus = kSpan;
  return of;
}

std::string EndOfSpan(const RouteContext& context, const std::string& wanted, const std::string& begin,
                      const project::OfColumn& of, Making& making) {
  const auto is_begin = [&](const std::string& line) { return line.starts_with(begin + " = { column = "); };
  const bool sized = HasSize(making) || HasSizeParameter(context);
  if (sized || !of.as.starts_with(DayPattern("2006-01-02")) || std::ranges::none_of(making.vars, is_begin))
    return FromColumn(wanted, of, making);
  Sized("days", {1, 7, 14, kSpanDays}, kSpanDays, making);
  const std::string name = UniqueName(wanted, making);
  making.vars.push_back(fmt::format("{} = {{ after = {} }}", name, TomlText(begin)));
  return fmt::format("${{{}}}", name);
}

namespace {

// A text that one table alone has a column for, beside columns for all others that must be given.
std::optional<project::OfColumn> ColumnBesideOthers(const RouteContext& context, const Parameter& parameter) {
  std::optional<project::OfColumn> only;
  for (const SchemaTable& table : context.tables) {
    const auto has = [&](const Parameter& each) {
      const bool text = each.type.empty() || each.type == "string";
      return !text || !ParseRules(each.rules).required || base::Has(table.columns, each.name);
    };
    if (!base::Has(table.columns, parameter.name) || !std::ranges::all_of(context.route.query, has)) continue;
    if (only) return std::nullopt;
    only = {table.name, parameter.name};
  }
  return only;
}

void AddRequired(const RouteContext& context, const Parameter& parameter, Making& making) {
  const bool text = parameter.type.empty() || parameter.type == "string";
  const auto version = IsVersion(parameter.name) ? VersionOfThing(context, parameter.name, making) : std::nullopt;
  if (version) {
    Append(parameter.name, *version, making);
    return;
  }
  const auto list = context.lists.ForName(parameter.name, text);
  if (list && IsNumeric(parameter.type, parameter.name)) {
    Append(parameter.name, FromList(parameter.name, *list, making), making);
    return;
  }
  // Values that belong together (from, to) must come from one example: the first one that has them all.
  for (const auto& [pairs, origin] : context.queries) {
    const auto found = std::ranges::find(pairs, parameter.name, &Pairs::value_type::first);
    if (found == pairs.end() || !HasRequired(context, pairs)) continue;
    if (found->second.size() < 2 && IsOneOf(parameter.name, kSearchNames)) continue;  // a test's
    if (pairs.size() == 1 && text && AddLookedUp(context, parameter.name, found->second, making)) return;
    AppendShown(parameter.name, pairs, making);
    return;
  }
  const Rules rules = ParseRules(parameter.rules);
  const auto shown =
      context.operation == nullptr ? std::nullopt : ShownFor(*context.operation, "query", parameter.name);
  const auto of = ColumnFor(context, parameter);
  if (shown) {
    Append(parameter.name, FromDocument(parameter.name, *shown, making), making);
  } else if (const auto days = DaysFor(context, parameter)) {
    const std::string end = days->plus.empty()
                                ? FromColumn(parameter.name, *days, making)
                                : EndOfSpan(context, parameter.name, BeginOfSpan(context)->name, *days, making);
    Append(parameter.name, end, making);
  } else if (of && !IsNumeric(parameter.type, parameter.name)) {
    Append(parameter.name, FromColumn(parameter.name, *of, making), making);
  } else if (list) {
    Append(parameter.name, FromList(parameter.name, *list, making), making);
  } else if (!rules.choices.empty()) {
    Append(parameter.name, rules.choices[0], making);
  } else if (const std::string layout = LayoutOf(parameter); !layout.empty()) {
    Append(parameter.name, TimeBy(layout, IsEndOfTime(parameter.name)), making);
  } else if (of) {
    Append(parameter.name, FromColumn(parameter.name, *of, making), making);
  } else if (IsNumeric(parameter.type, parameter.name)) {
    const int64_t first = rules.least.value_or(1);
    Append(parameter.name,
           Ranged(parameter.name, first, std::min(first + 9, rules.most.value_or(first + 9)), "a guess", making),
           making);
  } else if (const auto title = context.lists.AnyText(context.route.path_template);
             title && IsOneOf(parameter.name, kSearchNames)) {
    Append(parameter.name, FromList(parameter.name, *title, making), making);
  } else if (const auto beside = text ? ColumnBesideOthers(context, parameter) : std::nullopt) {
    Append(parameter.name, FromColumn(parameter.name, *beside, making), making);
  } else if (rules.required) {
    if (making.obstacle.empty()) making.obstacle = fmt::format("what to ask for with {} is not known", parameter.name);
    Append(parameter.name, "VALUE", making);
  }
}

void AddQuery(const RouteContext& context, const Parameter& parameter, Making& making) {
  const Rules rules = ParseRules(parameter.rules);
  if (IsOneOf(parameter.name, kSizeNames) && !HasSize(making) && !SizesWithin(rules).empty()) {
    AddSize(context, parameter, making);
  } else if (IsSpan(context, parameter, making)) {
    AddSpan(parameter, making);
  } else if (const auto elements = ShownElements(parameter, context.queries);
             (!elements.empty() || IsListOfIds(parameter) || IsListLookedUp(context, parameter)) && !HasSize(making) &&
             !HasSizeParameter(context) &&
             AddList(context, parameter, elements,
                     elements.empty() ? !base::Contains(parameter.type, "int") : !AreNumbers(elements), making)) {
    return;
  } else if (IsOneOf(parameter.name, kPageNames)) {
    // The first one: a seed's small tables have no others.
    Append(parameter.name, std::to_string(std::max<int64_t>(1, rules.least.value_or(1))), making);
  } else if (IsOneOf(parameter.name, kOffsetNames) && parameter.name != "start" &&
             IsNumeric(parameter.type, parameter.name)) {
    Append(parameter.name, std::to_string(std::max<int64_t>(0, rules.least.value_or(0))), making);
  } else if (rules.required || (IsOneOf(parameter.name, kSearchNames) && IsSearch(context.route)) ||
             (!parameter.handed_on && parameter.name == LookedUpBy(context.route))) {
    AddRequired(context, parameter, making);
  } else if (parameter.handed_on && (parameter.type.empty() || parameter.type == "string")) {
    AddHandedOn(context, parameter, making);
  } else if (NamesOneThing(parameter)) {
    AddThing(context, parameter.name, making);
  }
}

// Lists and sizes that documents ask with and the code was not seen to read.
void AddUnread(const RouteContext& context, Making& making) {
  for (const RequestExample& request : context.requests) {
    for (const auto& [name, value] : request.query) {
      const bool read = std::ranges::find(context.route.query, name, &Parameter::name) != context.route.query.end();
      if (read || HasSize(making) || HasSizeParameter(context)) continue;
      Parameter parameter;
      parameter.name = name;
      const auto elements = ShownElements(parameter, context.queries);
      if (!elements.empty())
        AddList(context, parameter, elements, !AreNumbers(elements), making);
      else if (IsOneOf(name, kSizeNames))
        AddSize(context, parameter, making);
    }
  }
}

// Whether it is the least or most of a number that is asked for, as far as any: "min_weight", "maxPrice", "age_min".
bool IsBound(const Parameter& parameter) {
  const std::string& name = parameter.name;
  const bool number = parameter.type.empty() || base::Contains(parameter.type, "int") ||
                      base::Contains(parameter.type, "float") || base::Contains(parameter.type, "ecimal");
  const auto begins = [&](std::string_view word) {
    const char next = name.size() > word.size() ? name[word.size()] : ' ';
    return name.starts_with(word) && (next == '_' || next == '-' || (next >= 'A' && next <= 'Z'));
  };
  const bool named = begins("min") || begins("max") || name.ends_with("_min") || name.ends_with("_max");
  constexpr std::array<std::string_view, 8> kOthers = {"result", "size",  "item", "row",
                                                       "page",   "count", "date", "time"};
  return number && named && !HoldsOneOf(name, kOthers) && !ParseRules(parameter.rules).required;
}

std::optional<Filter> FilterByBound(const Parameter& parameter) {
  constexpr int64_t kNumbers = 5;
  constexpr int64_t kMuch = 1000;  // so that a most leaves something
  if (!IsBound(parameter)) return std::nullopt;
  const Rules rules = ParseRules(parameter.rules);
  const bool most = base::Contains(LowerCase(parameter.name), "max");
  const int64_t wanted = most ? rules.most.value_or(kMuch) - kNumbers + 1 : 1;
  const int64_t first = std::max(wanted, rules.least.value_or(1));
  const int64_t last = std::min(first + kNumbers - 1, rules.most.value_or(INT64_MAX));
  return last < first ? std::nullopt : std::optional(Filter{parameter.name, std::nullopt, first, last});
}

std::optional<Filter> FilterByDays(const RouteContext& context, const Parameter& parameter) {
  const auto days = DaysFor(context, parameter);
  if (!days || !days->plus.empty() || ParseRules(parameter.rules).required) return std::nullopt;
  // Up to now may be longer than what is allowed.
  const auto end = std::ranges::find_if(context.route.query, [](const Parameter& other) {
    return IsEndOfTime(other.name) && !DayPattern(LayoutOf(other)).empty();
  });
  const bool spans = end != context.route.query.end() && !IsEndOfTime(parameter.name) &&
                     !ParseRules(end->rules).required && LayoutOf(*end) == LayoutOf(parameter);
  return Filter{parameter.name, *days, 0, 0, spans ? end->name : std::string()};
}

std::optional<Filter> FilterByText(const RouteContext& context, const Parameter& parameter) {
  const bool text = parameter.type.empty() || parameter.type == "string";
  const bool asked =
      parameter.handed_on || parameter.preset || !(parameter.rules.empty() || parameter.rules == "required");
  if (!text || asked) return std::nullopt;
  auto of = ColumnComparedBy(context, parameter);
  const bool compared = of.has_value();
  if (!of) of = ColumnOfPath(context.tables, context.route.path_template + "/", parameter.name);
  const bool own = compared || (of && LowerCase(of->column) == LowerCase(parameter.name));
  if (!own || IsIndexed(context.tables, *of) ||
      !ChoicesOf(context.tables, context.route.path_template, of->column).empty())
    return std::nullopt;
  return Filter{parameter.name, *std::move(of)};
}

}  // namespace

std::string DayPattern(const std::string& layout) {
  if (layout == "2006-01-02") return "YYYY-MM-DD";
  if (layout == "2006-01") return "YYYY-MM";
  if (layout == "2006-01-02T15:04:05Z07:00") return "YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"";
  return layout == "2006-01-02 15:04:05" ? "YYYY-MM-DD HH24:MI:SS" : "";
}

void MakeQuery(const RouteContext& context, Making& making) {
  for (const Parameter& parameter : context.route.query) AddQuery(context, parameter, making);
  AddUnread(context, making);
  AddShown(context, making);
  AddUsual(context, making);
}

std::vector<Filter> FindFilters(const RouteContext& context) {
  constexpr size_t kMostFilters = 2;
  std::vector<Filter> filters;
  if (context.route.method != "GET") return filters;
  bool bounded = false;  // one shows what the others do
  for (const Parameter& parameter : context.route.query) {
    if (filters.size() == kMostFilters) break;
    if (auto by_days = FilterByDays(context, parameter)) {
      filters.push_back(*std::move(by_days));
    } else if (auto by_bound = FilterByBound(parameter)) {
      if (!std::exchange(bounded, true)) filters.push_back(*std::move(by_bound));
    } else if (auto by_text = FilterByText(context, parameter)) {
      filters.push_back(*std::move(by_text));
    }
  }
  return filters;
}

}  // namespace hone::ops
