// Statements that return, or count, so much that not all of it may be needed.
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

// A statement as one request executed it.
struct LargeExecution {
  LoopSource read = {};
  size_t request = 0;  // index into the exchange's requests
};

// One that each typical request executes once, or, where none of those returns much, each request of the largest size,
// with parameters that the service sent.
struct LargeRead {
  uint32_t query = 0;
  std::vector<LargeExecution> executions = {};  // of requests with different values, those of the most bytes first
  int64_t bytes = 0;                            // of the first
  bool feeds_another = false;                   // FeedsAnother (analysis.h), in one of them
};

inline constexpr size_t kMostTriedValues = 3;
inline constexpr size_t kMostCountedValues = 16;  // of which those are tried that count the most rows

// Of an endpoint, none of one whose requests write. `exchange` was built from `recording`.
//
// Those that return at least kLeastUnusedBytes or kLeastUnusedRows (thresholds.h), the ones with the
// most bytes first; none of more than 64 MiB. At most kMostTriedValues executions of each: the largest, the least that
// is large, and one between.
std::vector<LargeRead> LargeReads(const Recording& recording, const Exchange& exchange);
// Those that do nothing but to count rows (CountedRows, existence.h). At most kMostCountedValues executions of each.
std::vector<LargeRead> CountingReads(const Recording& recording, const Exchange& exchange);

}  // namespace hone::sql
