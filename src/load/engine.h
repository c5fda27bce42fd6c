// The open-loop load generator: sends every request of a schedule at its time, whatever the service does, and accounts
// for each.
//
// A thread owns its transport, connections and statistic, and sleeps in epoll between arrivals. An arrival without a
// free connection waits in a queue; its response time counts from its intended time all the same, so that a stalled
// service cannot hide (coordinated omission: Gil Tene, "How NOT to measure latency").
#pragma once

#include "base/error.h"
#include "base/task.h"
#include "load/plan.h"
#include "load/transport.h"

namespace hone::load {

// Runs the plan to its end, or to the task's cancellation: then it hands back what there is, `interrupted`. kUsage for
// a plan that cannot run (no endpoints, rate not positive); kNetwork where the address cannot be resolved; kEnvironment
// for too few descriptors. A service that refuses or fails is data, not an error. Whether the address may be loaded
// (net::IsPrivate) is the caller's to ask.
base::Result<LoadResult> Run(const LoadPlan& plan, base::Task& task);

// One shard over a given transport from `start` on (the schedule's beginning, warm-up included): what Run does in each
// thread.
LoadResult RunShard(const LoadPlan& plan, uint32_t shard, uint32_t shards, Transport& transport, base::Nanos start,
                    const base::Task& task);

}  // namespace hone::load
