// Runs hone-go, the Go program that answers what only Go knows.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/task.h"
#include "golang/inspection.h"
#include "host/guardian.h"

namespace hone::golang {

// Where hone-go is: $HONE_GO if set; else where it was installed, ../libexec/hone/hone-go from the folder of
// `executable`; else built by the user's Go from the sources that were installed (../share/hone/go/hone-go) into the
// user's cache. kEnvironment if there is none of them, or it does not build.
base::Result<std::filesystem::path> FindHelper(const std::filesystem::path& executable, const host::Guardian& guardian,
                                               const base::Task& task);

// FindHelper for this program.
base::Result<std::filesystem::path> FindHelper(const host::Guardian& guardian, const base::Task& task);

// Inspects the Go code under `dir`. kInput with hone-go's own sentence where there is nothing to inspect; kTimeout
// after two minutes.
base::Result<Inspection> Inspect(const std::filesystem::path& helper, const std::filesystem::path& dir,
                                 const host::Guardian& guardian, const base::Task& task);

}  // namespace hone::golang
