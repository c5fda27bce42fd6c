// How a statement that runs once for each row can ask for all rows at once: the set forms of this very text. Pure.
//
// A set form promises nothing by itself: what it returns is compared with the single calls on a clone (ops/set_lab).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

// Where the answer of a set form has the columns that tell whose rows they are.
enum class KeyPlace {
  kFirst,  // added before the statement's own, one for each array
  kOwn,    // one of the statement's own columns: `own_column`
  kLast,   // one, added behind the statement's own
};

struct SetForm {
  std::string kind = {};              // "any": key = ANY($1); "unnest": a join with the unnested keys
  std::string text = {};              // as the server takes it: with the statement's literals
  std::vector<uint32_t> arrays = {};  // the numbers (from 1 on) of the parameters that are arrays now, ascending
  KeyPlace place = KeyPlace::kFirst;
  size_t own_column = 0;
};

// The set forms of one SELECT for calls in which the parameters `varying` (numbers from 1 on, ascending) differ, the
// simplest first; `types` are the names of all its parameters' types, as SQL writes them. Empty where the statement is
// no SELECT without a lock, libpg_query does not know its syntax, or one of `varying` is none of its parameters.
std::vector<SetForm> SetForms(std::string_view statement, const std::vector<uint32_t>& varying,
                              const std::vector<std::string>& types);

}  // namespace hone::sql
