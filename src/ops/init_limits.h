// The [service.limits] of a drafted hone.toml, from compose files and Kubernetes manifests.
#pragma once

#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_deployment.h"
#include "ops/init_settings.h"

namespace hone::ops {

struct LimitsDraft {
  std::string text = {};  // the section; empty where nothing limits the service
  std::vector<std::string> found = {};
  std::vector<Setting> runtime = {};  // GOMAXPROCS, GOMEMLIMIT and GOGC, as the same file says
};

// Compose's service before manifests; of manifests the container that is named for the program, or the only one. Pure.
LimitsDraft DraftLimits(const golang::Inspection& inspection, const golang::MainPackage& main,
                        const Deployment& deployment);

}  // namespace hone::ops
