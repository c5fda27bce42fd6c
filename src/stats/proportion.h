// Intervals for shares.
#pragma once

#include <cstdint>

#include "stats/interval.h"

namespace hone::stats {

// Wilson's score interval for `successes` of `n` (E. B. Wilson, 1927; recommended by Brown, Cai, DasGupta, 2001). For n
// = 0: [0, 1]. Requires 0 <= successes <= n.
Interval WilsonInterval(int64_t successes, int64_t n, double level = 0.95);

// Clopper and Pearson's exact interval (1934): conservative, for counts near 0 or n. For n = 0: [0, 1].
Interval ClopperPearsonInterval(int64_t successes, int64_t n, double level = 0.95);

}  // namespace hone::stats
