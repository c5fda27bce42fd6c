// How many pairs of runs, with something and without it, a trial takes.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sql/thresholds.h"

namespace hone::ops {

// As many pairs of `pair_ms` each as fit into `all_ms`; enough for an interval, and no more than are needed.
inline size_t PairsFor(double pair_ms, double all_ms) {
  const double pairs = all_ms / std::max(pair_ms, 0.001);
  return static_cast<size_t>(
      std::clamp(pairs, static_cast<double>(sql::kLeastTrialPairs), static_cast<double>(sql::kTrialPairs)));
}

}  // namespace hone::ops
