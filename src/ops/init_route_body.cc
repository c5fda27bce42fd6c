#include "ops/init_route_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "ops/init_query.h"
#include "ops/init_version.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using golang::Route;

// Of a body: a job that does so many at a time.
constexpr std::array<std::string_view, 3> kBodySizeNames = {"limit", "batch_size", "max_items"};

// Whether a body is what a thing is made of, whose limit is its own.
bool NamesAThing(const golang::Shape& body) {
  constexpr std::array<std::string_view, 5> kOfThings = {"name", "title", "mail", "currency", "amount"};
  return std::ranges::any_of(body.fields,
                             [&](const golang::Field& field) { return HoldsOneOf(field.name, kOfThings); });
}

// The texts of an example's list of that name; none where one of them is a word, as others do as well then.
std::vector<std::string> ShownNames(const RequestExample* request, const std::string& name) {
  std::vector<std::string> names;
  if (request == nullptr) return names;
  const nlohmann::json body = nlohmann::json::parse(request->body, nullptr, false);
  if (!body.is_object() || !body.contains(name) || !body[name].is_array()) return names;
  for (const nlohmann::json& each : body[name]) {
    if (!each.is_string() || each.get_ref<const std::string&>().find_first_of("0123456789") == std::string::npos)
      return {};
    names.push_back(each.get<std::string>());
  }
  return names;
}

// A number that names another row: "item_id".
bool IsReference(const golang::Field& field) {
  const std::string name = LowerCase(field.name);
  return field.kind == "integer" && name.ends_with("id") && name != "id";
}

// Whether a text of that name says which one of many.
bool IdentifiesOne(std::string_view name) {
  constexpr std::array<std::string_view, 6> kIdentifying = {"code", "slug", "sku", "key", "handle", "number"};
  return IsOneOf(name, kIdentifying);
}

bool IsUuid(const golang::Field& field) { return base::Contains(LowerCase(field.type), "uuid") || RulesOf(field).uuid; }

// A uuid, or a list of them, that is called like a thing is the thing's id, whatever else names one: "practitioner".
std::optional<std::string> UuidOfThing(const RouteContext& context, const golang::Field& field,
                                       const std::vector<std::string>& referents, Making& making) {
  if (!IsUuid(field)) return std::nullopt;
  for (const std::string& refers : referents) {
    if (refers == "id" || (field.kind != "array" && MakesOne(context.route, LowerCase(refers)))) continue;
    const std::string id = WithoutId(refers).empty() ? refers + "_id" : refers;
    if (const auto list = context.lists.ForName(id)) return FromList(refers, *list, making);
    if (const auto of = ColumnOfPath(context.tables, "", id)) return FromColumn(refers, *of, making);
  }
  return std::nullopt;
}

// The first example with a body; nullptr: there is none.
const RequestExample* ShownRequest(const RouteContext& context) {
  const auto found =
      std::ranges::find_if(context.requests, [](const RequestExample& each) { return !each.body.empty(); });
  return found == context.requests.end() ? nullptr : &*found;
}

bool OperationHasBody(const RouteContext& context) {
  return context.operation != nullptr && !context.operation->body.empty();
}

void TakeBodyOfOperation(const RouteContext& context, Making& making) {
  making.body = context.operation->body;
  making.body_origin = golang::ToString(context.operation->origin);
}

bool IsBodyless(const RouteContext& context) {
  return context.route.bodyless || (context.operation != nullptr && context.operation->bodyless);
}

// Whether a body is an object whose members may be called anything.
bool IsOfAnyNames(const golang::Shape& body) { return body.fields.empty() && body.type.starts_with("map[string]"); }

// The body of a handler that was not seen to decode any, or one of any names: as it is shown, if it is.
void AddUntypedBody(const RouteContext& context, Making& making) {
  const RequestExample* const request = ShownRequest(context);
  if (request != nullptr && !context.route.bodyless) {
    making.body = request->body;
    making.body_origin = request->origin;
  } else if (OperationHasBody(context)) {
    TakeBodyOfOperation(context, making);
  } else if (!IsBodyless(context) &&
             (context.route.method == "POST" || context.route.method == "PUT" || context.route.method == "PATCH")) {
    making.obstacle = "what its body must hold was not found";
  }
}

// Where the schema says which texts there are, the one that an example has, or else the first.
std::optional<std::string> Allowed(const RouteContext& context, const golang::Field& field,
                                   const RequestExample* request) {
  const std::vector<std::string> allowed = ChoicesOf(context.tables, context.route.path_template, field.name);
  if (allowed.empty()) return std::nullopt;
  std::string text = JsonText(allowed.front());
  for (const std::string& each : allowed) {
    const std::string shown = JsonText(each);
    if (request != nullptr && base::Contains(request->body, shown)) text = shown;
  }
  return text.substr(1, text.size() - 2);  // the quotes stand around it
}

