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

// Whether a number stands outside of all lists that does not say how many there are, or which of them are shown.
bool HoldsSums(const Json& value) {
  constexpr std::array<std::string_view, 16> kOfPages = {
      "total", "count",       "limit",       "offset",    "page",      "size",        "per_page", "page_size",
      "pages", "total_pages", "total_count", "next_page", "prev_page", "next_offset", "next",     "after"};
  if (!value.is_object()) return false;
  for (const auto& [name, member] : value.items()) {
    const bool of_pages = std::ranges::find(kOfPages, base::LowerCase(name)) != kOfPages.end();
    if ((member.is_number() && !of_pages) || HoldsSums(member)) return true;
  }
  return false;
}

// The values of the members that are others in each element.
std::vector<std::vector<std::string>> KeysOf(const Json& list) {
  std::vector<std::vector<std::string>> keys;
  if (list.empty() || !list.front().is_object()) return keys;
  for (const auto& [name, unused] : list.front().items()) {
    std::vector<std::string> values;
    for (const Json& element : list) {
      const auto member = element.is_object() ? element.find(name) : element.end();
      std::string text = !element.is_object() || member == element.end() ? std::string() : Canonical(*member);
      if (text.empty()) break;
      values.push_back(std::move(text));
    }
    const bool others = std::set<std::string>(values.begin(), values.end()).size() == list.size();
    if (others) keys.push_back(std::move(values));
  }
  return keys;
}

}  // namespace

AnswerElements ReadElements(std::string_view body) {
  if (body.size() > kLargestBody) return {};
  const Json document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return {};
  const Json* const list = LongestList(document, 0);
  AnswerElements elements{.count = list == nullptr ? 0 : static_cast<int64_t>(list->size())};
  if (elements.count == 0 || HoldsSums(document)) return elements;
  sql::ListedValues values{.keys = KeysOf(*list)};
  if (values.keys.empty()) return elements;
  GatherValues(document, values.all);
  if (values.all.size() <= kMostValues) elements.values = std::move(values);
  return elements;
}

}  // namespace hone::ops
