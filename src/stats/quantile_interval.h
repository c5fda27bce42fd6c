// Quantiles with distribution-free intervals from order statistics.
//
// Source: the number of n independent values below the true q-quantile is binomial(n, q), so order statistics bound it
// (H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1; Hahn, Meeker, Statistical Intervals,
// section 5.2). Exact and conservative for independent values; values of neighbouring requests are correlated, which
// makes it too narrow under congestion.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/histogram.h"
#include "stats/interval.h"

namespace hone::stats {

// Ranks (1..n) of the order statistics whose interval covers the quantile with probability at least `level`, both tails
// at most (1 - level) / 2. Empty when n values cannot bound it at this level (p99 at 95 % needs 368).
struct RankInterval {
  int64_t lo = 0;
  int64_t hi = 0;
};
std::optional<RankInterval> QuantileRanks(int64_t n, double quantile, double level = 0.95);

struct QuantileEstimate {
  double value = 0;
  std::optional<Interval> interval = {};  // absent: too few values for this level
  int64_t n = 0;
};

// Of a sample in any order. The value is the median of the two middle values for 0.5 and an even n, the ceil(q * n)-th
// smallest otherwise. Empty sample: value 0, n 0, no interval.
QuantileEstimate QuantileOf(std::span<const double> values, double quantile, double level = 0.95);
// Of a histogram: ValueAtQuantile; the interval reaches from the lower end of one rank's bucket to the upper end of the
// other's.
QuantileEstimate QuantileOf(const Histogram& histogram, double quantile, double level = 0.95);

// QuantileOf at 0.5.
QuantileEstimate MedianOf(std::span<const double> values, double level = 0.95);

}  // namespace hone::stats
