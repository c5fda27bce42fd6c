// The path of a drafted scenario.
#pragma once

#include "ops/init_making.h"

namespace hone::ops {

// The route's path with a variable for each parameter: out of a list's answers, of an OpenAPI document, of the
// database, of examples, or else a guess. An obstacle where none will do. Pure.
void MakePath(const RouteContext& known, Making& making);

}  // namespace hone::ops
