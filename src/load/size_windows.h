// How response times depend on the size of a connection pool: windows of a sweep over sizes, compared round by round.
//
// Every round holds one window of each size, in random order, so that what changes in the machine meanwhile hurts all
// sizes alike. Intervals are bootstrapped in two steps (Davison, Hinkley, Bootstrap Methods and their Application,
// section 3.8): rounds are drawn with replacement, the same for both sizes of a pair, and within a window its seconds,
// because answers of one second hang together. A request that failed or was never answered counts as slower than all.
// Pure; equal arguments give equal digits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "load/plan.h"
#include "stats/interval.h"

namespace hone::load {

struct SizeWindow {
  int size = 0;
  int round = 0;
  std::vector<SparseCounts> seconds = {};  // response times in ns, as histogram buckets
  bool valid = true;                       // the generator was in time
};

// The window of a load run: all endpoints together.
SizeWindow WindowOf(const LoadResult& result, int size, int round);

struct SizeEstimate {
  int size = 0;
  int windows = 0;   // valid ones
  int64_t n = 0;     // requests in them
  double value = 0;  // the quantile, ns
  stats::Interval interval = {};
  int pairs = 0;     // rounds that it has in common with the best size
  double ratio = 1;  // to the best size, over those
  stats::Interval ratio_interval = {};
  bool overlaps = false;  // as far as these windows tell, as good as the best: the interval reaches kAsGood
};

struct SizeDecision {
  double quantile = 0;                   // that was compared
  int best = 0;                          // the size with the lowest value
  int chosen = 0;                        // the smallest one that is as good, and near the best itself (kNearBest)
  std::vector<SizeEstimate> sizes = {};  // ascending
};

// The highest of p99, p95, p90 and p50 for which the size with the fewest requests has ten of them beyond it; of sizes
// with `least_windows` valid ones. Empty: fewer than kLeastAnswers (thresholds.h).
std::optional<double> QuantileFor(std::span<const SizeWindow> windows, int least_windows = 1);

// Compares the sizes of valid windows; one with fewer than `least_windows` of them is shown, but neither best nor
// chosen. First at the quantile that all sizes have requests for; then, where those that are as good there and no
// larger than the best have enough of them, at a higher one. What a lower quantile has left out stays out. Empty where
// no size has windows enough, or there is no quantile for them.
std::optional<SizeDecision> DecideSize(std::span<const SizeWindow> windows, uint64_t seed, int resamples,
                                       int least_windows = 1);

}  // namespace hone::load
