// What stands around a variable in a scenario's path, with "x" for all others.
#pragma once

#include <string>
#include <string_view>

#include "project/project.h"

namespace hone::ops {

// Before it: "/orders/x/lines/" of "/orders/${id}/lines/${line}". Empty where it does not stand there.
std::string PathBefore(const project::Scenario& scenario, std::string_view name);

// Behind it, without the query; with an empty name behind the first one.
std::string PathBehind(const project::Scenario& scenario, std::string_view name);

}  // namespace hone::ops
