// How much an answer lists. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace hone::ops {

// The elements of the longest list in a JSON document, at most four levels deep; 0: it has none, -1: it is no
// JSON, or larger than 4 MiB.
int64_t LongestList(std::string_view body);

}  // namespace hone::ops
