#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace hone::base {
namespace {

Result<std::string> ReadAll(int fd, const std::filesystem::path& path, uint64_t limit) {
  std::string bytes;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n == 0) return bytes;
    if (n < 0) {
      if (errno == EINTR) continue;
      return FailErrno(errno, "Cannot read a file", path.string());
    }
    bytes.append(buffer, static_cast<size_t>(n));
    if (bytes.size() > limit) return Fail(Code::kInput, "The file is larger than Hone reads", path.string());
  }
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return FailErrno(errno, "Cannot write a file", path.string());
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t limit) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FailErrno(errno, "Cannot open a file", path.string());
  return ReadAll(fd.get(), path, limit);
}

Result<std::optional<std::string>> ReadFileIfPresent(const std::filesystem::path& path) {
  auto bytes = ReadFile(path);
  if (bytes) return std::optional<std::string>(*std::move(bytes));
  if (bytes.error().code == Code::kNotFound) return std::optional<std::string>();
  return std::unexpected(bytes.error());
}

Result<void> WriteFile(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  const std::filesystem::path temporary = path.string() + ".part" + std::to_string(::getpid());
  FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return FailErrno(errno, "Cannot create a file", path.string());
  auto written = WriteAll(fd.get(), bytes, path);
  if (written && ::fsync(fd.get()) != 0) written = FailErrno(errno, "Cannot write a file", path.string());
  fd.Reset();
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = FailErrno(errno, "Cannot write a file", path.string());
  }
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> MakeDirectories(const std::filesystem::path& path, unsigned mode) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return FailErrno(error.value(), "Cannot create a folder", path.parent_path().string());
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return FailErrno(errno, "Cannot create a folder", path.string());
  }
  if (!std::filesystem::is_directory(path, error)) return Fail(Code::kIo, "Not a folder", path.string());
  return {};
}

Result<TemporaryDirectory> TemporaryDirectory::Create(std::string_view label) {
  const char* root = std::getenv("TMPDIR");
  std::string name = std::string(root != nullptr && *root != '\0' ? root : "/tmp") + "/hone-";
  name.append(label).append("-XXXXXX");
  if (::mkdtemp(name.data()) == nullptr) return FailErrno(errno, "Cannot create a temporary folder", name);
  return TemporaryDirectory(name);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) {
  other.path_.clear();
}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  if (this != &other) {
    Remove();
    path_ = std::move(other.path_);
    other.path_.clear();
  }
  return *this;
}

TemporaryDirectory::~TemporaryDirectory() { Remove(); }

void TemporaryDirectory::Remove() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

void FileDescriptor::Reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace hone::base
