// The elements that a JSON document lists, and the same document with fewer of them. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace hone::sql {

// A list is an array of at least three elements that stands in no other list; where there is none, a document that is
// an object of at least three members is one itself (a map by keys). 0: it lists nothing.
int64_t CountElements(const nlohmann::json& document);

// Leaves the first elements of each list: the share `left` / `of` of them, rounded up.
void KeepElements(nlohmann::json& document, int64_t left, int64_t of);

}  // namespace hone::sql
