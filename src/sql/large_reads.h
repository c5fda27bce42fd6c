// Statements that return so much that not all of it may be needed.
//
// Holds raw values: it lives in memory only and nothing of it may be stored or printed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sql/exchange.h"
#include "sql/recording.h"
#include "sql/steady_loop.h"

namespace hone::sql {

// One that each typical request executes once, with parameters that the service sent.
struct LargeRead {
  LoopSource read = {};
  int64_t bytes = 0;
  size_t request = 0;          // index into the exchange's requests: one that executed it so
  bool feeds_another = false;  // FeedsAnother (analysis.h), there
};

// Those of an endpoint that return at least kLeastUnusedBytes or kLeastUnusedRows (thresholds.h), the ones with the
// most bytes first. `exchange` was built from `recording`.
std::vector<LargeRead> LargeReads(const Recording& recording, const Exchange& exchange);

}  // namespace hone::sql
