// Straight lines through points: least squares and Theil-Sen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.h"

namespace hone::stats {

struct Line {
  double slope = 0;
  double intercept = 0;
  std::optional<Interval> slope_interval = {};      // absent: fewer than three points
  std::optional<Interval> intercept_interval = {};  // absent likewise, and for Theil-Sen
  double residual_sd = 0;                           // standard deviation around the line; 0 for collinear points
  int64_t n = 0;
};

// Ordinary least squares with Student's t intervals (Draper, Smith, Applied Regression Analysis, chapter 1). Points
// that lie on one line exactly (counts do) give that line's slope and intercept to the last bit where they are
// representable, with intervals of width 0. Empty if there are fewer than two different x. Spans of equal length.
std::optional<Line> LeastSquares(std::span<const double> x, std::span<const double> y, double level = 0.95);

// The median of the slopes between all pairs with different x (Theil 1950, Sen 1968), with Sen's interval by Kendall's
// S (normal approximation with ties in y). The intercept is the median of y - slope * x. O(n^2) memory: at most some
// thousand points.
std::optional<Line> TheilSen(std::span<const double> x, std::span<const double> y, double level = 0.95);

}  // namespace hone::stats
