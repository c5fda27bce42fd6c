#include "ops/answer_differences.h"

#include <nlohmann/json.hpp>

namespace hone::ops {
namespace {

using Json = nlohmann::json;

constexpr size_t kLargestCompared = size_t{4} << 20;

void Compare(const Json& value, const Json& other, const std::string& path, std::set<std::string>& differences) {
  if (value.type() != other.type() || value.size() != other.size()) {
    differences.insert(path);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) Compare(value[i], other[i], path + "/*", differences);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const auto twin = other.find(name);
      if (twin == other.end()) {
        differences.insert(path);
      } else {
        Compare(member, *twin, path + "/" + name, differences);
      }
    }
  } else if (value != other) {
    differences.insert(path);
  }
}

}  // namespace

std::set<std::string> DifferencesOf(std::string_view body, std::string_view other) {
  std::set<std::string> differences;
  if (body == other) return differences;
  const bool small = body.size() <= kLargestCompared && other.size() <= kLargestCompared;
  const Json document = small ? Json::parse(body, nullptr, false) : Json(Json::value_t::discarded);
  const Json twin = small ? Json::parse(other, nullptr, false) : Json(Json::value_t::discarded);
  if (document.is_discarded() || twin.is_discarded()) {
    differences.insert("");
  } else {
    Compare(document, twin, "", differences);
  }
  return differences;
}

}  // namespace hone::ops
