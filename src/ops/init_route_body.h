// The body of a drafted scenario.
#pragma once

#include "ops/init_making.h"

namespace hone::ops {

// What the handler was seen to decode, with a list that grows where it has one; else what documents show. An obstacle
// where it cannot be made up. Pure.
void MakeBody(const RouteContext& known, Making& making);

}  // namespace hone::ops
