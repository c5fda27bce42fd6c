// `hone check`: starts the service that hone.toml describes, measures it, and reports what is slow or heavy, with
// proof.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/report.h"
#include "project/project.h"

namespace hone::ops {

struct CheckRequest {
  std::filesystem::path dir = "benchmarks";
  std::vector<std::string> endpoints = {};  // names or endpoints of scenarios; empty: all
  std::string rank = "time";                // "time", "cpu", "memory"
  bool quiet_only = false;                  // no load phase (`hone sql`)
  std::string yes_write = {};               // see RigOptions
};

// Verdict "findings", "clean" (nothing found, everything judged) or "inconclusive". Fails where the service cannot be
// measured at all; what was captured until then stays in the ledger. A cancelled check reports what it has.
base::Result<evidence::Report> Check(const CheckRequest& request, base::Task& task);

// The scenarios (indexes) that have these names or endpoints; all where there are none. kUsage for an unknown one.
base::Result<std::vector<size_t>> SelectScenarios(const project::Project& project,
                                                  const std::vector<std::string>& names);

// How many of the findings `gate` ("none", "all", "new", a rule's name) counts. Accepted ones count for "all" alone.
// kUsage for an unknown rule.
base::Result<int> CountGated(const evidence::Report& report, const std::string& gate);

}  // namespace hone::ops
