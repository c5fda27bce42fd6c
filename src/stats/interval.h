// What an interval and an estimate are to everything in stats/; evidence/ has its own form for records.
#pragma once

#include <cstdint>

namespace hone::stats {

// [lo, hi] covers the true value with probability at least (exact methods) or about (the others) `level`.
struct Interval {
  double lo = 0;
  double hi = 0;
  double level = 0.95;
};

}  // namespace hone::stats
