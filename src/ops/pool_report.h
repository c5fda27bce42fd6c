// From what `hone pool` captured to its report: the size judged, requests that hold one connection while they take
// another, and the settings that follow.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "evidence/report.h"
#include "ops/dry_run.h"
#include "ops/measurer.h"
#include "ops/pool_probe.h"
#include "ops/pool_sweep.h"
#include "ops/quiet.h"
#include "ops/source_map.h"
#include "project/project.h"

namespace hone::ops {

// What the phases gave; those that did not run are empty.
struct PoolFacts {
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> caveats = {};
  DryRun dry = {};
  Quiet quiet = {};
  std::vector<NestingProbe> probes = {};
  std::optional<PoolAsIs> as_is = {};
  std::optional<PoolSweep> sweep = {};
  evidence::Capture bounds = {};  // "pool.bounds"
  bool interrupted = false;
};

// What a sweep says of the pool as it is.
struct PoolVerdict {
  std::string name = "inconclusive";  // "well_sized", "starved", "oversized", "queries"
  std::string reason = {};            // of an inconclusive one
};

// How long a request waits on average, at least about: one that comes while all `size` connections are held (as many as
// they are held of the time, where requests come by a Poisson process) waits until the first of them comes back, of
// which the holds began at different times. Seconds; nothing is counted for requests that wait already.
double LeastWait(const sql::PoolUse& use, int size);

// `current`: the pool's limit now; empty: it has none. `callers_waiting`: for a connection, on average over time, where
// the service tells. Pure.
PoolVerdict JudgePool(const std::optional<load::SizeDecision>& decision, std::optional<int> current, int64_t cap,
                      const sql::PoolUse& use, std::optional<double> callers_waiting, const project::Pool& pool);

base::Result<evidence::Report> MakePoolReport(const project::Project& project, const PoolFacts& facts,
                                              const SourceMap& sources, const std::filesystem::path& dir,
                                              Measurer& measurer);

}  // namespace hone::ops
