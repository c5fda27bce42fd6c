// Export: a run with all that hangs on it as plain files that need no hone to be read (docs/evidence.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "evidence/ledger.h"

namespace hone::evidence {

struct Exported {
  std::filesystem::path output = {};
  size_t captures = 0;
  size_t measurements = 0;
  uint64_t bytes = 0;  // of all files
};

// Writes run `run` to `output`: a tar file where the name ends in ".tar", a folder otherwise. Equal runs give equal
// bytes. kUsage where `output` exists; nothing is left of it where writing fails. kNotFound for an unknown run or
// purged bytes.
base::Result<Exported> Export(const Ledger& ledger, int64_t run, const std::filesystem::path& output);

}  // namespace hone::evidence
