// The elements that a JSON document lists, and the same document with fewer of them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hone::sql {

// With its members in their order: a service may read them so.
using Document = nlohmann::ordered_json;

// How many elements the lists of a document have, by their paths: "/rows/*/ids", where `*` is any element of an array.
// A list is an array of at least three elements that stands in no other one; where there is none, a document that is a
// map, an object whose keys are all numbers or UUIDs, or whose values are all objects with the same keys (three at
// least), is one itself, at "". An object with names of its own for its members is a thing and no list.
std::map<std::string, int64_t> CountElements(const Document& document);

// Leaves the first elements of each list at `path`: the share `left` / `of` of them, rounded up. How many are left.
int64_t KeepElements(Document& document, std::string_view path, int64_t left, int64_t of);

}  // namespace hone::sql
