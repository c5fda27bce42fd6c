// `hone pool`: what size a service's connection pool should have, by measurement.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/report.h"

namespace hone::ops {

struct PoolRequest {
  std::filesystem::path dir = "benchmarks";
  std::vector<std::string> endpoints = {};  // names or endpoints of scenarios; empty: all
  std::string duration = "90s";             // of the sweep
  std::optional<double> rate = {};          // requests a second; empty: hone.toml's, or by a pilot
  std::string yes_write = {};               // see RigOptions
};

// Verdict "well_sized", "starved", "oversized", "queries" (no size keeps the load or the budget) or "inconclusive".
// kInput where hone.toml has no [database]. A cancelled run reports what it has.
base::Result<evidence::Report> Pool(const PoolRequest& request, base::Task& task);

}  // namespace hone::ops
