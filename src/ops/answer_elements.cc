#include "ops/answer_elements.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hone::ops {
namespace {

constexpr int kDeepestList = 4;
constexpr size_t kLargestBody = size_t{4} << 20;  // larger ones are not read

int64_t LongestBelow(const nlohmann::json& value, int depth) {
  int64_t longest = value.is_array() ? static_cast<int64_t>(value.size()) : 0;
  if (depth == kDeepestList || !value.is_structured()) return longest;
  for (const nlohmann::json& each : value) longest = std::max(longest, LongestBelow(each, depth + 1));
  return longest;
}

}  // namespace

int64_t LongestList(std::string_view body) {
  if (body.size() > kLargestBody) return -1;
  const nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
  return document.is_discarded() ? -1 : LongestBelow(document, 0);
}

}  // namespace hone::ops
