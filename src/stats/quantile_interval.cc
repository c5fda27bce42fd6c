#include "stats/quantile_interval.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

namespace hone::stats {
namespace {

// The rank of the quantile itself, 1..n.
int64_t Rank(int64_t n, double quantile) {
  return std::clamp<int64_t>(static_cast<int64_t>(std::ceil(quantile * static_cast<double>(n))), 1, n);
}

// The smallest k in [0, n] with P(X <= k) >= probability, X binomial(n, quantile).
int64_t BinomialQuantile(int64_t n, double quantile, double probability) {
  const boost::math::binomial_distribution<double> distribution(static_cast<double>(n), quantile);
  int64_t lo = 0;
  int64_t hi = n;
  while (lo < hi) {
    const int64_t middle = lo + (hi - lo) / 2;
    if (boost::math::cdf(distribution, static_cast<double>(middle)) >= probability) {
      hi = middle;
    } else {
      lo = middle + 1;
    }
  }
  return lo;
}

}  // namespace

std::optional<RankInterval> QuantileRanks(int64_t n, double quantile, double level) {
  if (n < 1 || quantile <= 0 || quantile >= 1 || level <= 0 || level >= 1) return std::nullopt;
  const double tail = (1 - level) / 2;
  // X = how many of n values are at most the true quantile. The lo-th smallest exceeds it if X < lo: P(X <= lo - 1) <=
  // tail. The hi-th smallest stays below it if X >= hi: P(X <= hi - 1) >= 1 - tail.
  int64_t lo = BinomialQuantile(n, quantile, tail);
  const boost::math::binomial_distribution<double> distribution(static_cast<double>(n), quantile);
  if (boost::math::cdf(distribution, static_cast<double>(lo)) <= tail) ++lo;
  const int64_t hi = BinomialQuantile(n, quantile, 1 - tail) + 1;
  if (lo < 1 || hi > n) return std::nullopt;
  return RankInterval{lo, hi};
}

QuantileEstimate QuantileOf(std::span<const double> values, double quantile, double level) {
  QuantileEstimate estimate{.n = static_cast<int64_t>(values.size())};
  if (values.empty()) return estimate;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](int64_t rank) { return sorted[static_cast<size_t>(rank - 1)]; };
  const int64_t rank = Rank(estimate.n, quantile);
  const bool between = quantile == 0.5 && estimate.n % 2 == 0;
  estimate.value = between ? at(rank) + (at(rank + 1) - at(rank)) / 2 : at(rank);
  if (const auto ranks = QuantileRanks(estimate.n, quantile, level))
    estimate.interval = Interval{at(ranks->lo), at(ranks->hi), level};
  return estimate;
}

QuantileEstimate QuantileOf(const Histogram& histogram, double quantile, double level) {
  QuantileEstimate estimate{.value = static_cast<double>(histogram.ValueAtQuantile(quantile)), .n = histogram.count()};
  if (const auto ranks = QuantileRanks(estimate.n, quantile, level)) {
    estimate.interval = Interval{static_cast<double>(histogram.BucketAtRank(ranks->lo).lo),
                                 static_cast<double>(histogram.BucketAtRank(ranks->hi).hi), level};
  }
  return estimate;
}

QuantileEstimate MedianOf(std::span<const double> values, double level) { return QuantileOf(values, 0.5, level); }

}  // namespace hone::stats
