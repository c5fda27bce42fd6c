#include "ops/init_scenarios.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "ops/init_access.h"
#include "ops/init_body.h"
#include "ops/init_lists.h"
#include "ops/init_operations.h"
#include "ops/init_settings.h"
#include "ops/page_parameter.h"
#include "ops/schema_tables.h"

namespace hone::ops {
namespace {

using golang::Parameter;
using golang::Route;

constexpr std::array<std::string_view, 12> kSizeNames = {
    "limit", "n", "size", "page_size", "pagesize", "per_page", "perpage", "pagesize", "count", "take", "top", "first"};
// Of a body: a job that does so many at a time.
constexpr std::array<std::string_view, 3> kBodySizeNames = {"limit", "batch_size", "max_items"};
constexpr std::array<std::string_view, 6> kSearchNames = {"q", "query", "search", "term", "keyword", "text"};
constexpr std::array<int64_t, 6> kDraftSizes = {1, 2, 5, 10, 25, 50};

constexpr int64_t kGuessedIds = 10;  // from 1: small tables have no more
constexpr std::array<int64_t, 6> kDraftListSizes = {1, 2, 5, 10, 25, 50};
constexpr int64_t kDraftListAtLoad = 5;

// Empty where they are too few to tell how something grows.
std::vector<int64_t> ListSizesWithin(const Rules& rules) {
  constexpr size_t kFewest = 3;
  const int64_t least = rules.length.value_or(rules.least.value_or(1));
  const int64_t most = rules.length.value_or(rules.most.value_or(kDraftListSizes.back()));
  std::vector<int64_t> sizes;
  std::ranges::copy_if(kDraftListSizes, std::back_inserter(sizes),
                       [&](int64_t size) { return size >= least && size <= most; });
  return sizes.size() < kFewest ? std::vector<int64_t>() : sizes;
}

std::vector<int64_t> SizesWithin(const Rules& rules) {
  std::vector<int64_t> sizes;
  for (const int64_t size : kDraftSizes) {
    if (size >= rules.least.value_or(1) && size <= rules.most.value_or(50)) sizes.push_back(size);
  }
  return sizes;
}

// One scenario in the making.
struct Making {
  std::string path = {};
  std::string query = {};
  std::string body = {};
  std::string body_origin = {};         // where it is shown, if it is not made up
  std::vector<std::string> vars = {};   // "n = { ... }  # why"
  std::vector<std::string> names = {};  // of the variables
  std::string obstacle = {};            // why it cannot be driven; empty if it can
};

// Turns routes into scenarios of one file.
class Drafter {
 public:
  Drafter(const golang::Inspection& inspection, const std::vector<const Route*>& routes,
          const std::vector<SourceText>& texts)
      : inspection_(inspection), routes_(routes), lists_(routes), texts_(texts), tables_(FindTables(texts)) {}

  // The scenario's TOML; `obstacle` says why it is commented out.
  std::string Draft(const Route& route, std::string& obstacle) {
    Making making;
    operation_ = FindOperation(inspection_, route);
    const std::vector<Example<Pairs>> examples = FindQueries(texts_, route.path_template);
    requests_ = FindRequests(texts_, route.method, route.path_template);
    std::erase_if(requests_, [&](const RequestExample& request) { return IsOfAnother(route, request); });
    MakePath(route, making);
    for (const Parameter& parameter : route.query) AddQuery(route, parameter, examples, making);
    AddShown(route, making);
    AddUsual(route, making);
    if (making.obstacle.empty()) AddBody(route, making);
    obstacle = making.obstacle;
    return Text(route, making);
  }

  const Lists& lists() const { return lists_; }

 private:
  static std::string UniqueName(std::string name, Making& making) {
    std::ranges::replace_if(
        name,
        [](char c) {
          return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
        },
        '_');
    if (name.empty() || (name[0] >= '0' && name[0] <= '9') || name == "seq" || name == "rand") name.insert(0, "v_");
    while (std::ranges::find(making.names, name) != making.names.end()) name += '_';
    making.names.push_back(name);
    return name;
  }

