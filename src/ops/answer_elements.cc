#include "ops/answer_elements.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace hone::ops {
namespace {

using Json = nlohmann::json;

constexpr int kDeepestList = 4;
constexpr size_t kLargestBody = size_t{4} << 20;  // larger ones are not read
constexpr size_t kMostValues = 50'000;

// The longest list at or below a value; nullptr: there is none.
const Json* LongestList(const Json& value, int depth) {
  const Json* longest = value.is_array() ? &value : nullptr;
  if (depth == kDeepestList || !value.is_structured()) return longest;
  for (const Json& each : value) {
    const Json* const below = LongestList(each, depth + 1);
    if (below != nullptr && (longest == nullptr || below->size() > longest->size())) longest = below;
  }
  return longest;
}

// As the wire's values are written (sql/value.h); empty: no whole number, no text.
std::string Canonical(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_integer() ? value.dump() : std::string();
}

void GatherValues(const Json& value, std::unordered_set<std::string>& all) {
  if (std::string text = Canonical(value); !text.empty()) all.insert(std::move(text));
  if (!value.is_structured()) return;
  for (const Json& each : value) GatherValues(each, all);
}

// "12.50": decimals are often sent as texts.
bool IsDecimal(std::string_view text) {
  return text.find_first_not_of("-0123456789.") == std::string_view::npos && base::Contains(text, ".");
}

// Whether a number stands outside of `list` that does not say how many there are, or which of them are shown.
bool HoldsSums(const Json& value, const Json* list, bool in_list = false) {
  constexpr std::array<std::string_view, 16> kOfPages = {
      "total", "count",       "limit",       "offset",    "page",      "size",        "per_page", "page_size",
      "pages", "total_pages", "total_count", "next_page", "prev_page", "next_offset", "next",     "after"};
  if (&value == list || !value.is_structured()) return false;
  for (const auto& [name, member] : value.items()) {
    const bool of_pages = value.is_object() && !in_list && member.is_number_integer() &&
                          std::ranges::find(kOfPages, base::LowerCase(name)) != kOfPages.end();
    const bool number = member.is_number() || (member.is_string() && IsDecimal(member.get_ref<const std::string&>()));
    if ((number && !of_pages) || HoldsSums(member, list, in_list || value.is_array())) return true;
  }
  return false;
}

// The one member of an element without an id that is an object with one: whom it is about; nullptr: there is none.
const Json* ThingOf(const Json& element) {
  const Json* thing = nullptr;
  if (!element.is_object() || element.contains("id")) return nullptr;
  for (const Json& member : element) {
    if (!member.is_object()) continue;
    if (thing != nullptr || !member.contains("id")) return nullptr;
    thing = &member;
  }
  return thing;
}

// Whether a number that is no whole one stands in an element: a sum, which others may have decided.
bool HoldsDecimal(const Json& element) {
  return std::ranges::any_of(element, [](const Json& member) {
    return member.is_number_float() || (member.is_string() && IsDecimal(member.get_ref<const std::string&>()));
  });
}

// {"owner": {"id": 7, "name": "Ada"}, "total": 5} as if the members of what it is about were its own; an empty list
// where the elements are no such things.
Json WithThings(Json list) {
  const auto is_about_one = [](const Json& element) { return ThingOf(element) != nullptr && !HoldsDecimal(element); };
  if (!std::ranges::all_of(list, is_about_one)) return Json::array();
  for (Json& element : list) {
    Json thing = *ThingOf(element);
    thing.update(element);
    element = std::move(thing);
  }
  return list;
}

// The member by which elements are told apart: "id", or else a text that is another one in each; empty: there is none.
std::string KeyOf(const Json& list) {
  const Json first = list.front();
  std::string best;
  if (!first.is_object()) return best;
  for (const auto& [name, unused] : first.items()) {
    const bool id = base::LowerCase(name) == "id";
    std::set<std::string> values;
    for (const Json& element : list) {
      const Json member = element.is_object() ? element.value(name, Json()) : Json();
      values.insert(member.is_string() || id ? Canonical(member) : std::string());
    }
    const bool others = values.size() == list.size() && !values.contains("");
    if (others && id) return name;
    if (others && best.empty()) best = name;
  }
  return best;
}

sql::ListedElement ElementOf(const Json& element, const std::string& key) {
  sql::ListedElement listed;
  for (const auto& [name, member] : element.items()) {
    std::string text = Canonical(member);
    if (text.empty()) continue;
    if (name == key) {
      listed.id = std::move(text);
      continue;
    }
    if (member.is_number()) listed.whole_numbers.push_back(text);
    listed.others.push_back(std::move(text));
  }
  return listed;
}

}  // namespace

AnswerElements ReadElements(std::string_view body) {
  if (body.size() > kLargestBody) return {};
  const Json document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return {};
  const Json* const list = LongestList(document, 0);
  AnswerElements elements{.count = list == nullptr ? 0 : static_cast<int64_t>(list->size())};
  if (elements.count == 0 || HoldsSums(document, list)) return elements;
  std::string key = KeyOf(*list);
  const Json flat = key.empty() ? WithThings(*list) : Json::array();
  if (!flat.empty()) key = KeyOf(flat);
  if (key.empty()) return elements;
  sql::ListedValues values;
  for (const Json& element : flat.empty() ? *list : flat) values.elements.push_back(ElementOf(element, key));
  GatherValues(document, values.all);
  if (values.all.size() <= kMostValues) elements.values = std::move(values);
  return elements;
}

std::unordered_set<std::string> ValuesIn(std::string_view body) {
  std::unordered_set<std::string> all;
  if (body.size() > kLargestBody) return all;
  const Json document = Json::parse(body, nullptr, false);
  if (!document.is_discarded()) GatherValues(document, all);
  return all;
}

}  // namespace hone::ops
