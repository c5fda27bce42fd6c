#include "stats/regression.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <vector>

namespace hone::stats {
namespace {

double Median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : values[middle - 1] + (values[middle] - values[middle - 1]) / 2;
}

// The line through all the points where there is one. Products of differences are exact for whole numbers up to 2^26,
// which is what counts are; rounding in others only sends them the general way.
std::optional<Line> Collinear(std::span<const double> x, std::span<const double> y, double level) {
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const auto a = static_cast<size_t>(low - x.begin());
  const auto b = static_cast<size_t>(high - x.begin());
  const double dx = x[b] - x[a];
  const double dy = y[b] - y[a];
  for (size_t i = 0; i < x.size(); ++i) {
    if ((y[i] - y[a]) * dx != dy * (x[i] - x[a])) return std::nullopt;
  }
  Line line{.slope = dy / dx, .n = static_cast<int64_t>(x.size())};
  line.intercept = (y[a] * dx - dy * x[a]) / dx;
  if (x.size() > 2) {
    line.slope_interval = Interval{line.slope, line.slope, level};
    line.intercept_interval = Interval{line.intercept, line.intercept, level};
  }
  return line;
}

bool HasTwoDifferent(std::span<const double> x) {
  return std::any_of(x.begin(), x.end(), [&](double value) { return value != x.front(); });
}

// The variance of Kendall's S for n values with ties in y (Kendall, Rank Correlation Methods, 1955).
double KendallVariance(std::span<const double> y) {
  const auto term = [](double n) { return n * (n - 1) * (2 * n + 5); };
  std::map<double, int64_t> ties;
  for (const double value : y) ++ties[value];
  double variance = term(static_cast<double>(y.size()));
  for (const auto& [value, count] : ties) variance -= term(static_cast<double>(count));
  return variance / 18;
}

}  // namespace

std::optional<Line> LeastSquares(std::span<const double> x, std::span<const double> y, double level) {
  if (x.size() != y.size() || x.size() < 2 || !HasTwoDifferent(x)) return std::nullopt;
  if (const auto exact = Collinear(x, y, level)) return exact;
  const auto n = static_cast<double>(x.size());
  double mean_x = 0;
  double mean_y = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double sxx = 0;
  double sxy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sxx += (x[i] - mean_x) * (x[i] - mean_x);
    sxy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  Line line{.slope = sxy / sxx, .n = static_cast<int64_t>(x.size())};
  line.intercept = mean_y - line.slope * mean_x;
  if (x.size() < 3) return line;
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = (y[i] - mean_y) - line.slope * (x[i] - mean_x);
    squares += residual * residual;
  }
  line.residual_sd = std::sqrt(squares / (n - 2));
  const double t = boost::math::quantile(boost::math::students_t_distribution<double>(n - 2), (1 + level) / 2);
  const double slope_half = t * line.residual_sd / std::sqrt(sxx);
  const double intercept_half = t * line.residual_sd * std::sqrt(1 / n + mean_x * mean_x / sxx);
  line.slope_interval = Interval{line.slope - slope_half, line.slope + slope_half, level};
  line.intercept_interval = Interval{line.intercept - intercept_half, line.intercept + intercept_half, level};
  return line;
}

std::optional<Line> TheilSen(std::span<const double> x, std::span<const double> y, double level) {
  if (x.size() != y.size() || x.size() < 2 || !HasTwoDifferent(x)) return std::nullopt;
  std::vector<double> slopes;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = i + 1; j < x.size(); ++j) {
      if (x[i] != x[j]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  Line line{.slope = Median(slopes), .n = static_cast<int64_t>(x.size())};
  std::vector<double> rests(x.size());
  for (size_t i = 0; i < x.size(); ++i) rests[i] = y[i] - line.slope * x[i];
  line.intercept = Median(rests);
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i)
    squares += (y[i] - line.slope * x[i] - line.intercept) * (y[i] - line.slope * x[i] - line.intercept);
  line.residual_sd = x.size() > 2 ? std::sqrt(squares / static_cast<double>(x.size() - 2)) : 0;
  if (x.size() < 3) return line;
  // Sen: the ranks (N - C) / 2 and (N + C) / 2 + 1 of the sorted slopes, C = z * sqrt(Var S).
  const double z = boost::math::quantile(boost::math::normal_distribution<double>(), (1 + level) / 2);
  const double spread = z * std::sqrt(KendallVariance(y));
  const auto count = static_cast<double>(slopes.size());
  const auto last = static_cast<int64_t>(slopes.size()) - 1;
  const auto lo = std::clamp<int64_t>(static_cast<int64_t>(std::floor((count - spread) / 2)) - 1, 0, last);
  const auto hi = std::clamp<int64_t>(static_cast<int64_t>(std::ceil((count + spread) / 2)), 0, last);
  line.slope_interval = Interval{slopes[static_cast<size_t>(lo)], slopes[static_cast<size_t>(hi)], level};
  return line;
}

}  // namespace hone::stats
