// The plans of the statements that take most of the database's time: looked at, and what might help tried out, on a
// clone of the database.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "ops/measurer.h"
#include "ops/plan_lab.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "ops/set_phase.h"
#include "sql/existence.h"
#include "sql/indexes.h"
#include "sql/plan_study.h"
#include "sql/unused_columns.h"

namespace hone::ops {

struct StudiedPlan {
  size_t endpoint = 0;              // index into Quiet::endpoints
  evidence::Capture exchange = {};  // of the requests that executed it
  evidence::Capture capture = {};
  sql::PlanStudy study = {};
};

struct StudiedIndexes {
  evidence::Capture capture = {};  // id 0: there was nothing to look at
  std::vector<sql::IndexEntry> entries = {};
};

// A statement of which a lean form would do, with the times of both (ops/lean_phase.h).
template <typename Proof>
struct Timed {
  evidence::Capture capture = {};
  Proof proof = {};
};

struct Plans {
  std::vector<StudiedPlan> studied = {};
  StudiedIndexes indexes = {};
  std::vector<ProvenSet> sets = {};  // of statements that run in loops
  std::vector<Timed<sql::ColumnProof>> columns = {};
  std::vector<Timed<sql::ExistenceProof>> counts = {};
  std::vector<evidence::NotJudged> not_judged = {};
  std::vector<std::string> caveats = {};
};

// What an index costs a write, where its table is large enough to tell: without it and with it, in pairs.
void TimeIndex(sql::IndexEntry& entry, PlanLab& lab);

// Looks at the indexes of the database, at the slow statements of `quiet`, the worst first, for sql::kPlansForNs, and
// tries the set forms of those that run in loops; takes the samples, which hold raw values, out of it. Without a
// database of Hone's own nothing is looked at, and a caveat says so. A cancelled task gives what there is until then.
base::Result<Plans> StudyPlans(Quiet& quiet, Rig& rig, Measurer& measurer, const evidence::Redactor& redactor,
                               const base::Task& task, double later_seconds);

}  // namespace hone::ops