  // A variable with values out of a list endpoint's answers.
  static std::string FromList(const std::string& wanted, const ListValue& list, Making& making) {
    const std::string name = UniqueName(wanted, making);
    making.vars.push_back(
        fmt::format("{} = {{ from = {}, pointer = {} }}", name, TomlText(list.endpoint), TomlText(list.pointer)));
    return fmt::format("${{{}}}", name);
  }

  // A variable with the values that the database has.
  static std::string FromColumn(const std::string& wanted, const project::OfColumn& of, Making& making) {
    const std::string name = UniqueName(wanted, making);
    making.vars.push_back(
        fmt::format("{} = {{ column = {} }}  # no answer lists them", name, TomlText(of.table + "." + of.column)));
    return fmt::format("${{{}}}", name);
  }

  static std::string Ranged(const std::string& wanted, int64_t first, int64_t last, std::string_view why,
                            Making& making) {
    const std::string name = UniqueName(wanted, making);
    making.vars.push_back(
        fmt::format("{} = {{ range = [{}, {}] }}{}{}", name, first, last, why.empty() ? "" : "  # ", why));
    return fmt::format("${{{}}}", name);
  }

  // A value of an OpenAPI document.
  static std::string Shown(const std::string& wanted, const ShownValue& shown, Making& making) {
    const std::string name = UniqueName(wanted, making);
    making.vars.push_back(fmt::format("{} = {{ list = [{}] }}  # {}", name, TomlText(shown.value), shown.origin));
    return fmt::format("${{{}}}", name);
  }

  // Query parameters that the document asks for and the code was not seen to read.
  void AddShown(const Route& route, Making& making) {
    if (operation_ == nullptr) return;
    for (const golang::OperationParameter& parameter : operation_->parameters) {
      const bool known = std::ranges::find(route.query, parameter.name, &Parameter::name) != route.query.end();
      if (parameter.in != "query" || !parameter.required || known) continue;
      if (const auto shown = ShownFor(*operation_, "query", parameter.name))
        Append(parameter.name, Shown(parameter.name, *shown, making), making);
    }
  }

  // Whether an example's path is that of a route with fewer parameters: "/orders/search" is no "/orders/{id}".
  bool IsOfAnother(const Route& route, const RequestExample& request) const {
    return std::ranges::any_of(request.path, [&](const auto& value) {
      std::string path = route.path_template;
      const std::string parameter = "{" + value.first + "}";
      const size_t at = path.find(parameter);
      if (at == std::string::npos) return false;
      path.replace(at, parameter.size(), value.second);
      return std::ranges::find(routes_, path, &Route::path_template) != routes_.end();
    });
  }

  // What each request that the documents show asks with, but for filters of a list that can be had whole: the handler
  // may refuse others. Ids vary; of the rest all values, where one parameter differs between the examples, and else
  // those of the first, which belong together.
  void AddUsual(const Route& route, Making& making) {
    std::vector<const Pairs*> queries;
    for (const RequestExample& request : requests_) {
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
      if (!values.empty() && !AddVaryingId(route, pair.first, making)) usual.emplace_back(pair.first, values);
    }
    // Values of variables are encoded once more.
    const auto is_plain = [](const std::string& value) { return value.find_first_of("%+") == std::string::npos; };
    const bool one_varies = std::ranges::count_if(usual, [&](const auto& each) {
                              return each.second.size() > 1 && std::ranges::all_of(each.second, is_plain);
                            }) == 1;
    for (const auto& [name, values] : usual)
      Append(name, one_varies && values.size() > 1 ? Listed(name, values, {}, making) : values.front(), making);
  }

