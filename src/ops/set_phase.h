// The set forms of the statements that run in loops, tried on the clone on which plans are studied.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "ops/measurer.h"
#include "ops/quiet.h"
#include "pg/connection.h"
#include "sql/loop_sample.h"
#include "sql/set_proof.h"

namespace hone::ops {

// A set form that was proven.
struct ProvenSet {
  evidence::Capture capture = {};
  sql::SetProof proof = {};
};

// A loop whose set form is to be tried.
struct ChosenLoop {
  size_t endpoint = 0;  // index into Quiet::endpoints
  sql::Query query = {};
  sql::LoopSample sample = {};
};

// Each statement once, at most sql::kMostSetForms; leaves no sample, which hold raw values, behind in `quiet`.
std::vector<ChosenLoop> TakeLoops(Quiet& quiet);

// Tries them on `session`, a connection to a database of Hone's own, and keeps the proven ones. A cancelled task gives
// those that there are until then.
base::Result<std::vector<ProvenSet>> ProveSetForms(const Quiet& quiet, const std::vector<ChosenLoop>& loops,
                                                   pg::Session& session, Measurer& measurer,
                                                   const evidence::Redactor& redactor, const base::Task& task);

}  // namespace hone::ops
