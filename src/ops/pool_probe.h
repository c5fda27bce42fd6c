// Sends single requests while the service has one connection only: what holds one and waits for another stops.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "ops/measurer.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "project/project.h"
#include "sql/nested.h"

namespace hone::ops {

struct NestingProbe {
  size_t endpoint = 0;                  // index into Quiet::endpoints
  std::vector<sql::Probe> probes = {};  // empty: it could not be probed
  evidence::Capture capture = {};       // "pool.probe"; of no use without probes
};

// Probes the suspects of the quiet phase (sql::IsSuspect), each several times: at the proxy's gate what holds a
// transaction, with hone.toml's [pool] env at 1 what may keep rows open. The service is as before afterwards, restarted
// where it had to be. A service that does not start with one connection is not probed.
base::Result<std::vector<NestingProbe>> ProbeNesting(const project::Project& project, const Quiet& quiet,
                                                     const project::Learned& learned, Rig& rig, Measurer& measurer,
                                                     const base::Task& task, uint64_t& sequence);

}  // namespace hone::ops