  // The values of a parameter that all queries have and the scenario does not ask with yet; none where it says which
  // page.
  static std::vector<std::string> UsualValues(const std::string& name, const std::vector<const Pairs*>& queries,
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

  bool AddVaryingId(const Route& route, const std::string& name, Making& making) {
    if (!LowerCase(name).ends_with("id")) return false;
    const auto list = lists_.ForName(name);
    if (list && list->endpoint != "GET " + route.path_template) {
      Append(name, FromList(name, *list, making), making);
      return true;
    }
    const auto of = ColumnOfPath(tables_, "", name);
    if (of) Append(name, FromColumn(name, *of, making), making);
    return of.has_value();
  }

  // Values that documents show.
  static std::string Listed(const std::string& wanted, const std::vector<std::string>& values,
                            const std::string& origin, Making& making) {
    const std::string name = UniqueName(wanted, making);
    std::vector<std::string> texts;
    for (const std::string& value : values) texts.push_back(TomlText(value));
    making.vars.push_back(
        fmt::format("{} = {{ list = [{}] }}{}{}", name, fmt::join(texts, ", "), origin.empty() ? "" : "  # ", origin));
    return fmt::format("${{{}}}", name);
  }

  static bool IsNumeric(const std::string& type, std::string_view name) {
    if (type.find("int") != std::string::npos) return true;
    return type.empty() && (LowerCase(name) == "id" || LowerCase(name).ends_with("_id"));
  }

  void MakePath(const Route& route, Making& making) {
    std::string_view rest = route.path_template;
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
      making.path += PathValue(route, name, making);
    }
  }

  std::string PathValue(const Route& route, const std::string& name, Making& making) {
    if (const auto list = lists_.ForPath(route, making.path, name)) return FromList(name, *list, making);
    const auto parameter = std::ranges::find(route.path_parameters, name, &Parameter::name);
    const std::string type = parameter == route.path_parameters.end() ? "" : parameter->type;
    if (operation_ != nullptr) {
      const auto shown = ShownFor(*operation_, "path", NameInOperation(*operation_, route, name));
      if (shown) return Shown(name, *shown, making);
    }
    if (const auto of = ColumnOfPath(tables_, making.path, name)) return FromColumn(name, *of, making);
    const bool number = !type.empty() && IsNumeric(type, name);
    std::vector<std::string> shown;
    std::string origin;
    for (const RequestExample& request : requests_) {
      const auto value = request.path.find(name);
      if (value == request.path.end() || std::ranges::find(shown, value->second) != shown.end()) continue;
      if (number && value->second.find_first_not_of("0123456789") != std::string::npos) continue;
      shown.push_back(value->second);
      if (origin.empty()) origin = request.origin;
    }
    if (!shown.empty()) return Listed(name, shown, origin, making);
    // A name such as id says nothing: it may be a UUID. The handler must read a number.
    if (number) return Ranged(name, 1, kGuessedIds, "a guess: no answer lists them", making);
    making.obstacle = fmt::format("no answer lists values for {{{}}}", name);
    return fmt::format("${{{}}}", UniqueName(name, making));
  }

  static void Append(const std::string& name, const std::string& value, Making& making) {
    making.query += (making.query.empty() ? "?" : "&") + name + "=" + value;
  }

  void AddQuery(const Route& route, const Parameter& parameter, const std::vector<Example<Pairs>>& examples,
                Making& making) {
    const Rules rules = ParseRules(parameter.rules);
    if (IsOneOf(parameter.name, kSizeNames) && !HasSize(making) && !SizesWithin(rules).empty()) {
      AddSize(parameter, making);
    } else if (const auto elements = ShownElements(parameter.name, examples);
               !elements.empty() && !HasSize(making) && !HasSizeParameter(route)) {
      AddList(route, parameter.name, elements, making);
    } else if (IsOneOf(parameter.name, kPageNames)) {
      // The first one: a seed's small tables have no others.
      Append(parameter.name, std::to_string(std::max<int64_t>(1, rules.least.value_or(1))), making);
    } else if (IsOneOf(parameter.name, kOffsetNames) && parameter.name != "start" &&
               IsNumeric(parameter.type, parameter.name)) {
      Append(parameter.name, std::to_string(std::max<int64_t>(0, rules.least.value_or(0))), making);
    } else if (rules.required || (IsOneOf(parameter.name, kSearchNames) && IsSearch(route))) {
      AddRequired(route, parameter, examples, making);
    }
  }

  // The elements of a list that examples show for a parameter: "ids=5,9,14". None where it is no list.
  static std::vector<std::string> ShownElements(const std::string& name, const std::vector<Example<Pairs>>& examples) {
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
    return several && ids && name.ends_with('s') ? elements : std::vector<std::string>();
  }

