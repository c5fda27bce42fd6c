// What statements cost beyond their lean forms, with which the answers are the same: without columns that none depends
// on, with EXISTS instead of a count. Both are timed on the clone on which plans are studied.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "ops/measurer.h"
#include "ops/plan_phase.h"
#include "ops/quiet.h"
#include "pg/connection.h"

namespace hone::ops {

template <typename Proof>
struct ChosenForm {
  size_t endpoint = 0;  // index into Quiet::endpoints
  Untimed<Proof> form = {};
};

struct ChosenForms {
  std::vector<ChosenForm<sql::ColumnProof>> columns = {};
  std::vector<ChosenForm<sql::ExistenceProof>> counts = {};

  bool empty() const { return columns.empty() && counts.empty(); }
};

// Leaves none behind in `quiet`: they hold raw values.
ChosenForms TakeLeanForms(Quiet& quiet);

// Times them on `session`, a connection to a database of Hone's own, and puts those into `plans` whose lean form says
// the same, with a caveat for what is left; each kind for 20 s, one endpoint after the other. A cancelled task
// gives those that there are until then.
base::Result<void> TimeLeanForms(const Quiet& quiet, const ChosenForms& chosen, pg::Session& session,
                                 Measurer& measurer, const base::Task& task, Plans& plans);

}  // namespace hone::ops