// What tells people apart.
bool IsPersonal(std::string_view name) {
  constexpr std::array<std::string_view, 6> kPersonal = {"email", "username", "nickname", "login", "phone", "handle"};
  return IsOneOf(name, kPersonal);
}

// Whether a request makes or changes somebody whose own this is: "email" sent to "/members" or "/patrons/{id}".
bool IsOwn(const RouteContext& context, std::string_view name) {
  std::string_view path = context.route.path_template;
  if (LastElement(path).starts_with('{')) path = WithoutLastElement(path);
  const auto of = FindColumn(context.tables, {LowerCase(LastElement(path))}, {std::string(name)});
  return IsPersonal(name) && LowerCase(name) != "phone" && of.has_value();
}

// Whether a request that makes one of a collection gives it a code: "code" sent to "/panels".
bool IsOwnCode(const RouteContext& context, std::string_view name) {
  constexpr std::array<std::string_view, 5> kCodes = {"code", "slug", "reference", "ref", "number"};
  const std::string_view path = context.route.path_template;
  return context.route.method == "POST" && IsOneOf(name, kCodes) &&
         FindColumn(context.tables, {LowerCase(LastElement(path))}, {std::string(name)}).has_value();
}

// Whether a text names what the request itself makes or changes: a person's "email", or "lotCode" of each of the
// "lots".
bool IsNamedAnew(const RouteContext& context, std::string_view name, std::string_view within) {
  if (within.empty()) return IsOwn(context, name) || IsOwnCode(context, name);
  const std::string thing = PartNamed(name).thing;
  return context.route.method == "POST" && !thing.empty() && IsPlural(LowerCase(within), thing) &&
         WithoutId(name).empty();
}

// Whether a scalar that a statement looks up is surely another thing's: what is to be made or changed must often be
// nobody's else, and so must what tells people apart.
bool IsOfAnother(const RouteContext& context, const golang::Field& field, const project::OfColumn& of) {
  constexpr std::array<std::string_view, 5> kMaking = {"signup", "sign-up", "register", "join", "create"};
  const std::string table = LowerCase(of.table.substr(of.table.rfind('.') + 1));
  return !MakesOne(context.route, table) && !IsOneOf(LastElement(context.route.path_template), kMaking) &&
         !IsPersonal(field.name) && !IsOfTime(context.tables, of);
}

// Whether an example has a text for the member: two days of one request belong together.
bool IsShown(const RequestExample* request, const std::string& name) {
  if (request == nullptr) return false;
  const nlohmann::json body = nlohmann::json::parse(request->body, nullptr, false);
  return body.is_object() && body.contains(name) && body[name].is_string();
}

// A short code that an example changes a member to ("gate": "G4"): what is there already may have it once more, unless
// it is what things are told apart by.
std::optional<std::string> ShownCode(const RouteContext& context, const golang::Field& field, std::string_view within,
                                     const RequestExample* request) {
  constexpr size_t kLongest = 8;
  constexpr std::array<std::string_view, 7> kApart = {"code", "number", "serial", "plate", "slug", "key", "ref"};
  const bool changes = within.empty() && (context.route.method == "PATCH" || context.route.method == "PUT");
  const auto may_be_unique = [&](const SchemaTable& table) { return base::Has(table.indexed, field.name); };
  if (!changes || field.kind != "string" || HoldsOneOf(LowerCase(field.name), kApart) ||
      !IsShown(request, field.name) || std::ranges::any_of(context.tables, may_be_unique))
    return std::nullopt;
  const auto text = nlohmann::json::parse(request->body)[field.name].get<std::string>();
  const bool plain = std::ranges::all_of(text, [](char c) { return base::IsAlphanumeric(c) || c == '-'; });
  const bool digits = std::ranges::any_of(text, base::IsDigit);
  return plain && digits && text.size() <= kLongest ? std::optional(text) : std::nullopt;
}

// Of a request that starts something (an assessment as of a day): a day before which, or after which, there are rows.
// Not where it makes a row of its own, which may have to be at another time than others.
std::optional<project::OfColumn> DayOfRows(const RouteContext& context, const golang::Field& field) {
  const std::string pattern = DayPattern(RulesOf(field).layout);
  const bool starts = context.route.method == "POST" && field.kind == "string" && field.compared && field.compared->day;
  const bool own = ColumnOfPath(context.tables, context.route.path_template + "/", field.name).has_value();
  auto of = starts && !own && !pattern.empty() ? ColumnCompared(context.tables, field.compared) : std::nullopt;
  if (!of || !IsOfTime(context.tables, *of) || MakesMany(context.route, of->table)) return std::nullopt;
  of->as = pattern;
  return of;
}

