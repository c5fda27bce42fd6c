// Effects from pairs of measurements taken beside each other (A and B alternating).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.h"

namespace hone::stats {

struct Effect {
  double value = 0;
  std::optional<Interval> interval = {};  // absent: too few pairs for this level
  int64_t pairs = 0;
};

// The geometric mean of b/a with Student's t interval on the logarithms (needs two pairs). Every value must be
// positive; spans of equal length. Source: Fleming, Wallace (1986) for the mean of ratios; Student (1908).
Effect PairedRatio(std::span<const double> a, std::span<const double> b, double level = 0.95);

// Hodges and Lehmann's estimate of the median difference: the median of the Walsh averages, with the interval that
// inverts Wilcoxon's signed-rank test (exact distribution up to 60 pairs, normal approximation above). Source: Hodges,
// Lehmann (1963); Hollander, Wolfe, Nonparametric Statistical Methods, section 3.3. At 95 % it needs 6 pairs.
Effect HodgesLehmann(std::span<const double> differences, double level = 0.95);

// HodgesLehmann of log(b/a), as a ratio.
Effect HodgesLehmannRatio(std::span<const double> a, std::span<const double> b, double level = 0.95);

}  // namespace hone::stats
