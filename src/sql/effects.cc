#include "sql/effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stats/quantile_interval.h"

namespace hone::sql {

evidence::Computed FromEffect(const stats::Effect& effect) {
  evidence::Computed computed{.value = effect.value, .interval = {}, .n = effect.pairs, .n_of = "pairs"};
  if (effect.interval)
    computed.interval = evidence::Interval{effect.interval->lo, effect.interval->hi, effect.interval->level};
  else
    computed.validity = evidence::Validity::kTooFew;
  return computed;
}

evidence::Computed MedianWithInterval(const std::vector<double>& values, std::string n_of) {
  const stats::QuantileEstimate median = stats::MedianOf(values);
  evidence::Computed computed{.value = median.value, .interval = {}, .n = median.n, .n_of = std::move(n_of)};
  if (median.interval)
    computed.interval = evidence::Interval{median.interval->lo, median.interval->hi, median.interval->level};
  else
    computed.validity = evidence::Validity::kTooFew;
  return computed;
}

base::Result<bool> IsFirst(const evidence::Parameters& parameters, const std::string& name, std::string_view first,
                           std::string_view second) {
  const auto given = parameters.find(name);
  if (given != parameters.end() && given->second == first) return true;
  if (given != parameters.end() && given->second == second) return false;
  return base::Fail(base::Code::kInput, fmt::format("This measurement needs {}: {} or {}", name, first, second));
}

std::vector<double> Differences(const std::vector<double>& a, const std::vector<double>& b, double divisor) {
  std::vector<double> differences(std::min(a.size(), b.size()));
  for (size_t i = 0; i < differences.size(); ++i) differences[i] = (b[i] - a[i]) / divisor;
  return differences;
}

stats::Effect RatioOfPositive(const std::vector<double>& a, const std::vector<double>& b) {
  const auto positive = [](double value) { return value > 0; };
  if (a.size() != b.size() || !std::ranges::all_of(a, positive) || !std::ranges::all_of(b, positive)) return {};
  return stats::HodgesLehmannRatio(a, b);
}

evidence::Computed WriteCostOfRow(const std::vector<double>& without_ns, const std::vector<double>& with_ns,
                                  int64_t rows) {
  const auto divisor = static_cast<double>(std::max<int64_t>(rows, 1));
  return FromEffect(stats::HodgesLehmann(Differences(without_ns, with_ns, divisor)));
}

}  // namespace hone::sql
