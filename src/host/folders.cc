// What guardian.h says of folders: where runs live, and removing trees.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "host/guardian.h"

namespace hone::host {
namespace {

// Whether users without special rights can walk through `path` and all that is above it.
bool OthersMayWalkThrough(std::filesystem::path path) {
  for (;;) {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
    if (path == path.root_path() || !path.has_parent_path()) return true;
    path = path.parent_path();
  }
}

std::filesystem::path TemporaryRoot() {
  const char* named = std::getenv("TMPDIR");
  if (named == nullptr || *named != '/') return "/tmp";
  std::filesystem::path path = std::filesystem::path(named).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return ::geteuid() == 0 && !OthersMayWalkThrough(path) ? "/tmp" : path;
}

// Removes what is in the folder `name` of `parent`, and the folder. Never follows a symbolic link.
bool RemoveFolderAt(int parent, const char* name) {
  int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == EACCES && ::fchmodat(parent, name, S_IRWXU, 0) == 0) {
    fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  }
  if (fd < 0) return errno == ENOENT;
  DIR* folder = ::fdopendir(fd);
  if (folder == nullptr) {
    ::close(fd);
    return false;
  }
  struct stat info;
  if (::fstat(fd, &info) == 0 && (info.st_mode & S_IRWXU) != S_IRWXU) ::fchmod(fd, S_IRWXU);
  bool all = true;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view entry_name = entry->d_name;
    if (entry_name == "." || entry_name == "..") continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT) continue;
    all = (errno == EISDIR || errno == EPERM || errno == EACCES) && RemoveFolderAt(fd, entry->d_name) && all;
  }
  ::closedir(folder);
  return (::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) && all;
}

}  // namespace

base::Result<std::filesystem::path> RunRoot() {
  const std::filesystem::path root = TemporaryRoot() / fmt::format("hone-{}", ::geteuid());
  if (::mkdir(root.c_str(), 0711) != 0 && errno != EEXIST) {
    return base::FailErrno(errno, "Cannot create the folder for runs", root.string());
  }
  struct stat info;
  if (::lstat(root.c_str(), &info) != 0)
    return base::FailErrno(errno, "Cannot look at the folder for runs", root.string());
  // In a folder that everybody may write to, somebody else may have made it first.
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return base::Fail(base::Code::kPermission, "The folder for runs belongs to somebody else", root.string(),
                      "Remove it, or set TMPDIR to a folder of your own");
  }
  if ((info.st_mode & 0777) != 0711) ::chmod(root.c_str(), 0711);  // the umask may have taken bits away
  return root;
}

bool RemoveTree(const std::filesystem::path& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return errno == ENOENT;
  if (!S_ISDIR(info.st_mode)) return ::unlink(path.c_str()) == 0;
  return RemoveFolderAt(AT_FDCWD, path.c_str());
}

}  // namespace hone::host
