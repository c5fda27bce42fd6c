// Loops over as many rows in every request: a count that never varies proves nothing about what it grows with, unless
// rows are taken out of the database.
//
// Holds raw values: it lives in memory only and nothing of it may be stored or printed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sql/exchange.h"
#include "sql/plan_sample.h"

namespace hone::sql {

// A statement whose rows a loop may run over.
struct LoopSource {
  StatementSample statement = {};  // without request_ns
  int64_t rows = 0;                // that it returned
};

struct SteadyLoop {
  uint32_t query = 0;
  size_t request = 0;    // index into the exchange's requests: a warm one that made the most calls
  int64_t calls = 0;     // round trips, there
  bool certain = false;  // its parameters come out of rows
  // The statement that its parameters come from, or else the likeliest first.
  std::vector<LoopSource> sources = {};
  // Where its parameters are not seen to come out of rows: the statements before it whose rows may hold lists that it
  // runs over, the last one first.
  std::vector<LoopSource> holders = {};
};

// The statements that run several times, with other parameters each time, and of which it is not known whether they
// grow with rows, for want of other row counts; with those that they may run over. The certain ones first, then those
// with the most calls; few. `exchange` was built from `recording`.
std::vector<SteadyLoop> FindSteadyLoops(const Recording& recording, const Exchange& exchange);

// How many of a source's rows are to be there, one after the other: all, then fewer, at least three counts. Empty: too
// few rows for that.
std::vector<int64_t> RowsToKeep(int64_t rows);

}  // namespace hone::sql
