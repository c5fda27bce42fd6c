// What columns cost that no answer depends on: their statements with them and without them, on the clone on which plans
// are studied.
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

struct ChosenColumns {
  size_t endpoint = 0;  // index into Quiet::endpoints
  UnusedColumns columns = {};
};

// Leaves none behind in `quiet`: they hold raw values.
std::vector<ChosenColumns> TakeColumns(Quiet& quiet);

// Times them on `session`, a connection to a database of Hone's own, and keeps those of whose statements the rest
// returns the same values without them; for 20 s, those with the most bytes of each endpoint first. A cancelled task
// gives those that there are until then.
base::Result<std::vector<TimedColumns>> TimeColumns(const Quiet& quiet, const std::vector<ChosenColumns>& chosen,
                                                    pg::Session& session, Measurer& measurer, const base::Task& task);

}  // namespace hone::ops
