// What a guardian has to end: its registrations, their state file, and the ending itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hone::host {

// A process that is named beyond doubt: numbers are used again, start times with them are not.
struct ProcessName {
  pid_t pid = 0;
  uint64_t start_ticks = 0;
};
ProcessName NameProcess(pid_t pid);        // start_ticks 0: no such process
bool IsAlive(const ProcessName& process);  // a zombie is not

struct RegisteredGroup {
  ProcessName leader = {};
  int stop_signal = 0;
  std::chrono::milliseconds grace = {};
};

struct Registered {
  std::string boot_id = {};
  ProcessName owner = {};  // hone
  ProcessName guardian = {};
  std::vector<RegisteredGroup> groups = {};
  std::set<std::filesystem::path> folders = {};
  std::set<std::filesystem::path> cgroups = {};
};

// The state file: one line an entry. Reading gives nullopt for anything else.
std::string ToText(const Registered& registered);
std::optional<Registered> ParseRegistered(std::string_view text);

// Identifies this boot; empty where the kernel does not tell.
std::string BootId();

// Whether ending a group is allowed when its leader is gone: by a guardian, which knows that its number cannot be
// anybody else's yet, or by a later sweep, which does not.
enum class Leaderless { kEnd, kSpare };

// Sends every group its stop signal, waits until all are gone or their graces are over, then kills. Members are what
// has the group or the session of its leader. Answers how many groups had members.
int EndGroups(const std::vector<RegisteredGroup>& groups, Leaderless leaderless);

}  // namespace hone::host
