// `hone init`: writes a commented hone.toml for a Go repository.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "golang/inspection.h"
#include "host/guardian.h"
#include "ops/init_sidecars.h"
#include "ops/pooler_signs.h"
#include "ops/source_texts.h"

namespace hone::ops {

struct InitRequest {
  std::filesystem::path repository = ".";
  std::string dir = "benchmarks";  // relative to the repository
  bool force = false;              // overwrite a hone.toml that exists
};

// A hone.toml, and what a person should know about it; sentences without a full stop.
struct InitDraft {
  std::string text = {};
  std::vector<std::string> found = {};
  std::vector<std::string> missing = {};
  int scenarios = 0;  // that are driven
};

// One hone.toml.
struct InitFile {
  std::filesystem::path file = {};
  std::string main = {};  // the main package
  InitDraft draft = {};
};

struct InitResult {
  std::vector<InitFile> files = {};  // at least one
};

// The text for what hone-go said, for the main package that serves most. `name` is the repository's; `dir` is where the
// file will stand, relative to the repository; `installed` says which programs this machine has (default: none);
// `pooler` is what FindTransactionPooler() said. Pure.
InitDraft DraftProject(const golang::Inspection& inspection, const std::vector<SourceText>& texts,
                       std::string_view name, const std::filesystem::path& dir, const Installed& installed = {},
                       const std::optional<PoolerSign>& pooler = {});

// One file a service: where several main packages serve, DIR/NAME/hone.toml for each of them, else DIR/hone.toml; files
// are relative to the repository. Pure.
std::vector<InitFile> DraftProjects(const golang::Inspection& inspection, const std::vector<SourceText>& texts,
                                    std::string_view name, const std::filesystem::path& dir,
                                    const Installed& installed = {}, const std::optional<PoolerSign>& pooler = {});

// Inspects the repository and writes what DraftProjects() says, and DIR/.gitignore so that .hone/ stays out of git.
// kInput if there is a hone.toml (--force), no Go code, or no main package; what Inspect() and FindHelper() answer
// otherwise. Nothing is written unless all can be.
base::Result<InitResult> Init(const InitRequest& request, const host::Guardian& guardian, const base::Task& task);

// The same under a guardian of its own.
base::Result<InitResult> Init(const InitRequest& request, const base::Task& task);

}  // namespace hone::ops
