// How the calls of a statement that runs again and again are made: what tells the classes of an N+1 apart.
//
// All functions are pure and look at warm requests that answered as expected only; background statements are left out.
// Vectors that run over requests have the order of the `requests` they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sql/analysis.h"
#include "stats/regression.h"

namespace hone::sql {

// The round trips that hold `query` and were not sent behind an unanswered one; of warm requests.
std::set<uint32_t> TripsOf(const Exchange& exchange, uint32_t query);

// Rows, and round trips that hold any of `queries`.
Points TripsAgainst(const Exchange& exchange, const std::vector<uint32_t>& queries, const Against& against);

// The line through the logarithms of rows and calls, where both are at least 1: its slope is the power of the rows with
// which the calls grow. Empty: fewer than two different row counts.
std::optional<stats::Line> PowerLaw(const Points& points);

// The c >= 2 with calls = a + ceil(rows / c) for all points and one a >= 0, from the smallest on; zeros: there is none.
struct Chunks {
  int64_t least = 0;
  int64_t most = 0;

  bool Holds(int64_t chunk) const { return least <= chunk && chunk <= most; }
  // The one that somebody may have written: a multiple of a hundred, ten or five, or else the smallest.
  int64_t Roundest() const;
};
Chunks ChunksOf(const Points& points);

// The largest number of parameters whose values differ between the executions of `query` in one warm request.
size_t VaryingParameters(const Exchange& exchange, uint32_t query);

// Statements of all kinds in a round trip with `query`, the mean of each request; 0 without one.
std::vector<double> StatementsPerTrip(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

// The share of the round trips' time that was saved because they ran side by side: 1 - union / sum.
std::vector<double> OverlapOf(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

// The connections on which `query` ran.
std::vector<double> ConnectionsOf(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

struct Share {
  double share = 0;
  int64_t of = 0;
};
// The share of the executions of `query` whose round trip began within a transaction.
Share InTransaction(const Exchange& exchange, uint32_t query);

// The rows of each execution of `query` in warm requests.
std::vector<double> RowsOfCalls(const Exchange& exchange, uint32_t query);

// Whether requests of the same size and variables always make the same number of calls, and some were asked twice.
bool IsRepeatable(const Exchange& exchange, uint32_t query);

}  // namespace hone::sql
