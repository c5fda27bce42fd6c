// How many of the rows that a statement returns an endpoint's answer needs, in the capture format "sql.needed_rows": it
// stayed the same when the others were taken out of the database. Holds no data value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/method.h"

namespace hone::sql {

inline constexpr std::string_view kNeededRowsKind = "sql.needed_rows";

struct NeededRows {
  std::string endpoint = {};
  std::string query = {};  // Query::id
  std::string text = {};   // normalised
  int64_t rows = 0;        // that one execution returned
  int64_t needed = 0;      // with which alone the answer was the same
};

// Deterministic: equal values have equal bytes.
std::string EncodeNeededRows(const NeededRows& needed);
// kInput where the bytes are not EncodeNeededRows'.
base::Result<NeededRows> DecodeNeededRows(std::string_view bytes);

// Whether so many are not needed that a finding is made of it.
bool AreMostUnneeded(int64_t rows, int64_t needed);

// The method by which measurements come from one such capture: sql.needed_rows@1 ("rows" is "all" or "needed"). Valid
// as long as the process.
std::span<const evidence::Method> NeededRowsMethods();

}  // namespace hone::sql
