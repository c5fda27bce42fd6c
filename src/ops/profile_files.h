// `hone profile FILE...`: what the pprof files of one program say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/report.h"

namespace hone::ops {

struct ProfileFilesRequest {
  std::filesystem::path dir = "benchmarks";
  std::vector<std::string> files = {};
};

// Verdict "findings", "clean" or "inconclusive" (too few samples for a rule). kInput for a file that is no profile.
base::Result<evidence::Report> ProfileFiles(const ProfileFilesRequest& request, base::Task& task);

}  // namespace hone::ops
