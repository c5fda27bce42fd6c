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

Rules RulesOf(const golang::Field& field) {
  for (const char* tag : {"binding", "validate"}) {
    if (const auto found = field.tags.find(tag); found != field.tags.end()) return ParseRules(found->second);
  }
  return {};
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

std::string TextFor(const golang::Field& field, const Rules& rules) {
  const std::string name = LowerCase(field.name);
  if (!rules.choices.empty()) return rules.choices[0];
  if (!rules.layout.empty()) return TimeBy(rules.layout);
  if (rules.email || base::Contains(name, "email")) return "hone-${seq}@example.com";
  if (rules.uuid || base::Contains(LowerCase(field.type), "uuid")) return "8c5b1a4e-0000-4000-8000-000000000001";
  if (rules.url || name == "url" || name.ends_with("_url")) return "https://example.com/${seq}";
  if (base::Contains(field.type, "time.Time")) return "2025-01-15T12:00:00Z";
  if (name == "date" || name.ends_with("_date")) return "2025-01-15";
  if (base::Contains(name, "pass")) return Fit("correct horse battery", rules);
  if (name == "currency") return "EUR";
  if (name == "country") return "DE";
  return Fit("hone ${seq}", rules);
}

class BodyDraft {
 public:
  BodyDraft(const ValueOf& value_of, std::string& obstacle) : value_of_(value_of), obstacle_(obstacle) {}

  std::string Object(const std::vector<golang::Field>& fields, int depth) {
    const bool says = std::ranges::any_of(fields, [](const golang::Field& field) { return RulesOf(field).required; });
    std::vector<std::string> members;
    for (const golang::Field& field : fields) {
      const Rules rules = RulesOf(field);
      if ((says && !rules.required) || rules.optional) continue;
      // The database's own: one type often serves for what is sent and what is answered.
      if (!rules.required && depth == 0 && LowerCase(field.name) == "id") continue;
      if (const auto value = Value(field, rules, depth))
        members.push_back(fmt::format("{}: {}", JsonText(field.name), *value));
    }
    return fmt::format("{{{}}}", fmt::join(members, ", "));
  }

 private:
  std::optional<std::string> Value(const golang::Field& field, const Rules& rules, int depth) {
    const bool scalar = field.kind == "string" || field.kind == "integer";
    if (scalar && rules.choices.empty()) {
      if (const auto value = value_of_(field)) return field.kind == "string" ? fmt::format("\"{}\"", *value) : *value;
    }
    if (field.kind == "string") return JsonText(TextFor(field, rules));
    if (field.kind == "boolean") return "true";
    if (field.kind == "integer" || field.kind == "number") {
      return rules.choices.empty() ? std::to_string(rules.least.value_or(1)) : rules.choices[0];
    }
    if (depth < kDeepest && field.kind == "object" && !field.fields.empty()) return Object(field.fields, depth + 1);
    if (depth < kDeepest && field.kind == "array") return Array(field, depth);
    if (rules.required) obstacle_ = fmt::format("what {} must hold is not known", field.name);
    return std::nullopt;
  }

  std::optional<std::string> Array(const golang::Field& field, int depth) {
    if (!field.fields.empty()) return fmt::format("[{}]", Object(field.fields, depth + 1));
    if (base::Contains(field.type, "string")) return "[\"hone\"]";
    if (base::Contains(field.type, "int") || base::Contains(field.type, "float")) return "[1]";
    return "[]";
  }

  const ValueOf& value_of_;
  std::string& obstacle_;
};

}  // namespace

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
    if (name.starts_with("uuid")) rules.uuid = true;
    if (name == "url" || name == "uri") rules.url = true;
    if (name == "min" || name == "gte") rules.least = Number(value);
    if (name == "max" || name == "lte") rules.most = Number(value);
    if (const auto number = Number(value); number && name == "gt") rules.least = *number + 1;
    if (const auto number = Number(value); number && name == "lt") rules.most = *number - 1;
    if (name == "datetime") rules.layout = value;
    if (name == "len") rules.length = Number(value);
    if (name != "oneof") continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view choice = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(choice.size() + 1, rest.size()));
      if (!choice.empty()) rules.choices.emplace_back(choice);
    }
  }
  return rules;
}

std::string TimeBy(std::string_view layout) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kParts = {{{"2006", "2025"},
                                                                                     {"January", "January"},
                                                                                     {"Jan", "Jan"},
                                                                                     {"Monday", "Monday"},
                                                                                     {"Mon", "Mon"},
                                                                                     {"Z07:00", "Z"},
                                                                                     {"-07:00", "+00:00"},
                                                                                     {"-0700", "+0000"},
                                                                                     {"MST", "UTC"},
                                                                                     {"PM", "PM"},
                                                                                     {"01", "01"},
                                                                                     {"02", "13"},
                                                                                     {"03", "12"},
                                                                                     {"15", "12"},
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

std::optional<std::string> DraftBody(const golang::Shape& shape, const ValueOf& value_of, std::string& obstacle) {
  if (shape.fields.empty()) {
    obstacle = "what its body must hold was not found";
    return std::nullopt;
  }
  const std::string object = BodyDraft(value_of, obstacle).Object(shape.fields, 0);
  if (!obstacle.empty()) return std::nullopt;
  return shape.array ? "[" + object + "]" : object;
}

}  // namespace hone::ops
