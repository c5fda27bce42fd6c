// Columns that a statement fetches and its endpoint's answers do not depend on, in the capture format "sql.columns":
// how many bytes each holds, how many answers stayed the same while their values were others, and the times of the
// statement with them and without them in alternation. Holds no data value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::sql {

inline constexpr std::string_view kColumnsKind = "sql.columns";

struct FetchedColumn {
  std::string name = {};
  int64_t bytes = 0;    // of its values as text, in all rows
  bool unused = false;  // the answers were the same with other values in it
};

struct ColumnProof {
  std::string endpoint = {};
  std::string query = {};  // Query::id
  std::string text = {};   // normalised
  int64_t rows = 0;
  std::vector<FetchedColumn> columns = {};  // in the order of the statement's
  int64_t answers = 0;                      // with other values in one of the unused columns each
  std::vector<double> with_ns = {};         // pair i is with_ns[i], the statement as it is, and without_ns[i]
  std::vector<double> without_ns = {};
};

// Deterministic: equal proofs have equal bytes.
std::string EncodeColumns(const ColumnProof& proof);
// kInput where the bytes are not EncodeColumns'.
base::Result<ColumnProof> DecodeColumns(std::string_view bytes);

int64_t BytesOf(const ColumnProof& proof);        // of all columns
int64_t UnusedBytesOf(const ColumnProof& proof);  // of those that are not used
// Whether what is not used is so much that a finding is made of it, once it was timed.
bool IsMuchUnused(const ColumnProof& proof);

// The statement with those of its `columns` columns only that are `kept` (places from 0, ascending, at least one): the
// same rows in the same order, as far as the statement says one. The server computes what is left out of a SELECT
// around it no more than if it were not asked for.
std::string KeepColumns(std::string_view statement, size_t columns, const std::vector<size_t>& kept);

// sql.columns_unused, by a proof that was timed; no finding where too little is not used.
evidence::Judgement JudgeColumns(const ColumnProof& proof, const evidence::Capture& capture);

// The methods by which measurements come from one such capture: sql.columns.bytes@1 ("columns" is "all" or "unused"),
// sql.columns.rows@1, sql.columns.answers@1, sql.columns.time@1 (median; "arm" is "with" or "without"),
// sql.columns.saved_time@1 (Hodges-Lehmann difference). Valid as long as the process.
std::span<const evidence::Method> ColumnMethods();

}  // namespace hone::sql
