#include "sql/json_elements.h"

#include <functional>
#include <iterator>

namespace hone::sql {
namespace {

constexpr size_t kLeastElements = 3;

// The service's documents are as deep as they are: what is deeper than this is no list that a request loops over.
constexpr int kDeepest = 16;

using Visit = std::function<void(nlohmann::json& list)>;

bool VisitArrays(nlohmann::json& value, const Visit& visit, int depth) {
  if (value.is_array() && value.size() >= kLeastElements) {
    visit(value);
    return true;
  }
  bool any = false;
  if (!value.is_structured() || depth == kDeepest) return any;
  for (nlohmann::json& each : value) any = VisitArrays(each, visit, depth + 1) || any;
  return any;
}

void VisitLists(nlohmann::json& document, const Visit& visit) {
  if (!VisitArrays(document, visit, 0) && document.is_object() && document.size() >= kLeastElements) visit(document);
}

}  // namespace

int64_t CountElements(const nlohmann::json& document) {
  int64_t elements = 0;
  nlohmann::json copy = document;
  VisitLists(copy, [&](const nlohmann::json& list) { elements += std::ssize(list); });
  return elements;
}

void KeepElements(nlohmann::json& document, int64_t left, int64_t of) {
  VisitLists(document, [&](nlohmann::json& list) {
    const int64_t kept = (std::ssize(list) * left + of - 1) / of;
    list.erase(std::next(list.begin(), kept), list.end());
  });
}

}  // namespace hone::sql
