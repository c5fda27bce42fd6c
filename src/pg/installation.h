// Finds the PostgreSQL server that is installed on this machine.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"

namespace hone::pg {

struct Installation {
  std::filesystem::path bin = {};  // holds postgres and initdb
  std::string version = {};        // "15.13"
  int major = 0;
};

// Reads "postgres (PostgreSQL) 15.13 (Debian ...)"; empty if it is not that.
std::optional<std::string> ParseVersion(std::string_view text);

// Folders that may hold a server, best first: $HONE_PG_BIN alone if set; else $PATH (where pg_config is found, its
// version's folder), /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, /opt/homebrew/opt/postgresql@*/bin,
// /usr/local/pgsql/bin, newest first in each.
std::vector<std::filesystem::path> CandidateFolders(const std::function<std::string(std::string_view)>& getenv,
                                                    const std::filesystem::path& root = "/");

// The first candidate that has both postgres and initdb and says its version (12 or newer). kEnvironment in one
// sentence that says what to install, or that $HONE_PG_BIN holds no server.
base::Result<Installation> FindInstallation(const host::Guardian& guardian, const base::Task& task);

}  // namespace hone::pg
