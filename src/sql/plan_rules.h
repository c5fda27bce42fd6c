// The rules on plans: what was tried on a clone and helped becomes a finding, and what is read in vain by a condition
// for which there is nothing to try. Pure.
#pragma once

#include <map>
#include <string>

#include "evidence/model.h"
#include "sql/plan_study.h"

namespace hone::sql {

// Judges one statement: sql.missing_index, sql.row_estimate, sql.spill, that of the trial with the shortest time, and
// sql.spill beside it where files are left; and sql.rows_discarded. `plan` is the capture that holds `study`,
// `exchange` that of its endpoint. `executions`: of the statement in a typical request.
evidence::Judgement JudgePlan(const PlanStudy& study, const evidence::Capture& plan, const evidence::Capture& exchange,
                              double executions = 1);

// Whether all of the 95 % interval of time with / time without is at most kMostTimeWith.
bool IsProven(const Trial& trial);

// What the broken budget of an endpoint says of its slowest statement, whose plan was looked at.
std::string RemedyOfSlow(const PlanStudy& study);

}  // namespace hone::sql
