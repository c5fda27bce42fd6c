// The data folder of a private cluster: filled from a cached initdb, owned by the user that will run the server.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "host/child.h"
#include "host/guardian.h"
#include "pg/installation.h"

namespace hone::pg {

// The unprivileged user under which a server runs where hone is root: postgres, else nobody; empty where hone is not
// root.
std::optional<host::Identity> ServerIdentity();

// Where initdb's results are kept: $XDG_CACHE_HOME/hone, ~/.cache/hone, else a folder of this user's in /tmp.
std::filesystem::path DefaultCache();

struct DataFolder {
  std::filesystem::path path = {};
  std::string password = {};  // of the superuser "postgres", as the cached initdb set it
  bool cached = false;        // not made anew
};

// Whether what the cache holds may be used: kReplace is for an entry from which no server started.
enum class CacheUse { kTake, kReplace };

// Fills `parent`/data (which must not exist; `parent` does and belongs to `identity`) from `cache`, running initdb the
// first time. What is incomplete in the cache is made again. kNoSpace, kEnvironment with initdb's last lines,
// kCancelled.
base::Result<DataFolder> MakeDataFolder(const Installation& installation, const std::filesystem::path& parent,
                                        const std::filesystem::path& cache,
                                        const std::optional<host::Identity>& identity, const host::Guardian& guardian,
                                        const base::Task& task, CacheUse use = CacheUse::kTake);

}  // namespace hone::pg
