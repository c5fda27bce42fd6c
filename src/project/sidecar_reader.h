// The [[sidecar]] of hone.toml: other processes that the service needs.
#pragma once

#include "project/project.h"
#include "project/section.h"

namespace hone::project {

// Reads them after [service], whose name and build they may meet.
void ReadSidecars(Section& root, Project& project);

}  // namespace hone::project
