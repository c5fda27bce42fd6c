// Processes as /proc and pidfds show them: what stopping and sampling them need.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace hone::host {

// From one line of /proc/PID/stat.
struct ProcStat {
  char state = '?';  // 'Z' is a zombie
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  uint64_t start_ticks = 0;  // since boot
  int64_t reaped_ticks = 0;  // CPU time of its children that ended and were waited for, user + system
};

// The command's name in the line may hold anything, blanks and parentheses too. Empty for what is not such a line.
std::optional<ProcStat> ParseProcPidStat(std::string_view line);

// Empty if there is no such process.
std::optional<ProcStat> ReadProcStat(pid_t pid);

// A descriptor that polls readable when the process has ended, pidfd_open(2); none if there is no such process (errno
// says).
base::FileDescriptor OpenPidfd(pid_t pid);

// All processes, in the order of /proc.
std::vector<pid_t> AllProcesses();

// Reads "123" strictly; empty otherwise. Empty `text` too.
std::optional<int64_t> ParseInteger(std::string_view text);

// `text` split at blanks, tabs and ends of lines; no empty parts. Views into `text`.
std::vector<std::string_view> Fields(std::string_view text);

}  // namespace hone::host
