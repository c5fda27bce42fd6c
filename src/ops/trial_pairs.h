// Trials in pairs of runs, with something and without it: how many, and their times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "sql/thresholds.h"

namespace hone::ops {

// As many pairs of `pair_ms` each as fit into `all_ms`; enough for an interval, and no more than are needed.
inline size_t PairsFor(double pair_ms, double all_ms) {
  const double pairs = all_ms / std::max(pair_ms, 0.001);
  return static_cast<size_t>(
      std::clamp(pairs, static_cast<double>(sql::kLeastTrialPairs), static_cast<double>(sql::kTrialPairs)));
}

// Runs both in alternation, who is first in turn, for about a second, and appends the times of each in ns. `one` and
// `other` return a base::Result; an error of theirs ends it, as kCancelled does.
template <typename One, typename Other>
base::Result<void> TimeInPairs(const base::Task& task, One one, Other other, std::vector<double>& one_ns,
                               std::vector<double>& other_ns) {
  constexpr double kPairsMs = 1000;
  const auto time = [&task](auto& run, std::vector<double>& times) -> base::Result<void> {
    const base::Nanos began = task.clock().Now();
    HONE_CHECK_OK(run());
    times.push_back(static_cast<double>(task.clock().Now() - began));
    return {};
  };
  size_t pairs = sql::kTrialPairs;
  for (size_t i = 0; i < pairs; ++i) {
    HONE_CHECK_OK(task.Check());
    if (i % 2 == 0) HONE_CHECK_OK(time(one, one_ns));
    HONE_CHECK_OK(time(other, other_ns));
    if (i % 2 == 1) HONE_CHECK_OK(time(one, one_ns));
    if (i == 0) pairs = PairsFor((one_ns[0] + other_ns[0]) / base::kNsPerMs, kPairsMs);
  }
  return {};
}

}  // namespace hone::ops
