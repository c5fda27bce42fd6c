// What the phases of a check gave: all that its report is made of.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evidence/report.h"
#include "ops/dry_run.h"
#include "ops/index_use.h"
#include "ops/latency_phase.h"
#include "ops/perturbation.h"
#include "ops/plan_phase.h"
#include "ops/profile_phase.h"
#include "ops/quiet.h"
#include "ops/session_watch.h"

namespace hone::ops {

// What the phases of a check gave; those that did not run are empty.
struct CheckFacts {
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> caveats = {};
  DryRun dry = {};
  SessionFacts sessions = {};
  Quiet quiet = {};
  Plans plans = {};
  UnusedIndexes unused_indexes = {};
  std::vector<std::string> unasked = {};  // endpoints of the sources that no scenario asks
  bool mapped = false;                    // a mapper makes statements, whose texts do not stand in the sources
  std::optional<Latency> latency = {};
  std::optional<Perturbation> perturbation = {};
  std::optional<Profiles> profiles = {};
  std::vector<evidence::SeenOnly> seen_only = {};
  bool quiet_only = false;  // no load and no profiles were wanted
  bool interrupted = false;
};

}  // namespace hone::ops