// Whether the elements of a list name what is there: codes of gates that a job (`POST /gates/sync`) looks up.
bool IsNamedThere(const RouteContext& context, const golang::Field& field, std::string_view within) {
  const golang::Route& route = context.route;
  if (field.kind != "string" || within.empty() || (route.method != "POST" && route.method != "PATCH")) return false;
  const auto of = FindColumn(context.tables, {std::string(within)}, {field.name});
  const auto compared = ColumnCompared(context.tables, field.compared);
  return of && compared == of && !field.compared->day && !MakesMany(route, of->table) && !IsOfTime(context.tables, *of);
}

// The account's password for each one in a body that holds the present one: it stays what it is, so that the next login
// has it, too.
std::optional<std::string> OwnPassword(const RouteContext& context, const golang::Field& field,
                                       std::string_view within) {
  constexpr std::array<std::string_view, 4> kPresent = {"current", "old", "existing", "present"};
  const auto is_password = [](const golang::Field& each) { return each.kind == "string" && IsPassword(each.name); };
  const auto is_present = [&](const golang::Field& each) {
    return is_password(each) && HoldsOneOf(LowerCase(each.name), kPresent);
  };
  if (!within.empty() || context.password.empty() || !is_password(field) ||
      std::ranges::none_of(context.route.body->fields, is_present))
    return std::nullopt;
  const std::string quoted = JsonText(context.password);
  return quoted.substr(1, quoted.size() - 2);
}

// Whether a number says how many of a table's things a request is about: "seats", of which it takes 40 at most.
bool IsHowMany(const RouteContext& context, const golang::Field& field, const Rules& rules) {
  constexpr int64_t kFew = 5;
  constexpr int64_t kMany = 1000;
  const int64_t most = rules.most.value_or(0);
  const std::string name = LowerCase(field.name);
  return field.kind == "integer" && most >= kFew && most <= kMany && name.ends_with('s') && !name.ends_with("ids") &&
         FindColumn(context.tables, {LowerCase(field.name)}, {"id"}).has_value();
}

// A template for a field that refers to other rows, is named as in an example, or says how many; nothing: the rest.
// `within`: the name of the list whose element the field is of, or empty.
std::optional<std::string> FieldValue(const RouteContext& context, const golang::Field& field, std::string_view within,
                                      const RequestExample* request, Making& making) {
  const Route& route = context.route;
  if (auto password = OwnPassword(context, field, within)) return password;
  // A text may be what a new thing is called by: release 1.2.3.
  const bool scalar = field.kind == "integer" || (field.kind == "string" && route.method != "POST");
  if (scalar && within.empty() && IsVersion(field.name)) {
    if (auto version = VersionOfThing(context, field.name, making)) return version;
  }
  const Rules rules = RulesOf(field);
  const std::vector<int64_t> sizes = SizesWithin(rules);
  const bool may_be_size = route.method == "POST" && !HasList(*route.body) && !HasSize(making) && !sizes.empty();
  const bool job = field.kind == "integer" && IsOneOf(field.name, kBodySizeNames) && !NamesAThing(*route.body);
  if (may_be_size && (job || IsHowMany(context, field, rules))) return Sized(field.name, sizes, 0, making);
  if (IsNamedThere(context, field, within))
    return FromColumn(field.name, *ColumnCompared(context.tables, field.compared), making);
  if (field.kind == "string" && IsNamedAnew(context, field.name, within)) return std::nullopt;
  if (field.kind == "string" && IdentifiesOne(field.name)) {
    const auto of = FindColumn(context.tables, {std::string(within)}, {field.name});
    if (of && MakesOne(route, LowerCase(within))) return std::nullopt;  // it is named anew
    // Parts that are made together with their whole are named anew.
    const bool is_part = of && route.method == "POST" && IsPartOf(context.tables, of->table, route.path_template);
    const bool other = !is_part && !MakesOne(route, LowerCase(within));
    const auto list = other ? context.lists.OfCollection(route, within, field.name) : std::nullopt;
    if (list) return FromList(field.name, *list, making);
    if (of && other) return FromColumn(field.name, *of, making);
    if (is_part) return std::nullopt;
  }
  const auto day = within.empty() && !IsShown(request, field.name) ? DayOfRows(context, field) : std::nullopt;
  if (day) return FromColumn(field.name, *day, making);
  if (!rules.layout.empty()) return std::nullopt;  // an arrival is a day, and no one of the arrivals
  const std::vector<std::string> referents = Referents(field.name, field.kind == "array", route.path_template);
  if (auto id = UuidOfThing(context, field, referents, making)) return id;
  const bool texts = field.kind == "string" || IsListOfTexts(field);
  const bool list = field.kind == "array";
  const auto compared = ColumnCompared(context.tables, field.compared);
  const bool looked_up = compared && !field.compared->day && !MakesMany(route, compared->table) &&
                         (list || IsOfAnother(context, field, *compared));
  const std::string one = referents.empty() ? field.name : referents.front();
  if (looked_up && list && texts && !LowerCase(field.name).ends_with("ids")) return FromColumn(one, *compared, making);
  if (texts || list) {
    if (auto value = FromReferents(context, referents, texts, list, making)) return value;
  }
  if (looked_up && list) return FromColumn(one, *compared, making);
  for (const std::string& refers : referents) {
    const auto listed = texts || list ? std::nullopt : context.lists.ForName(refers);
    if (!listed) continue;
    if (route.method != "POST" || listed->endpoint != "GET " + route.path_template)
      return FromList(refers, *listed, making);
    if (const auto of = ColumnOfPath(context.tables, "", field.name)) return FromColumn(field.name, *of, making);
  }
  // Elements that all name the same row are often refused, or written over each other.
  if (field.kind == "integer" && !within.empty() && !WithoutId(field.name).empty()) {
    if (const auto of = ColumnOfPath(context.tables, "", field.name)) return FromColumn(field.name, *of, making);
  }
  if (auto allowed = field.kind == "string" ? Allowed(context, field, request) : std::nullopt) return allowed;
  if (looked_up) return FromColumn(one, *compared, making);
  if (auto code = ShownCode(context, field, within, request)) return code;
  if (!IsListOfTexts(field) || referents.empty()) return std::nullopt;
  const std::vector<std::string> names = ShownNames(request, field.name);
  return names.empty() ? std::nullopt : std::optional(Listed(referents.front(), names, request->origin, making));
}