  // As many elements as a size says, with values that the service or its database has, or else those that are shown.
  void AddList(const Route& route, const std::string& name, const std::vector<std::string>& elements, Making& making) {
    const bool numbers = std::ranges::all_of(elements, [](const std::string& element) {
      return element.find_first_not_of("0123456789") == std::string::npos;
    });
    const std::string size = UniqueName("n", making);
    const std::string refers = ReferredTo(name, true, route);
    const std::string before = "/" + FirstElement(route) + "/";
    std::string item;
    if (const auto list = lists_.ForName(refers, !numbers); list && list->endpoint != "GET " + route.path_template) {
      item = FromList(refers, *list, making);
    } else if (const auto of = ColumnOfPath(tables_, before, refers)) {
      item = FromColumn(refers, *of, making);
    } else {
      item = Listed(refers, elements, {}, making);
    }
    making.vars.insert(making.vars.begin(),
                       fmt::format("{} = {{ sizes = [{}], default = {}, items = {} }}", size,
                                   fmt::join(kDraftListSizes, ", "), kDraftListAtLoad, TomlText(item)));
    Append(name, fmt::format("${{{}.items}}", size), making);
  }

  static bool HasSizeParameter(const Route& route) {
    return std::ranges::any_of(route.query, [](const Parameter& each) { return IsOneOf(each.name, kSizeNames); });
  }

  static bool HasSize(const Making& making) {
    return std::ranges::any_of(making.vars,
                               [](const std::string& v) { return v.find("sizes = ") != std::string::npos; });
  }

  static void AddSize(const Parameter& parameter, Making& making) {
    int64_t preset = 0;
    if (parameter.preset)
      std::from_chars(parameter.preset->data(), parameter.preset->data() + parameter.preset->size(), preset);
    Append(parameter.name, Sized(parameter.name, SizesWithin(ParseRules(parameter.rules)), preset, making), making);
  }

  static std::string Sized(const std::string& wanted, const std::vector<int64_t>& sizes, int64_t preset,
                           Making& making) {
    int64_t at_load = sizes[sizes.size() / 2];
    for (const int64_t size : sizes) {
      if (preset > 0 && size <= preset) at_load = size;
    }
    const std::string name = UniqueName(wanted, making);
    making.vars.push_back(fmt::format("{} = {{ sizes = [{}], default = {} }}", name, fmt::join(sizes, ", "), at_load));
    return fmt::format("${{{}}}", name);
  }

  void AddRequired(const Route& route, const Parameter& parameter, const std::vector<Example<Pairs>>& examples,
                   Making& making) {
    const auto list = lists_.ForName(parameter.name);
    if (list && IsNumeric(parameter.type, parameter.name)) {
      Append(parameter.name, FromList(parameter.name, *list, making), making);
      return;
    }
    // Values that belong together (from, to) must come from one example: the first one that has them all.
    for (const auto& [pairs, origin] : examples) {
      const auto found = std::ranges::find(pairs, parameter.name, &Pairs::value_type::first);
      if (found == pairs.end() || !HasRequired(route, pairs)) continue;
      if (found->second.size() < 2 && IsOneOf(parameter.name, kSearchNames)) continue;  // a test's
      Append(parameter.name, found->second, making);
      return;
    }
    const Rules rules = ParseRules(parameter.rules);
    const auto shown = operation_ == nullptr ? std::nullopt : ShownFor(*operation_, "query", parameter.name);
    if (shown) {
      Append(parameter.name, Shown(parameter.name, *shown, making), making);
    } else if (list) {
      Append(parameter.name, FromList(parameter.name, *list, making), making);
    } else if (!rules.choices.empty()) {
      Append(parameter.name, rules.choices[0], making);
    } else if (!rules.layout.empty()) {
      Append(parameter.name, TimeBy(rules.layout), making);
    } else if (const auto of = ColumnOfPath(tables_, "", parameter.name);
               of && IsNumeric(parameter.type, parameter.name)) {
      Append(parameter.name, FromColumn(parameter.name, *of, making), making);
    } else if (IsNumeric(parameter.type, parameter.name)) {
      const int64_t first = rules.least.value_or(1);
      Append(parameter.name,
             Ranged(parameter.name, first, std::min(first + 9, rules.most.value_or(first + 9)), "a guess", making),
             making);
    } else if (const auto title = lists_.AnyText(route.path_template); title && IsOneOf(parameter.name, kSearchNames)) {
      Append(parameter.name, FromList(parameter.name, *title, making), making);
    } else if (rules.required) {
      if (making.obstacle.empty())
        making.obstacle = fmt::format("what to ask for with {} is not known", parameter.name);
      Append(parameter.name, "VALUE", making);
    }
  }

