// Files and folders: whole reads and writes, and folders that disappear.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace hone::base {

// The whole file as bytes; kNotFound, kPermission or kIo; kInput if it is larger than `limit` bytes.
Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t limit = uint64_t{1} << 32);

// The same for a file that may be missing (absent is not an error). Works on /proc and /sys.
Result<std::optional<std::string>> ReadFileIfPresent(const std::filesystem::path& path);

// Writes a temporary file beside `path`, syncs it and renames it, so that `path` holds all of `bytes` or what it held
// before.
Result<void> WriteFile(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

// Creates a folder and its parents with `mode` for the last one; one that exists is fine.
Result<void> MakeDirectories(const std::filesystem::path& path, unsigned mode = 0755);

// A folder under $TMPDIR (or /tmp) named hone-LABEL-XXXXXX, mode 0700, removed with all that is in it when the object
// dies.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> Create(std::string_view label);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  void Remove();
  std::filesystem::path path_;
};

// Closes a file descriptor when it dies; -1 is none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~FileDescriptor() { Reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace hone::base
