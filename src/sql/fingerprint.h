// Which statements are the same but for their values: the key of a statement's text.
//
// The key is libpg_query's fingerprint together with the normalised text, because `= $1`, `IN (...)` and `= ANY($1)`
// share one fingerprint: an N+1 and its remedy would look the same. What libpg_query refuses is known by its normalised
// text alone. Belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/exchange.h"

namespace hone::sql {

struct Fingerprinted {
  Query query = {};
  int literals = 0;        // in the text itself
  int64_t list_items = 0;  // NormalText::list_items
};

// The key of one statement. Holds no data value of `statement`.
Fingerprinted Fingerprint(std::string_view statement);

// Whether SQL takes the word for a table or column only in double quotes: it is a key word, or written with capitals or
// signs.
bool NeedsQuotes(std::string_view name);

// Fingerprint with a cache by text, emptied when it holds `capacity` texts.
class Fingerprinter {
 public:
  explicit Fingerprinter(size_t capacity = 10'000) : capacity_(capacity) {}
  const Fingerprinted& Of(const std::string& statement);

 private:
  size_t capacity_;
  std::unordered_map<std::string, Fingerprinted> cache_;
};

}  // namespace hone::sql
