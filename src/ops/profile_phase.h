// The profile windows: each endpoint alone under load with a CPU profile, and snapshots of allocations, locks and
// metrics around it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "golang/inspection.h"
#include "golang/symbols.h"
#include "ops/latency_phase.h"
#include "ops/load_set.h"
#include "profile/rules.h"

namespace hone::ops {

struct Profiles {
  std::vector<profile::EndpointWindow> windows = {};
  std::vector<evidence::NotJudged> not_judged = {};
  std::vector<std::string> caveats = {};
};

struct ProfileOptions {
  std::vector<golang::Module> modules = {};
  std::map<std::string, std::string> handlers = {};  // endpoint -> Go symbol, where known
  std::vector<golang::DeferredUnlock> locks = {};
  std::map<std::string, double> mean_response_ns = {};  // endpoint -> from the latency window
  bool response_is_bound = false;                       // that window's requests were sent late
  double extra_seconds = 11;                            // for windows beyond the first of each endpoint
};

// Drives each target alone for limits.profile_for; asks for longer windows where that can change an answer. Writers get
// a fresh copy of the database each. When the task is cancelled, the windows so far are the answer.
base::Result<Profiles> RunProfiles(LoadContext& context, const std::vector<LoadTarget>& targets,
                                   const ProfileOptions& options);

}  // namespace hone::ops
