// The endpoints that a load phase drives, as requests ready to be sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "load/plan.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

struct LoadTarget {
  size_t scenario = 0;
  std::string endpoint = {};
  double weight = 1;
  bool writes = false;
  TypicalCost typical = {};
};

// The endpoints of the quiet phase that may be driven under load: those that neither failed nor announce a request
// limit, and accept all their values, again and again.
std::vector<LoadTarget> LoadTargets(const project::Project& project, const DryRun& dry, const Quiet& quiet);

// Serialised requests of a target for about `requests` arrivals: up to 200 different ones; where no two requests may be
// the same (${seq}), enough for all, taken in order.
base::Result<load::LoadEndpoint> PrepareLoad(const project::Project& project, const LoadTarget& target,
                                             const project::Learned& learned, const Rig& rig, uint64_t& sequence,
                                             double requests);

// A rate at which an endpoint keeps a few requests under way, and service and database together `share` of `cores` at
// most.
double RateAlone(const TypicalCost& typical, double cores, double share);

}  // namespace hone::ops
