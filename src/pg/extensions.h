// The extensions that a schema needs, looked for before anything of it runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/databases.h"

namespace hone::pg {

// Of the statements CREATE EXTENSION [IF NOT EXISTS] in a SQL file, in their order, each once. What a DO block makes is
// not seen.
std::vector<std::string> ExtensionsIn(std::string_view file);

// The package that brings an extension for this version of PostgreSQL, as Debian and the PostgreSQL project call it;
// empty where it is not known.
std::string PackageOf(std::string_view extension, int major);

// Whether the server has every extension that the files create. kEnvironment, in one sentence with the extension, the
// file and the package, for the first that it lacks.
base::Result<void> CheckExtensions(const Databases& databases, std::string_view database,
                                   const std::vector<std::filesystem::path>& files);

}  // namespace hone::pg