// With the list that it holds, if any, as long as a size; as one with one element where its length is bound too
// closely.
std::optional<std::string> Drafted(const RouteContext& context, const golang::Shape& shape, const ValueOf& value_of,
                                   const RequestExample* request, Making& making) {
  const std::string example = request != nullptr ? request->body : std::string();
  const Making before = making;
  BodyList list;
  const bool grows = HasList(shape) && !HasSize(making);
  const std::string size_name = grows ? UniqueName("n", making) : "";
  auto body = DraftBody(shape, value_of, size_name, list, making.obstacle, example, context.answered);
  if (list.items.empty()) return body;
  const std::vector<int64_t> sizes = ListSizesWithin(list.rules);
  if (sizes.empty()) {
    making = before;
    return DraftBody(shape, value_of, "", list, making.obstacle, example, context.answered);
  }
  AddItems(size_name, sizes, list.items, making);
  return body;
}

void MakeAnyBody(const RouteContext& context, Making& making) {
  if (!context.route.body || IsOfAnyNames(*context.route.body)) {
    AddUntypedBody(context, making);
    return;
  }
  const RequestExample* const request = ShownRequest(context);
  const golang::Shape& shape = *context.route.body;
  const Making before = making;
  bool guessed = false;  // an id of a part, which must belong to what the ids of the whole name
  const auto value_of = [&](const golang::Field& field, std::string_view within) -> std::optional<std::string> {
    auto value = FieldValue(context, field, within, request, making);
    const bool of_part = std::ranges::find(shape.fields, field.name, &golang::Field::name) == shape.fields.end();
    guessed = guessed || (!value && of_part && IsReference(field));
    return value;
  };
  auto body = Drafted(context, shape, value_of, request, making);
  if (body && guessed) {
    // The first part that a seed makes is likely one of the first whole: 1 for all of them.
    making = before;
    const auto of_texts = [&](const golang::Field& field, std::string_view within) {
      return IsReference(field) ? std::nullopt : value_of(field, within);
    };
    body = Drafted(context, shape, of_texts, request, making);
  }
  making.body = body.value_or("{}");
  if (!body && OperationHasBody(context)) {
    making.obstacle.clear();
    TakeBodyOfOperation(context, making);
  }
}

}  // namespace

void MakeBody(const RouteContext& context, Making& making) {
  MakeAnyBody(context, making);
  const bool names_any =
      std::ranges::any_of(making.vars, [](const std::string& line) { return !base::Contains(line, "{ sizes = "); });
  if (context.route.method == "DELETE" && !names_any && making.obstacle.empty())
    making.obstacle = "each request would need a row of its own to delete";
}

}  // namespace hone::ops
