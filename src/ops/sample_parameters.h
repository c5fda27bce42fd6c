// The parameters of a statement that the service sent, to send it again.
#pragma once

#include <vector>

#include "pg/connection.h"
#include "sql/plan_sample.h"

namespace hone::ops {

std::vector<pg::Parameter> ParametersOf(const sql::StatementSample& sample);

}  // namespace hone::ops
