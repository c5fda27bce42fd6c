#include "evidence/blobs.h"

#include <zstd.h>

#include "base/files.h"
#include "base/hash.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;
namespace fs = std::filesystem;

// zstd's default: higher levels cost more time than they save space on captures.
constexpr int kCompressionLevel = 3;

}  // namespace

fs::path BlobFolder::PathOf(const std::string& sha256) const {
  return folder_ / sha256.substr(0, 2) / sha256.substr(2);
}

Result<std::string> BlobFolder::Compress(std::string_view bytes) {
  std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compress(compressed.data(), compressed.size(), bytes.data(), bytes.size(), kCompressionLevel);
  if (ZSTD_isError(size) != 0)
    return Fail(Code::kIo, std::string("Cannot compress a capture (") + ZSTD_getErrorName(size) + ")");
  compressed.resize(size);
  return compressed;
}

bool BlobFolder::Has(const std::string& sha256) const {
  std::error_code ignored;
  return fs::is_regular_file(PathOf(sha256), ignored);
}

Result<void> BlobFolder::Put(const std::string& sha256, std::string_view compressed) const {
  const fs::path path = PathOf(sha256);
  HONE_CHECK_OK(base::MakeDirectories(path.parent_path(), 0700));
  return base::WriteFile(path, compressed, 0600);
}

Result<std::string> BlobFolder::Get(const std::string& sha256, uint64_t bytes) const {
  auto compressed = base::ReadFile(PathOf(sha256));
  if (!compressed) {
    if (compressed.error().code != Code::kNotFound) return std::unexpected(compressed.error());
    return Fail(Code::kNotFound, "The bytes of a capture are not in the ledger any more", "sha256:" + sha256);
  }
  const auto damaged = [&](const std::string& how) {
    return Fail(Code::kCorrupt, "The bytes of a capture are damaged (" + how + ")", "sha256:" + sha256,
                "What was measured from them cannot be computed again");
  };
  if (ZSTD_getFrameContentSize(compressed->data(), compressed->size()) != bytes)
    return damaged("their length is wrong");
  std::string plain(bytes, '\0');
  const size_t size = ZSTD_decompress(plain.data(), plain.size(), compressed->data(), compressed->size());
  if (ZSTD_isError(size) != 0) return damaged(ZSTD_getErrorName(size));
  if (size != bytes || base::Sha256Hex(plain) != sha256) return damaged("their hash is wrong");
  return plain;
}

Result<uint64_t> BlobFolder::RemoveAllBut(const std::set<std::string>& wanted) const {
  uint64_t freed = 0;
  std::error_code error;
  for (const fs::directory_entry& group : fs::directory_iterator(folder_, error)) {
    std::error_code inner;
    for (const fs::directory_entry& file : fs::directory_iterator(group.path(), inner)) {
      if (wanted.contains(group.path().filename().string() + file.path().filename().string())) continue;
      const uint64_t size = file.file_size(inner);
      if (fs::remove(file.path(), inner)) freed += size;
      if (inner) return base::FailErrno(inner.value(), "Cannot remove a blob", file.path().string());
    }
    fs::remove(group.path(), inner);  // refused where it is not empty
  }
  if (error) return base::FailErrno(error.value(), "Cannot read the folder of blobs", folder_.string());
  return freed;
}

}  // namespace hone::evidence
