// What came of asking for all rows at once instead of once for each, on a clone of the database, in the capture format
// "sql.set_form": keyed hashes of the rows of both, and the times of both in alternation. Holds no data value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"

namespace hone::sql {

inline constexpr std::string_view kSetFormKind = "sql.set_form";

struct SetProof {
  std::string endpoint = {};
  std::string query = {};                     // Query::id
  std::string text = {};                      // normalised
  std::string kind = {};                      // SetForm::kind
  std::string statement = {};                 // the set form, normalised
  int64_t calls = 0;                          // the single calls that it stands for
  std::vector<std::string> single_rows = {};  // a token for each row with its key, ascending
  std::vector<std::string> set_rows = {};
  std::vector<double> single_ns = {};  // pair i is single_ns[i], of all calls one after the other, and set_ns[i]
  std::vector<double> set_ns = {};
};

// Deterministic: equal proofs have equal bytes.
std::string EncodeProof(const SetProof& proof);
// kInput where the bytes are not EncodeProof's.
base::Result<SetProof> DecodeProof(std::string_view bytes);

// Whether both return the same rows, at least one, each as often.
bool HasSameRows(const SetProof& proof);
// ... and the set form takes less time: what may be proposed.
bool IsSetProven(const SetProof& proof);

// The methods by which measurements come from one such capture: sql.set_form.rows@1 (of both, TOO_FEW where they
// differ), sql.set_form.calls@1, sql.set_form.time@1 (median; "arm" is "set" or "single"), sql.set_form.speedup@1.
// Valid as long as the process.
std::span<const evidence::Method> SetFormMethods();

}  // namespace hone::sql
