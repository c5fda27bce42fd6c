// What else a scenario is asked with, once it was answered as it should be.
#pragma once

#include <cstddef>

#include "base/error.h"
#include "ops/trials.h"
#include "project/scenario.h"

namespace hone::ops {

// Further sizes, values from further answers, those that documents show, those with most behind them, and items that
// belong to what the path names. `tried` was answered as it should be.
base::Result<void> LearnMore(Trials& trials, size_t index, const project::Assignment& tried);

}  // namespace hone::ops
