// From what a check captured to its report: rules judged, findings supported by measurements, ranked, accepted ones
// marked.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/report.h"
#include "ops/check_facts.h"
#include "ops/measurer.h"
#include "ops/source_map.h"
#include "project/project.h"

namespace hone::ops {

// Judges and reports. `dir` holds accepted.toml; `rank` is time, cpu or memory.
base::Result<evidence::Report> MakeCheckReport(const project::Project& project, const std::vector<size_t>& selected,
                                               const CheckFacts& facts, const SourceMap& sources,
                                               const std::filesystem::path& dir, const std::string& rank,
                                               Measurer& measurer);

}  // namespace hone::ops
