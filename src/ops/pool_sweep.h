// The load phases of `hone pool`: the pool as it is, how large it may grow, and a sweep over sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "load/size_windows.h"
#include "ops/latency_phase.h"
#include "ops/load_set.h"
#include "sql/pool_model.h"

namespace hone::ops {

// The pool as the service came with it.
struct PoolAsIs {
  // How many connections it may open, from its metrics or from what it opened while the proxy's gate was shut; empty:
  // no limit that anybody reached.
  std::optional<int> limit = {};
  evidence::Capture shut = {};  // "sql.holds" of the shut gate
  Latency latency = {};
  evidence::Capture holds = {};  // "sql.holds" of the latency window
  sql::PoolUse use = {};
};

// Shuts the gate for a second of load, then measures a latency window (see RunLatency).
base::Result<PoolAsIs> MeasureAsIs(LoadContext& context, const std::vector<LoadTarget>& targets);

struct PoolSweep {
  bool restarted = false;  // sizes by [pool] env; otherwise by the gate, up to the pool's own limit
  int seed_size = 0;       // where the model would begin
  std::vector<evidence::Capture> captures = {};  // "load.hdr", one a window
  std::vector<load::SizeWindow> windows = {};
  bool complete = false;
  std::string reason = {};  // why it ended
};

// Measures sizes in turn for about `duration`. The gate is open afterwards and the service as hone.toml has it. When
// the task is cancelled, what was measured so far is the answer.
base::Result<PoolSweep> SweepSizes(LoadContext& context, const std::vector<LoadTarget>& targets, const PoolAsIs& as_is,
                                   base::Nanos duration);

}  // namespace hone::ops
