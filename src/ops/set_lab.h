// The set form of a loop's statement, run on a clone of the database beside the single calls that the service made:
// what may be proposed because it returned the same rows.
//
// Parameters and rows are raw values: they stay in memory. Everything runs in read-only transactions that are rolled
// back.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/task.h"
#include "evidence/redaction.h"
#include "pg/connection.h"
#include "sql/loop_sample.h"
#include "sql/set_proof.h"

namespace hone::ops {

// Tries the set forms of `sample`, the simplest first; the first that is proven, empty where none is. `session` is one
// of a database of Hone's own. kCancelled only; what the server refuses or takes too long for is not proven.
base::Result<std::optional<sql::SetProof>> ProveSetForm(pg::Session& session, const sql::LoopSample& sample,
                                                        const evidence::Redactor& redactor, const base::Task& task);

}  // namespace hone::ops
