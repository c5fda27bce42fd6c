// The latency window: all endpoints together, open loop, nothing that profiles; first a pilot that chooses the rate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "load/plan.h"
#include "metrics/cgroup.h"
#include "ops/load_set.h"
#include "ops/measurer.h"
#include "ops/rig.h"

namespace hone::ops {

struct Latency {
  evidence::Capture capture = {};                          // "load.hdr"
  std::vector<evidence::CaptureId> metrics_captures = {};  // "metrics.prometheus", one a second; fewer than two: none
  evidence::Capture process_capture = {};                  // "host.process"
  evidence::Capture cgroup_capture = {};                   // "host.cgroup"
  std::optional<metrics::CgroupWindow> cgroup = {};        // empty: nothing limits the service
  load::LoadResult result = {};
  double rate = 0;
  std::string rate_reason = {};
  evidence::Validity validity = evidence::Validity::kValid;
  std::string validity_reason = {};
};

// What the phases under load share.
struct LoadContext {
  const project::Project& project;
  const evidence::Redactor& redactor;
  const project::Learned& learned;
  Rig& rig;
  Measurer& measurer;
  base::Task& task;
  uint64_t& sequence;
  double cores = 1;          // usable ones of the machine
  double later_seconds = 0;  // what follows the latency window, for progress
};

// To be called after a load, when all that is to be known of it has been read. Requests that it left under way (they
// took too long, or more came than the service carries) go on in the service although nobody waits for them: waits
// until it is at rest, so that what is measured next is of its own requests; where that takes too long, starts it anew.
base::Result<void> LetRest(LoadContext& context, const load::LoadResult& result);

// Chooses a rate (hone.toml's, or a pilot's), then measures for limits.latency_for.
base::Result<Latency> RunLatency(LoadContext& context, const std::vector<LoadTarget>& targets);

// A plan over some targets at a rate, warm-up included; the seed makes it repeatable.
base::Result<load::LoadPlan> PlanLoad(LoadContext& context, const std::vector<LoadTarget>& targets, double rate,
                                      base::Nanos warmup, base::Nanos duration, uint64_t seed);

// After a window in which the service refused a request with 401 that was not to be: logs in again, makes new tokens,
// and says that the window is to be measured once more. False where no request was refused, or nothing can be renewed.
base::Result<bool> RenewAfter(LoadContext& context, const load::LoadPlan& plan, const load::LoadResult& result);

// Stores a load result as a capture.
base::Result<evidence::Capture> KeepLoad(LoadContext& context, const load::LoadResult& result,
                                         const std::string& endpoint, bool profiler_on);

}  // namespace hone::ops
