// Other values for a variable whose usual ones a writer refuses: those of rows in one state, or another table's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/rig.h"
#include "ops/table_references.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

struct OtherValues {
  std::string variable = {};
  std::vector<std::string> values = {};
  std::string what = {};                      // "orders.id where status is open", for a message
  std::optional<project::Within> state = {};  // the rows that they are of: all those of the table in one state
};

// The values of the column in rows of each state: for columns of the same table that are called so (status, state,
// stage, phase, or is_...) and have few values, for the commonest of them with at least 4 rows each. Those of more rows
// first.
base::Result<std::vector<OtherValues>> ValuesByState(const AskFunction& ask, const project::OfColumn& of);

// The values of the column in rows that no other table refers to: what is still used may not be deleted. None where
// nothing refers to the table.
base::Result<std::vector<OtherValues>> ValuesUnreferred(const AskFunction& ask, const project::OfColumn& of);

// The values of columns of other tables that are called like this one.
base::Result<std::vector<OtherValues>> ValuesOfNamesakes(const AskFunction& ask, const project::OfColumn& of);

// The values of the column in rows to which another table refers, and in those to which it does not, table by table: a
// race that has results, or none yet. None where all rows of the table are alike in that.
base::Result<std::vector<OtherValues>> ValuesByReference(const AskFunction& ask, const project::OfColumn& of);

// What may be tried for a scenario whose requests are refused: of a DELETE those that nothing refers to; by state for
// what stands in the items of its body, then in its path, then elsewhere; then namesakes; then by reference. Not many,
// each for one variable. None where the database is not Hone's own.
std::vector<OtherValues> FindOtherValues(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder,
                                         const project::Learned& learned);

}  // namespace hone::ops
