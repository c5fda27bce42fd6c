// Recursion over a tree: a statement that runs again for each row that it returned itself (the children of a node), and
// those that run beside it at each node. The counts of one request tell it, however many rows others have. Pure.
#pragma once

#include <cstdint>

#include "sql/exchange.h"

namespace hone::sql {

// Whether in each warm request with calls of `query` all parameter sets are different, one parameter of each call but
// those for the roots stood in one column of an earlier call's rows, and the calls are as many as the roots and all of
// its own rows; in one of them at least half of the calls have such a parameter.
bool WalksTree(const Exchange& exchange, uint32_t query);

// Whether `query` runs as often as `walker`, which walks a tree, in each warm request, or once for each of its rows.
bool RunsAtEachNode(const Exchange& exchange, uint32_t query, uint32_t walker);

}  // namespace hone::sql
