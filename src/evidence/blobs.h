// The folder of blobs: bytes under the SHA-256 that names them, compressed by zstd, each in a file of its own
// (ab/cdef...).
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace hone::evidence {

// Thread-safe as the file system is: a blob's file holds the whole blob from the moment that it exists.
class BlobFolder {
 public:
  explicit BlobFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `bytes` as a file of this folder would hold them.
  static base::Result<std::string> Compress(std::string_view bytes);

  bool Has(const std::string& sha256) const;
  // Puts what Compress answered in its place; whole, or not at all.
  base::Result<void> Put(const std::string& sha256, std::string_view compressed) const;
  // The `bytes` bytes of a blob. kNotFound where it was purged, kCorrupt where they do not hash to the name.
  base::Result<std::string> Get(const std::string& sha256, uint64_t bytes) const;
  // Removes every file that is not one of `wanted`, also those that a killed process left half written. Answers the
  // bytes freed on disk.
  base::Result<uint64_t> RemoveAllBut(const std::set<std::string>& wanted) const;

 private:
  std::filesystem::path PathOf(const std::string& sha256) const;
  std::filesystem::path folder_;
};

}  // namespace hone::evidence