  // Whether an example has a value for every required text parameter, so that it is a good request as a whole.
  static bool HasRequired(const Route& route, const Pairs& pairs) {
    return std::ranges::all_of(route.query, [&](const Parameter& parameter) {
      return !ParseRules(parameter.rules).required ||
             std::ranges::find(pairs, parameter.name, &Pairs::value_type::first) != pairs.end();
    });
  }

  // Whether a body is what a thing is made of, whose limit is its own.
  static bool NamesAThing(const golang::Shape& body) {
    constexpr std::array<std::string_view, 5> kOfThings = {"name", "title", "mail", "currency", "amount"};
    return std::ranges::any_of(body.fields,
                               [&](const golang::Field& field) { return HoldsOneOf(field.name, kOfThings); });
  }

  // The texts of an example's list of that name; none where they are words, of which others do as well.
  static std::vector<std::string> ShownNames(const std::string& example, const std::string& name) {
    const nlohmann::json body = nlohmann::json::parse(example, nullptr, false);
    std::vector<std::string> names;
    if (!body.is_object() || !body.contains(name) || !body[name].is_array()) return names;
    for (const nlohmann::json& each : body[name]) {
      if (each.is_string() && each.get_ref<const std::string&>().find_first_of("0123456789") != std::string::npos)
        names.push_back(each.get<std::string>());
    }
    return names;
  }

  // A number that names another row: "item_id".
  static bool IsReference(const golang::Field& field) {
    const std::string name = LowerCase(field.name);
    return field.kind == "integer" && name.ends_with("id") && name != "id";
  }

  // "customer_id" of "customer_ids", "reference" of "references"; of "ids", that of what the path begins with:
  // "order_id" of "/orders/lookup".
  static std::string ReferredTo(std::string name, bool list, const Route& route) {
    const bool plural = list && name.size() > 2 && name.ends_with('s');
    if (!plural && !LowerCase(name).ends_with("ids")) return name;
    name.pop_back();
    if (LowerCase(name) != "id") return name;
    std::string first = FirstElement(route);
    if (first.ends_with('s')) first.pop_back();
    return first + "_id";
  }

  // "orders" of "/orders/lookup".
  static std::string FirstElement(const Route& route) {
    std::string_view first = route.path_template;
    while (first.starts_with('/')) first.remove_prefix(1);
    return std::string(first.substr(0, first.find('/')));
  }

  // The first example with a body; nullptr: there is none.
  const RequestExample* ShownRequest() const {
    const auto found = std::ranges::find_if(requests_, [](const RequestExample& each) { return !each.body.empty(); });
    return found == requests_.end() ? nullptr : &*found;
  }

  bool OperationHasBody() const { return operation_ != nullptr && !operation_->body.empty(); }

  void TakeBodyOfOperation(Making& making) const {
    making.body = operation_->body;
    making.body_origin = golang::ToString(operation_->origin);
  }

  // The body of a handler that was not seen to decode any: as it is shown, if it is.
  void AddUntypedBody(const Route& route, Making& making) const {
    const RequestExample* const request = ShownRequest();
    if (request != nullptr && !route.bodyless) {
      making.body = request->body;
      making.body_origin = request->origin;
    } else if (OperationHasBody()) {
      TakeBodyOfOperation(making);
    } else if (!route.bodyless && (route.method == "POST" || route.method == "PUT" || route.method == "PATCH")) {
      making.obstacle = "what its body must hold was not found";
    }
  }

