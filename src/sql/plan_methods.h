// The methods by which measurements come from "pg.plan" captures.
//
// Each takes one such capture; plan.saved_time@1 takes the "sql.exchange" capture of the same endpoint behind it.
// Parameters: "node" (index into the plan's nodes), "trial" (index into the trials), "table" (schema.name), "arm"
// ("with" or "without" what was tried), "size" as in methods.h.
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::sql {

// Valid as long as the process.
std::span<const evidence::Method> PlanMethods();

}  // namespace hone::sql
