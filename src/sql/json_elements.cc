#include "sql/json_elements.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/ascii.h"

namespace hone::sql {
namespace {

constexpr size_t kLeastElements = 3;

// The service's documents are as deep as they are: what is deeper than this is no list that a request loops over.
constexpr int kDeepest = 16;

// Calls `visit(path, list)` for each array; whether there was any. For documents and for constant ones.
template <typename Json, typename Visit>
bool VisitArrays(Json& value, const std::string& path, const Visit& visit, int depth) {
  if (value.is_array() && value.size() >= kLeastElements) {
    visit(path, value);
    return true;
  }
  bool any = false;
  if (!value.is_structured() || depth == kDeepest) return any;
  for (auto member = value.begin(); member != value.end(); ++member) {
    const std::string below = path + "/" + (value.is_array() ? "*" : member.key());
    any = VisitArrays(*member, below, visit, depth + 1) || any;
  }
  return any;
}

bool IsId(std::string_view key) {
  constexpr size_t kUuid = 36;
  if (key.size() == kUuid && key[8] == '-' && key[13] == '-') return true;
  return !key.empty() && std::ranges::all_of(key, base::IsDigit);
}

// The keys of an object; none for another value.
std::set<std::string> KeysOf(const Document& value) {
  std::set<std::string> keys;
  if (!value.is_object()) return keys;
  for (const auto& [key, member] : value.items()) keys.insert(key);
  return keys;
}

bool IsMap(const Document& document) {
  if (!document.is_object() || document.size() < kLeastElements) return false;
  const std::set<std::string> shape = KeysOf(document.front());
  bool ids = true;
  bool alike = !shape.empty();
  for (const auto& [key, value] : document.items()) {
    ids = ids && IsId(key);
    alike = alike && KeysOf(value) == shape;
  }
  return ids || alike;
}

template <typename Json, typename Visit>
void VisitLists(Json& document, const Visit& visit) {
  if (!VisitArrays(document, "", visit, 0) && IsMap(document)) visit("", document);
}

}  // namespace

std::map<std::string, int64_t> CountElements(const Document& document) {
  std::map<std::string, int64_t> elements;
  VisitLists(document, [&](const std::string& path, const Document& list) { elements[path] += std::ssize(list); });
  return elements;
}

int64_t KeepElements(Document& document, std::string_view path, int64_t left, int64_t of) {
  int64_t all = 0;
  VisitLists(document, [&](const std::string& at, Document& list) {
    if (at != path) return;
    const int64_t kept = (std::ssize(list) * left + of - 1) / of;
    list.erase(std::next(list.begin(), kept), list.end());
    all += kept;
  });
  return all;
}

}  // namespace hone::sql