  void AddBody(const Route& route, Making& making) {
    if (route.method == "DELETE" && making.vars.empty()) {
      making.obstacle = "each request would need a row of its own to delete";
      return;
    }
    if (!route.body) {
      AddUntypedBody(route, making);
      return;
    }
    const RequestExample* const request = ShownRequest();
    const std::string example = request != nullptr ? request->body : std::string();
    const Making before = making;
    bool guessed = false;  // an id of a part, which must belong to what the ids of the whole name
    const auto value_of = [&](const golang::Field& field) -> std::optional<std::string> {
      const std::vector<int64_t> sizes = SizesWithin(RulesOf(field));
      const bool job = route.method == "POST" && !HasList(*route.body) && !NamesAThing(*route.body);
      if (field.kind == "integer" && IsOneOf(field.name, kBodySizeNames) && job && !HasSize(making) && !sizes.empty())
        return Sized(field.name, sizes, 0, making);
      const std::string refers = ReferredTo(field.name, field.kind == "array", route);
      const bool texts = field.kind == "string" || IsListOfTexts(field);
      const auto list = lists_.ForName(refers, texts);
      // What names a thing itself must be another one for each new thing.
      const bool own = list && route.method == "POST" && list->endpoint == "GET " + route.path_template;
      if (list && !own) return FromList(refers, *list, making);
      const std::string above = field.kind == "array" ? "/" + FirstElement(route) + "/" : "";
      if (const auto of = ColumnOfPath(tables_, above, refers); of && texts && !own)
        return FromColumn(refers, *of, making);
      // Texts that name something, as an example has them.
      const std::vector<std::string> names =
          IsListOfTexts(field) ? ShownNames(example, field.name) : std::vector<std::string>();
      if (!names.empty()) return Listed(refers, names, request->origin, making);
      guessed = guessed || (IsReference(field) && std::ranges::find(route.body->fields, field.name,
                                                                    &golang::Field::name) == route.body->fields.end());
      return std::nullopt;
    };
    auto body = Drafted(*route.body, value_of, example, making);
    if (body && guessed) {
      // The first part that a seed makes is likely one of the first whole: 1 for all of them.
      making = before;
      const auto of_texts = [&](const golang::Field& field) {
        return IsReference(field) ? std::nullopt : value_of(field);
      };
      body = Drafted(*route.body, of_texts, example, making);
    }
    making.body = body.value_or("{}");
    if (!body && OperationHasBody()) {
      making.obstacle.clear();
      TakeBodyOfOperation(making);
    }
  }

  // With the list that it holds, if any, as long as a size; as one with one element where its length is bound too
  // closely.
  static std::optional<std::string> Drafted(const golang::Shape& shape, const ValueOf& value_of,
                                            const std::string& example, Making& making) {
    const Making before = making;
    BodyList list;
    const bool grows = HasList(shape) && !HasSize(making);
    const std::string size_name = grows ? UniqueName("n", making) : "";
    auto body = DraftBody(shape, value_of, size_name, list, making.obstacle, example);
    if (list.items.empty()) return body;
    const std::vector<int64_t> sizes = ListSizesWithin(list.rules);
    if (sizes.empty()) {
      making = before;
      return DraftBody(shape, value_of, "", list, making.obstacle, example);
    }
    const bool usual = std::ranges::find(sizes, kDraftListAtLoad) != sizes.end();
    making.vars.insert(
        making.vars.begin(),
        fmt::format("{} = {{ sizes = [{}], default = {}, items = {} }}", size_name, fmt::join(sizes, ", "),
                    usual ? kDraftListAtLoad : sizes.front(), TomlText(list.items)));
    return body;
  }

  std::string Text(const Route& route, const Making& making) const {
    std::string text = fmt::format("# {}\n[[scenario]]\n", golang::ToString(route.origin));
    if (route.method != "GET") text += fmt::format("method = {}\n", TomlText(route.method));
    text += fmt::format("path = {}\n", TomlText(making.path + making.query));
    if (!making.body.empty()) {
      text += fmt::format("body = {}{}\n", TomlText(making.body),
                          making.body_origin.empty() ? "" : "  # " + making.body_origin);
    }
    text += StatusLine(route, operation_);
    if (!making.vars.empty()) text += fmt::format("[scenario.vars]\n{}\n", fmt::join(making.vars, "\n"));
    return text;
  }

