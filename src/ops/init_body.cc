#include "ops/init_body.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/ascii.h"

namespace hone::ops {
namespace {

constexpr int kDeepest = 4;

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// Cut or filled up to the length that the rules ask for; the placeholder ${seq} is never cut.
std::string Fit(std::string text, const Rules& rules) {
  const auto most = static_cast<size_t>(std::max<int64_t>(rules.length.value_or(rules.most.value_or(1000)), 1));
  const auto least = static_cast<size_t>(std::max<int64_t>(rules.length.value_or(rules.least.value_or(0)), 0));
  // A number of up to nine digits stands for the placeholder.
  constexpr size_t kDigits = 9;
  if (const size_t at = text.find("${seq}"); at != std::string::npos && (at + kDigits > most || rules.length))
    text.resize(at);
  while (text.size() < least) text += "x";
  if (!base::Contains(text, "${seq}") && text.size() > most) text.resize(most);
  return text;
}

// Bounds are those of a decimal, and of another text how many digits it has.
std::string NumberAsText(const golang::Field& field, const Rules& rules) {
  if (base::Contains(field.type, "Decimal"))
    return std::to_string(rules.least.value_or(std::min<int64_t>(1, rules.most.value_or(1))));
  return std::string(static_cast<size_t>(std::max<int64_t>(rules.length.value_or(rules.least.value_or(1)), 1)), '1');
}

// Whether a text is likely a number that JSON would round: "quantity", "unitCost".
bool IsQuantity(std::string_view name) {
  constexpr std::array<std::string_view, 10> kWords = {"quantity", "amount",   "price",   "cost",    "weight",
                                                       "volume",   "capacity", "percent", "balance", "discount"};
  constexpr std::array<std::string_view, 5> kNames = {"value", "total", "rate", "qty", "fee"};
  return HoldsOneOf(name, kWords) || IsOneOf(name, kNames);
}

// A day without a time, of a library's type.
bool IsDate(const golang::Field& field) {
  return field.type.ends_with("types.Date") || field.type.ends_with("civil.Date");
}

std::string TextFor(const golang::Field& field, const Rules& rules) {
  const std::string name = LowerCase(field.name);
  if (!rules.choices.empty()) return rules.choices[0];
  const bool later = IsEndOfTime(field.name) || !rules.above.empty();
  if (rules.numeric) return NumberAsText(field, rules);
  if (!rules.layout.empty()) return TimeBy(rules.layout, later);
  if (rules.email || base::Contains(name, "email")) return "hone-${seq}@example.com";
  if (rules.uuid || base::Contains(LowerCase(field.type), "uuid")) return "8c5b1a4e-0000-4000-8000-000000000001";
  if (rules.url || name == "url" || name.ends_with("_url")) return "https://example.com/${seq}";
  if (base::Contains(field.type, "time.Time") || name.ends_with("_at"))
    return later ? "2025-01-17T18:00:00Z" : "2025-01-15T12:00:00Z";
  if (name == "date" || name.ends_with("_date") || name.ends_with("_on")) return later ? "2025-01-17" : "2025-01-15";
  if (base::Contains(name, "pass")) return Fit("correct horse battery", rules);
  if (name == "currency") return "EUR";
  if (name == "country") return "DE";
  if (base::Contains(name, "timezone") || name == "time_zone" || name == "tz") return "Europe/Berlin";
  if (name == "locale" || name == "language" || name == "lang") return "en";
  if (IsQuantity(name)) return NumberAsText(field, rules);
  return Fit("hone ${seq}", rules);
}

// Whether a name is that of a time to come: what is over is seldom planned.
bool IsPlanned(std::string_view name) {
  constexpr std::array<std::string_view, 3> kWords = {"schedul", "planned", "appointment"};
  return HoldsOneOf(name, kWords);
}

// The same time ten years later, for what is planned and what ends with it.
std::string Later(std::string time) {
  if (time.starts_with("2025-")) time.replace(0, 4, "2035");
  return time;
}

bool IsListOfIds(const golang::Field& field) {
  const std::string name = LowerCase(field.name);
  return field.kind == "array" && field.fields.empty() && base::Contains(field.type, "int") && name.ends_with("ids");
}

// Of whole numbers that are called after several things: "beds".
bool IsListOfThings(const golang::Field& field) {
  return field.kind == "array" && field.fields.empty() && field.type.starts_with("[]int") &&
         field.name.ends_with('s') && !IsListOfIds(field);
}

// The member that grows with the size: the first list of objects, or else of ids, of texts, or of things by their
// numbers. nullptr: none.
const golang::Field* FindList(const std::vector<golang::Field>& fields) {
  const auto objects = [](const golang::Field& field) { return field.kind == "array" && !field.fields.empty(); };
  for (const std::function<bool(const golang::Field&)>& kind :
       {std::function<bool(const golang::Field&)>(objects), std::function<bool(const golang::Field&)>(IsListOfIds),
        std::function<bool(const golang::Field&)>(IsListOfTexts),
        std::function<bool(const golang::Field&)>(IsListOfThings)}) {
    if (const auto found = std::ranges::find_if(fields, kind); found != fields.end()) return &*found;
  }
  return nullptr;
}

// Whether an object is what an id beside it names and not the sender's, where one type serves for what is sent and what
// is answered: "lender", which has an id, beside "lender_museum_id".
bool IsNamedBeside(const golang::Field& field, const std::vector<golang::Field>& fields) {
  const std::string name = LowerCase(field.name);
  const auto is_id = [](const golang::Field& other) { return LowerCase(other.name) == "id"; };
  return field.kind == "object" && std::ranges::any_of(field.fields, is_id) &&
         std::ranges::any_of(fields, [&](const golang::Field& other) {
           const std::string beside = LowerCase(other.name);
           return beside.starts_with(name + "_") && beside.ends_with("_id");
         });
}

const nlohmann::json kNoExample;

// An example's member; kNoExample where it has none.
const nlohmann::json& MemberOf(const nlohmann::json& example, const std::string& name) {
  if (!example.is_object()) return kNoExample;
  // Go's decoder does not mind the case of names.
  for (const auto& [key, value] : example.items()) {
    if (LowerCase(key) == LowerCase(name)) return value;
  }
  return kNoExample;
}

// What a field's own tag shows, as huma and swag have it; null: it has none.
nlohmann::json ShownByTag(const golang::Field& field) {
  const auto tag = field.tags.find("example");
  if (tag == field.tags.end() || tag->second.empty()) return nullptr;
  if (field.kind == "string") return tag->second;
  nlohmann::json value = nlohmann::json::parse(tag->second, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? nlohmann::json() : value;
}

// A number that is more than what is drafted for the member of that Go name; 0: it has none beside it.
int64_t MoreThan(std::string_view name, const std::vector<golang::Field>& fields) {
  const auto plain = [](std::string text) {
    std::erase(text, '_');
    return LowerCase(text);
  };
  for (const golang::Field& field : fields) {
    if (!name.empty() && plain(field.name) == plain(std::string(name))) return RulesOf(field).least.value_or(1) + 1;
  }
  return 0;
}

const nlohmann::json& ElementOf(const nlohmann::json& example) {
  return example.is_array() && !example.empty() ? example.front() : kNoExample;
}

// Whether an object is one of the shape's: it has members that are fields, and hardly others.
bool Resembles(const nlohmann::json& example, const std::vector<golang::Field>& fields) {
  if (!example.is_object()) return false;
  const auto known = std::ranges::count_if(fields, [&](const golang::Field& field) {
    return LowerCase(field.name) != "id" && !MemberOf(example, field.name).is_null();
  });
  return known > 0 && 2 * static_cast<size_t>(known) > example.size();
}

// Whether a text of an example is good again in every request: a date or a time, or a word that is one of a few, such
// as "in_transit" or "EUR". What else has digits, spaces or signs may have to be another one each time, and so may what
// names a thing; a secret is nobody's to copy.
bool IsOneOfFew(std::string_view field, std::string_view text) {
  constexpr std::array<std::string_view, 20> kNames = {"name",   "user", "login", "slug",   "key",  "title",  "handle",
                                                       "label",  "mail", "phone", "number", "sku",  "ref",    "token",
                                                       "secret", "pass", "desc",  "note",   "text", "comment"};
  if (HoldsOneOf(field, kNames) || text == "string") return false;
  const size_t digits = static_cast<size_t>(std::ranges::count_if(text, base::IsDigit));
  const bool date = text.size() >= 10 && text[4] == '-' && text[7] == '-' && digits >= 8;
  const bool word = !text.empty() && text.size() <= 20 && digits == 0 &&
                    std::ranges::all_of(text, [](char c) { return base::IsAlphanumeric(c) || c == '_' || c == '-'; });
  const bool name = word && text[0] >= 'A' && text[0] <= 'Z' && text.size() > 4 && text[1] >= 'a' && text[1] <= 'z';
  return date || (word && !name);
}

// Every text that is not the same twice is another one in each item.
std::string NumberedItems(std::string item) {
  constexpr std::string_view kSequence = "${seq}";
  for (size_t at = item.find(kSequence); at != std::string::npos; at = item.find(kSequence, at + 1))
    item.insert(at + kSequence.size(), "-${i}");
  return item;
}

class BodyDraft {
 public:
  BodyDraft(const ValueOf& value_of, const std::string& size_name, BodyList& list, std::string& obstacle,
            const std::set<std::string>& answered)
      : value_of_(value_of), size_name_(size_name), list_(list), obstacle_(obstacle), answered_(answered) {}

  std::string Document(const golang::Shape& shape, const nlohmann::json& example) {
    if (!shape.array) {
      grows_ = size_name_.empty() ? nullptr : FindList(shape.fields);
      // Numbers of something else (days, marks) need not be many.
      if (grows_ != nullptr && IsListOfThings(*grows_) && !(thing_ = value_of_(*grows_, ""))) grows_ = nullptr;
      return Object(shape.fields, 0, example);
    }
    golang::Field element;  // without a name
    element.fields = shape.fields;
    const std::string object = InItem(element, 0, kNoExample);
    return size_name_.empty() ? "[" + object + "]" : Growing(object, {});
  }

  std::string Object(const std::vector<golang::Field>& fields, int depth, const nlohmann::json& example) {
    const bool says = std::ranges::any_of(fields, [](const golang::Field& field) { return RulesOf(field).required; });
    const bool before =
        std::exchange(planned_, std::ranges::any_of(fields, IsPlanned, [](const golang::Field& f) { return f.name; }));
    std::vector<std::string> members;
    for (const golang::Field& field : fields) {
      const Rules rules = RulesOf(field);
      const nlohmann::json& shown = MemberOf(example, field.name);
      const bool looked_up = field.compared && rules.layout.size() > 1 && !rules.optional;  // a day that is asked for
      const bool needed = rules.required || ((rules.RefusesZero() || looked_up) && !field.type.starts_with('*'));
      if (example.is_object() && shown.is_null() && !needed) continue;
      if (shown.is_null() && ((says && !needed) || rules.optional)) continue;
      // The database's own.
      const bool own = (LowerCase(field.name) == "id" && (depth == 0 || of_answers_)) || IsNamedBeside(field, fields);
      if (!needed && shown.is_null() && own) continue;
      const nlohmann::json by_tag = shown.is_null() ? ShownByTag(field) : nlohmann::json();
      above_ = MoreThan(rules.above, fields);
      if (const auto value = Value(field, rules, depth, shown.is_null() ? by_tag : shown))
        members.push_back(fmt::format("{}: {}", JsonText(field.name), *value));
    }
    planned_ = before;
    return fmt::format("{{{}}}", fmt::join(members, ", "));
  }

 private:
  std::string Growing(const std::string& item, const Rules& rules) {
    list_ = {.items = NumberedItems(item), .rules = rules};
    return fmt::format("[${{{}.items}}]", size_name_);
  }

  // The members of an object of the list or member `field`.
  std::string Within(const golang::Field& field, int depth, const nlohmann::json& example) {
    const std::string before = std::exchange(within_, field.name);
    std::string object = Object(field.fields, depth, example);
    within_ = before;
    return object;
  }

  std::string InItem(const golang::Field& field, int depth, const nlohmann::json& example) {
    in_item_ = !size_name_.empty();
    std::string object = Within(field, depth, example);
    in_item_ = false;
    return object;
  }

  // An element of the list that grows.
  std::string Item(const golang::Field& field, int depth, const nlohmann::json& example) {
    if (!field.fields.empty()) {
      of_answers_ = answered_.contains(std::string(golang::ElementType(field.type)));
      std::string object = InItem(field, depth + 1, ElementOf(example));
      of_answers_ = false;
      return object;
    }
    if (thing_) return *thing_;
    const auto value = value_of_(field, "");
    if (!IsListOfTexts(field)) return value.value_or("${i}");
    return fmt::format("\"{}\"", value.value_or("hone ${i}"));
  }

  std::optional<std::string> Value(const golang::Field& field, const Rules& rules, int depth,
                                   const nlohmann::json& example) {
    if (&field == grows_) return Growing(Item(field, depth, example), rules);
    const bool scalar = field.kind == "string" || field.kind == "integer";
    if (scalar && rules.choices.empty()) {
      if (const auto value = value_of_(field, within_))
        return field.kind == "string" ? fmt::format("\"{}\"", *value) : *value;
    }
    if (field.kind == "string" && example.is_string() && IsOneOfFew(field.name, example.get_ref<const std::string&>()))
      return JsonText(InItems(field, rules, example.get_ref<const std::string&>()));
    if (field.kind == "string") return JsonText(InTime(field, InItems(field, rules, TextFor(field, rules))));
    if (IsDate(field)) return JsonText(InTime(field, IsEndOfTime(field.name) ? "2025-01-17" : "2025-01-15"));
    if (field.kind == "boolean") return example.is_boolean() ? example.dump() : "true";
    if (in_item_ && field.kind == "integer" && LowerCase(field.name) == "id") return "${i}";
    if (field.kind == "integer" || field.kind == "number") {
      if (example.is_number() && !LowerCase(field.name).ends_with("id")) return example.dump();
      // The two of an exchange or a move must be others.
      constexpr std::array<std::string_view, 6> kSecond = {"b", "to", "second", "target", "other", "into"};
      const int64_t usual = std::max<int64_t>(IsOneOf(field.name, kSecond) ? 2 : 1, above_);
      if (!rules.choices.empty()) return rules.choices[0];
      // A number that must be there is not 0 to validators.
      const bool may_be_least = rules.least && (*rules.least > 0 || !rules.required);
      return std::to_string(std::max(may_be_least ? *rules.least : usual, above_));
    }
    if (depth < kDeepest && field.kind == "object" && !field.fields.empty()) return Within(field, depth + 1, example);
    if (depth < kDeepest && field.kind == "array") return Array(field, depth, example);
    if (rules.required) obstacle_ = fmt::format("what {} must hold is not known", field.name);
    return std::nullopt;
  }

  // Two things of one list are seldom of the same moment, and may not be.
  std::string InItems(const golang::Field& field, const Rules& rules, std::string text) const {
    const bool moment = rules.layout.empty() && base::Contains(field.type, "time.Time") && text.ends_with(":00Z");
    if (in_item_ && moment) text.insert(text.size() - 1, ".${i}1");
    return text;
  }

  std::string InTime(const golang::Field& field, std::string text) const {
    return planned_ && (IsPlanned(field.name) || IsEndOfTime(field.name)) ? Later(std::move(text)) : std::move(text);
  }

  std::optional<std::string> Array(const golang::Field& field, int depth, const nlohmann::json& example) {
    if (!field.fields.empty()) return fmt::format("[{}]", Within(field, depth + 1, ElementOf(example)));
    if (ElementOf(example).is_primitive() && !ElementOf(example).is_null()) return example.dump();
    if (base::Contains(field.type, "string")) return "[\"hone\"]";
    if (base::Contains(field.type, "int") || base::Contains(field.type, "float")) return "[1]";
    return "[]";
  }

  const ValueOf& value_of_;
  const std::string& size_name_;
  BodyList& list_;
  std::string& obstacle_;
  const std::set<std::string>& answered_;
  const golang::Field* grows_ = nullptr;
  std::optional<std::string> thing_ = {};  // an element of it, where it is one of things
  int64_t above_ = 0;                      // what a number that must be more than another one is at least
  bool in_item_ = false;
  bool planned_ = false;     // the object that is drafted has a time to come
  std::string within_ = {};  // the name of the list or member whose members are drafted
  bool of_answers_ = false;  // a type that answers have as well
};

}  // namespace

bool IsListOfTexts(const golang::Field& field) {
  const std::string type = LowerCase(field.type);
  return field.kind == "array" && field.fields.empty() &&
         (base::Contains(type, "string") || base::Contains(type, "uuid"));
}

Rules RulesOf(const golang::Field& field) {
  for (const char* tag : {"binding", "validate"}) {
    if (const auto found = field.tags.find(tag); found != field.tags.end()) return ParseRules(found->second);
  }
  return {};
}

std::string JsonText(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Rules ParseRules(std::string_view text) {
  Rules rules;
  while (!text.empty()) {
    const std::string_view rule = text.substr(0, text.find(','));
    text.remove_prefix(std::min(rule.size() + 1, text.size()));
    const std::string_view name = rule.substr(0, rule.find('='));
    const std::string_view value = name.size() < rule.size() ? rule.substr(name.size() + 1) : std::string_view();
    if (name == "dive") break;
    if (name == "required") rules.required = true;
    if (name == "omitempty") rules.optional = true;
    if (name == "email") rules.email = true;
    if (name == "numeric" || name == "number") rules.numeric = true;
    if (name.starts_with("uuid")) rules.uuid = true;
    if (name == "url" || name == "uri") rules.url = true;
    if (name == "min" || name == "gte") rules.least = Number(value);
    if (name == "max" || name == "lte") rules.most = Number(value);
    if (const auto number = Number(value); number && name == "gt") rules.least = *number + 1;
    if (const auto number = Number(value); number && name == "lt") rules.most = *number - 1;
    if (name == "datetime") rules.layout = value;
    if (name == "len") rules.length = Number(value);
    if (name == "gtfield" || name == "gtefield") rules.above = value;
    if (name != "oneof") continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view choice = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(choice.size() + 1, rest.size()));
      if (!choice.empty()) rules.choices.emplace_back(choice);
    }
  }
  return rules;
}

std::string TimeBy(std::string_view layout, bool later) {
  const std::array<std::pair<std::string_view, std::string_view>, 17> kParts = {
      {{"2006", "2025"},
       {"January", "January"},
       {"Jan", "Jan"},
       {"Monday", later ? "Wednesday" : "Monday"},
       {"Mon", later ? "Wed" : "Mon"},
       {"Z07:00", "Z"},
       {"-07:00", "+00:00"},
       {"-0700", "+0000"},
       {"MST", "UTC"},
       {"PM", "PM"},
       {"01", "01"},
       {"02", later ? "15" : "13"},
       {"03", later ? "06" : "12"},
       {"15", later ? "18" : "12"},
       {"04", "00"},
       {"05", "00"},
       {"06", "25"}}};
  std::string text;
  while (!layout.empty()) {
    const auto part = std::ranges::find_if(kParts, [&](const auto& each) { return layout.starts_with(each.first); });
    text += part == kParts.end() ? layout.substr(0, 1) : part->second;
    layout.remove_prefix(part == kParts.end() ? 1 : part->first.size());
  }
  return text;
}

bool IsEndOfTime(std::string_view name) {
  constexpr std::array<std::string_view, 18> kEnds = {
      "end",     "ends",   "ended",  "to",      "until",    "till",   "out",      "due",      "expire",
      "expires", "expiry", "return", "returns", "returned", "finish", "checkout", "deadline", "closes"};
  std::string word;
  const auto ends = [&] { return std::ranges::find(kEnds, word) != kEnds.end(); };
  for (const char c : name) {
    const bool begins = c >= 'A' && c <= 'Z';
    if (begins || c == '_' || c == '-') {
      if (ends()) return true;
      word.clear();
    }
    if (c != '_' && c != '-') word += begins ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return ends();
}

bool HasList(const golang::Shape& shape) { return shape.array || FindList(shape.fields) != nullptr; }

std::optional<std::string> DraftBody(const golang::Shape& shape, const ValueOf& value_of, const std::string& size_name,
                                     BodyList& list, std::string& obstacle, std::string_view example,
                                     const std::set<std::string>& answered) {
  if (shape.fields.empty()) {
    obstacle = "what its body must hold was not found";
    return std::nullopt;
  }
  nlohmann::json shown = example.empty() ? nlohmann::json() : nlohmann::json::parse(example, nullptr, false);
  if (!Resembles(shown, shape.fields)) shown = nlohmann::json();
  const std::string document = BodyDraft(value_of, size_name, list, obstacle, answered).Document(shape, shown);
  return obstacle.empty() ? std::optional(document) : std::nullopt;
}

}  // namespace hone::ops
