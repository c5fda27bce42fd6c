#include "stats/paired.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>
#include <vector>

namespace hone::stats {
namespace {

// Up to here 2^n subsets are exact in a double (sums of probabilities, each a count over 2^n).
constexpr int64_t kExactPairs = 60;

std::vector<double> LogRatios(std::span<const double> a, std::span<const double> b) {
  std::vector<double> logs(std::min(a.size(), b.size()));
  for (size_t i = 0; i < logs.size(); ++i) logs[i] = std::log(b[i] / a[i]);
  return logs;
}

std::optional<Interval> Exp(const std::optional<Interval>& interval) {
  if (!interval) return std::nullopt;
  return Interval{std::exp(interval->lo), std::exp(interval->hi), interval->level};
}

// The largest c with P(W < c) <= tail for Wilcoxon's signed-rank sum of n pairs: c values may be cut off each end. 0:
// none.
int64_t SignedRankCut(int64_t n, double tail) {
  const int64_t highest = n * (n + 1) / 2;
  if (n > kExactPairs) {
    const double mean = static_cast<double>(highest) / 2;
    const auto count = static_cast<double>(n);
    const double sd = std::sqrt(count * (count + 1) * (2 * count + 1) / 24);
    const double z = boost::math::quantile(boost::math::normal_distribution<double>(), tail);
    return std::max<int64_t>(0, static_cast<int64_t>(std::floor(mean + z * sd)));
  }
  // The number of subsets of ranks by their sum, as probabilities: each rank is in or out with 1/2.
  std::vector<double> probability = {1};
  probability.resize(static_cast<size_t>(highest) + 1, 0);
  for (int64_t rank = 1; rank <= n; ++rank) {
    for (int64_t sum = highest; sum >= 0; --sum) {
      const double without = probability[static_cast<size_t>(sum)];
      const double with = sum >= rank ? probability[static_cast<size_t>(sum - rank)] : 0;
      probability[static_cast<size_t>(sum)] = (without + with) / 2;
    }
  }
  int64_t cut = 0;
  for (double below = probability[0]; below <= tail && cut < highest; below += probability[static_cast<size_t>(cut)])
    ++cut;
  return cut;
}

}  // namespace

Effect PairedRatio(std::span<const double> a, std::span<const double> b, double level) {
  const std::vector<double> logs = LogRatios(a, b);
  Effect effect{.value = 1, .pairs = static_cast<int64_t>(logs.size())};
  if (logs.empty()) return effect;
  const auto n = static_cast<double>(logs.size());
  const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / n;
  effect.value = std::exp(mean);
  if (logs.size() < 2) return effect;
  double squares = 0;
  for (const double value : logs) squares += (value - mean) * (value - mean);
  const double t = boost::math::quantile(boost::math::students_t_distribution<double>(n - 1), (1 + level) / 2);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  effect.interval = Interval{std::exp(mean - half), std::exp(mean + half), level};
  return effect;
}

Effect HodgesLehmann(std::span<const double> differences, double level) {
  Effect effect{.pairs = static_cast<int64_t>(differences.size())};
  if (differences.empty()) return effect;
  std::vector<double> walsh;
  walsh.reserve(differences.size() * (differences.size() + 1) / 2);
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t j = i; j < differences.size(); ++j) walsh.push_back((differences[i] + differences[j]) / 2);
  }
  std::sort(walsh.begin(), walsh.end());
  const size_t middle = walsh.size() / 2;
  effect.value = walsh.size() % 2 == 1 ? walsh[middle] : (walsh[middle - 1] + walsh[middle]) / 2;
  const auto cut = static_cast<size_t>(SignedRankCut(effect.pairs, (1 - level) / 2));
  if (cut > 0) effect.interval = Interval{walsh[cut - 1], walsh[walsh.size() - cut], level};
  return effect;
}

Effect HodgesLehmannRatio(std::span<const double> a, std::span<const double> b, double level) {
  Effect effect = HodgesLehmann(LogRatios(a, b), level);
  effect.value = std::exp(effect.value);
  effect.interval = Exp(effect.interval);
  return effect;
}

}  // namespace hone::stats
