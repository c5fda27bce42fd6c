// Drafts [database] of a hone.toml: name, migrations, seed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_deployment.h"
#include "ops/pooler_signs.h"

namespace hone::ops {

// Where a program's module and its hone.toml are, relative to the repository.
struct InitPlace {
  std::string module = ".";
  std::string up = "..";  // from the file's folder to the repository

  InitPlace(const golang::Inspection& inspection, const golang::MainPackage& main, const std::string& dir);
  // A path of the repository as hone.toml names it: relative to the file.
  std::string FromFile(const std::string& path) const;
  // The main package as `go build` in the module's folder names it: "./cmd/api".
  std::string Package(const golang::MainPackage& main) const;
};

// Part of a file, with what a person should know about it.
struct SectionDraft {
  std::string text = {};
  std::vector<std::string> found = {};
  std::vector<std::string> missing = {};
};

// `name` is the service's; `pooler` what FindTransactionPooler() said. Pure.
SectionDraft DraftDatabase(const golang::Inspection& inspection, const golang::MainPackage& main,
                           const Deployment& deployment, const InitPlace& place, std::string_view name,
                           const std::optional<PoolerSign>& pooler);

// The call by which the service that `main` starts makes its tables itself, or nullptr.
const golang::Applies* AppliedByService(const golang::Inspection& inspection, const golang::MainPackage& main);

// What must be set for it to do so at its start; nothing where it always does, or where [database] has another way.
std::optional<golang::Gate> MigrationGate(const golang::Inspection& inspection, const golang::MainPackage& main);

// The flag by which a service that makes its tables itself seeds them when it starts, where no command does; or
// nullptr.
const golang::Flag* SeedingFlag(const golang::Inspection& inspection, const golang::MainPackage& main);

// Whether MySQL's driver is imported and nothing of PostgreSQL's.
bool IsMySqlOnly(const golang::Inspection& inspection);

}  // namespace hone::ops
