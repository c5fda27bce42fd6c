// One measurement at a time on a machine: a lock that every user's hone shares, and that the kernel frees when its
// holder dies.
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/task.h"

namespace hone::host {

class MachineLock {
 public:
  // Takes the lock for `verb` ("check"), waiting at most `wait` for another holder. kBusy names the holder, its verb
  // and since when; kCancelled. The lock is held while the object lives.
  static base::Result<MachineLock> Take(std::string_view verb, std::chrono::milliseconds wait, const base::Task& task);

  // The same with a file of one's own choice, for tests.
  static base::Result<MachineLock> TakeFile(const std::filesystem::path& file, std::string_view verb,
                                            std::chrono::milliseconds wait, const base::Task& task);

  // The file that all users of this machine lock: /run/lock/hone.lock where everybody may write there, otherwise
  // /tmp/hone.lock.
  static std::filesystem::path DefaultFile();

 private:
  explicit MachineLock(base::FileDescriptor fd) : fd_(std::move(fd)) {}
  base::FileDescriptor fd_;
};

}  // namespace hone::host
