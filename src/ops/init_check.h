// `hone init --check`: says what a hone.toml would do, without doing it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "project/project.h"

namespace hone::ops {

struct InitCheckSection {
  std::string key = {};    // in JSON
  std::string title = {};  // on a screen
  std::vector<std::string> lines = {};
};

struct InitCheckResult {
  std::filesystem::path file = {};
  std::vector<InitCheckSection> sections = {};  // always the same ones, in the same order; lines may be none
};

// Explains a project. Values of variables that look like secrets are not shown. Files are looked for, nothing is
// started.
InitCheckResult ExplainProject(const project::Project& project);

// The same for DIR/hone.toml; what ReadProject() answers otherwise. Where there is none but folders below have one
// (DIR/NAME/hone.toml), kInput that names them.
base::Result<InitCheckResult> InitCheck(const std::filesystem::path& dir);

}  // namespace hone::ops
