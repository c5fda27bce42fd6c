// The thresholds of the rules over the service's limits, each with what it rests on.
#pragma once

#include <cstdint>

namespace hone::metrics {

// cpu.throttled: share of the periods in which the group was stopped. From this share on, one request in a hundred that
// comes at a random moment meets such a period, so that the 99th percentile of response times is the quota's.
// That is arithmetic of the definition. Three periods, so that a single burst (a start, a collection) is not it.
// Measured with Go 1.26 at 0.5 CPUs on two busy cores, periods stopped of those run: a need of 0.2 to 0.25 CPUs evenly
// spread 0 of 60 (three times), of 0.4 CPUs evenly 1 of 60 (twice), of 0.4 in bursts of 80 ms 6 to 18 of 60, of 0.48 in
// bursts of 24 ms 52 to 65 of 67. At 1 CPU, bursts of 160 ms: with GOMAXPROCS 1 0 and 1 of 69 to 75.
inline constexpr double kThrottledShare = 0.01;
inline constexpr int64_t kLeastThrottled = 3;
// Fewer periods (two seconds of the usual 100 ms) cannot tell 1 % from 20 %: a share of 1 in 20 has an interval of 0.01
// to 0.24 (Wilson, 95 %).
inline constexpr int64_t kLeastPeriods = 20;

// mem.limit: anonymous memory as a share of the limit. Go's guide to the collector (go.dev/doc/gc-guide, "Suggested
// uses") asks to leave 5 to 10 % of a container's memory above GOMEMLIMIT for what the runtime does not see: above 90 %
// less than that is left. Measured with Go 1.26 at 256 MiB and GOMEMLIMIT at nine tenths: live heaps of 39, 59, 70 and
// 78 % of the limit never took more than 88 %, one of 84 %, which does not fit, 95 %. Without GOMEMLIMIT live heaps of
// 35 to 51 % were killed.
inline constexpr double kMemoryShare = 0.90;

}  // namespace hone::metrics
