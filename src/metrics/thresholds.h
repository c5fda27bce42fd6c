// The thresholds of the rules over the service's limits, each with what it rests on.
#pragma once

#include <cstdint>

namespace hone::metrics {

// cpu.throttled: share of the periods in which the group was stopped. From this share on, one request in a hundred that
// comes at a random moment meets such a period, so that the 99th percentile of response times is the quota's.
// Arithmetic of the definition, not a measurement; three periods, so that a single burst (a start, a collection) is not
// it.
inline constexpr double kThrottledShare = 0.01;
inline constexpr int64_t kLeastThrottled = 3;
// Fewer periods (two seconds of the usual 100 ms) cannot tell 1 % from 20 %: a share of 1 in 20 has an interval of 0.01
// to 0.24 (Wilson, 95 %).
inline constexpr int64_t kLeastPeriods = 20;

// mem.limit: anonymous memory as a share of the limit. Go's guide to the collector (go.dev/doc/gc-guide, "Suggested
// uses") asks to leave 5 to 10 % of a container's memory above GOMEMLIMIT for what the runtime does not see: above 90 %
// less than that is left.
inline constexpr double kMemoryShare = 0.90;

}  // namespace hone::metrics
