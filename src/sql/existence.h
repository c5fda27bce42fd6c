// Statements that count rows where only whether there are any decides an answer, in the capture format "sql.existence":
// how many were counted, how many answers showed it, and the times of counting and of EXISTS in alternation. Holds no
// data value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::sql {

inline constexpr std::string_view kExistenceKind = "sql.existence";

struct ExistenceProof {
  std::string endpoint = {};
  std::string query = {};             // Query::id
  std::string text = {};              // normalised
  int64_t counted = 0;                // rows, by one execution
  int64_t answers = 0;                // that were the same with one of them alone, and others with none
  std::vector<double> count_ns = {};  // pair i is count_ns[i], the statement as it is, and exists_ns[i]
  std::vector<double> exists_ns = {};
};

// Deterministic: equal proofs have equal bytes.
std::string EncodeExistence(const ExistenceProof& proof);
// kInput where the bytes are not EncodeExistence's.
base::Result<ExistenceProof> DecodeExistence(std::string_view bytes);

// The rows that a statement counts, as a SELECT of them: "select 1 from t where x = $1" for "select count(*) from t
// where x = $1". Empty where it does something else than to count rows of a FROM that begins with a table, or
// libpg_query does not know its syntax. Ends with no comment.
std::optional<std::string> CountedRows(std::string_view statement);
// "SELECT EXISTS (...)" of them.
std::string ExistsForm(std::string_view counted_rows);

// sql.count_for_existence, by a proof that was timed; no finding where few are counted, or EXISTS is not surely faster.
evidence::Judgement JudgeExistence(const ExistenceProof& proof, const evidence::Capture& capture);

// The methods by which measurements come from one such capture: sql.existence.counted@1, sql.existence.answers@1,
// sql.existence.time@1 (median; "form" is "count" or "exists"), sql.existence.saved_time@1 (Hodges-Lehmann difference).
// Valid as long as the process.
std::span<const evidence::Method> ExistenceMethods();

}  // namespace hone::sql
