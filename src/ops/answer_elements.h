// What an answer lists. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "sql/exchange.h"

namespace hone::ops {

struct AnswerElements {
  int64_t count = -1;  // of the longest list in a JSON document, at most four levels deep; 0: it has none, -1: it is no
                       // JSON, or larger than 4 MiB
  // Empty where the list is empty, the answer is too large, or holds numbers beside its lists that may be made of what
  // it does not list.
  std::optional<sql::ListedValues> values = {};
};

AnswerElements ReadElements(std::string_view body);

// The texts and whole numbers of a JSON document, as the wire's values are written; none of what is no JSON, or larger
// than 4 MiB.
std::unordered_set<std::string> ValuesIn(std::string_view body);

}  // namespace hone::ops
