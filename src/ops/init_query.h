// The query of a drafted scenario.
#pragma once

#include "ops/init_making.h"

namespace hone::ops {

// The parameters that say how much is answered, that are required, and that documents ask with. Pure.
void MakeQuery(const RouteContext& known, Making& making);

}  // namespace hone::ops