  const golang::Inspection& inspection_;
  const std::vector<const Route*>& routes_;
  Lists lists_;
  const std::vector<SourceText>& texts_;
  std::vector<SchemaTable> tables_;
  const golang::Operation* operation_ = nullptr;  // of the route at hand
  std::vector<RequestExample> requests_ = {};     // likewise
};

std::string CommentedOut(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end);
    result += fmt::format("{}{}\n", line.starts_with('#') ? "" : "# ", line);
    text.remove_prefix(end + 1);
  }
  return result;
}

bool Belongs(const Route& route, const std::string& main) {
  return main.empty() || route.mains.empty() || std::ranges::find(route.mains, main) != route.mains.end();
}

}  // namespace

bool IsDebugRoute(const golang::Inspection& inspection, const Route& route) {
  const auto is = [&](const golang::DebugEndpoint& endpoint) { return endpoint.origin == route.origin; };
  return std::ranges::any_of(inspection.pprof, is) || std::ranges::any_of(inspection.metrics, is) ||
         route.path_template.find("/debug/pprof") != std::string::npos || route.path_template == "/metrics";
}

std::string StatusLine(const Route& route, const golang::Operation* operation) {
  std::vector<int> good;
  const bool reads = route.method == "GET" || route.method == "HEAD";
  const auto add = [&](int status) {
    if (status >= 200 && status < 300 && std::ranges::find(good, status) == good.end()) good.push_back(status);
  };
  bool plain = false;
  for (const golang::Shape& response : route.responses) {
    add(response.status == 0 && reads ? 200 : response.status);
    plain = plain || response.type.empty();
  }
  if (good.empty() && operation != nullptr) std::ranges::for_each(operation->status, add);
  // A status that was seen without a body may belong to one branch of several.
  if (!good.empty() && plain && reads) add(200);
  if (good.empty() && !reads) good = {200, 201, 204};
  std::ranges::sort(good);
  if (good.empty() || good == std::vector{200}) return {};
  return good.size() == 1 ? fmt::format("status = {}\n", good[0])
                          : fmt::format("status = [{}]\n", fmt::join(good, ", "));
}

ScenarioDraft DraftScenarios(const golang::Inspection& inspection, const std::string& main,
                             const std::vector<SourceText>& texts, const std::string& token) {
  ScenarioDraft draft;
  std::vector<const Route*> routes;
  for (const Route& route : inspection.routes) {
    if (Belongs(route, main) && route.framework != "grpc" && !IsDebugRoute(inspection, route)) routes.push_back(&route);
  }
  AccessDraft access = DraftAccess(inspection, main, routes, texts, token);
  draft.text += access.text;
  draft.found = std::move(access.found);
  draft.missing = std::move(access.missing);
  Drafter drafter(inspection, routes, texts);
  std::vector<std::string> seen;
  for (const Route* route : routes) {
    if (route == access.login) continue;
    Route known = *route;
    if (known.method.empty() || known.method == "ANY" || known.method == "*") known.method = "GET";
    const std::string name = known.method + " " + known.path_template;
    if (std::ranges::find(seen, name) != seen.end()) continue;
    seen.push_back(name);
    std::string obstacle;
    const std::string text = drafter.Draft(known, obstacle);
    if (known.partial) obstacle = "its path is put together at run time";
    constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    if (std::ranges::find(kMethods, known.method) == kMethods.end()) obstacle = "Hone does not ask with that method";
    if (obstacle.empty()) {
      draft.text += text + "\n";
      ++draft.driven;
      continue;
    }
    draft.missing.push_back(fmt::format("{} ({}) is not driven: {}", name, golang::ToString(known.origin), obstacle));
    draft.text += fmt::format("# Not driven: {}.\n", obstacle) + CommentedOut(text) + "\n";
  }
  return draft;
}

}  // namespace hone::ops
