// The methods by which "sql.holds", "pool.probe" and "sql.exchange" captures become measurements of a pool.
//
// Of one "sql.holds" capture:
//   pool.hold@1              mean time that a connection is held; ns, normal interval
//   pool.rate@1              holds a second
//   pool.busy@1              connections held, on average over time
//   pool.busy_peak@1         the most held at once
//   pool.connections@1       the most open at once
//   pool.opened_rate@1       connections opened a second
//   pool.round_trips@1       round trips in a hold, on average
//   pool.exhausted@1         share of the time in which "size" or more were held
//   pool.gate_wait@1         mean wait of a hold at the proxy's gate; ns
//   pool.setup@1             median time of a connection's start-up; ns
//   pool.seed@1              the model's size for a mean wait of "wait_ns", up to "cap"; TOO_FEW where none suffices
//   pool.typical@1           connections held on average, as a whole number from 1 to "most"
//   pool.peak_concurrency@1  where throughput is highest by the fitted scalability law; TOO_FEW without a peak
// Of one "pool.probe" capture:
//   pool.probe_stops@1       tries in which the request stopped for good
// Of one "sql.exchange" capture, with "at_least" connections:
//   pool.nested_connections@1  connections that a request holds at once: the median
//   pool.deadlock_bound@1      Tn (Cm - 1) + 1: the least pool for "requests_at_once" of them
// Of two "metrics.prometheus" captures see metrics/methods.h.
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::sql {

std::span<const evidence::Method> PoolMethods();

}  // namespace hone::sql
