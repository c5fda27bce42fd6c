// Takes in what a child writes, without ever making it wait: the beginning and the end in memory, a bounded copy in a
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace hone::host {

// Reads a pipe on a thread of its own until its end or Finish().
class Output {
 public:
  static constexpr size_t kKept = size_t{64} << 10;  // of the beginning, and of the end

  // `pipe` is the reading end; `log` may be empty. kIo and others if the log cannot be created. A log that cannot be
  // written later (a full disk) is given up; the child is not disturbed.
  base::Result<void> Start(base::FileDescriptor pipe, const std::filesystem::path& log, uint64_t log_limit);
  ~Output();

  // Takes in what the pipe holds now and ends the thread, even if somebody still has the writing end.
  void Finish();

  // Thread-safe.
  std::string Head() const;
  std::string Tail() const;
  uint64_t bytes() const;

 private:
  void Follow();
  void Keep(std::string_view bytes);
  void Log(std::string_view bytes);

  base::FileDescriptor pipe_;
  base::FileDescriptor finish_;  // an eventfd
  base::FileDescriptor log_;
  uint64_t log_left_ = 0;
  mutable std::mutex mutex_;
  std::string head_;  // under mutex_, like the next two
  std::string tail_;  // at most twice kKept
  uint64_t bytes_ = 0;
  std::thread thread_;
};

}  // namespace hone::host
