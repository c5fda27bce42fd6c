#include "host/registered.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/files.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kPoll = std::chrono::milliseconds(10);
constexpr nanoseconds kAfterKill =
    std::chrono::seconds(2);  // a killed process may still be in an uninterruptible write
constexpr std::string_view kFirstLine = "hone-guardian 1";

bool IsMember(const ProcStat& process, pid_t leader) {
  return (process.group == leader || process.session == leader) && process.state != 'Z' && process.state != 'X';
}

std::vector<pid_t> MembersOf(pid_t leader) {
  std::vector<pid_t> members;
  for (const pid_t pid : AllProcesses()) {
    const auto stat = ReadProcStat(pid);
    if (stat && IsMember(*stat, leader)) members.push_back(pid);
  }
  return members;
}

bool MayEnd(const RegisteredGroup& group, Leaderless leaderless) {
  const ProcessName now = NameProcess(group.leader.pid);
  if (now.start_ticks == 0) return leaderless == Leaderless::kEnd;
  // A leader that was reaped before anybody could ask for its start time has 0, which equals nobody's.
  return now.start_ticks == group.leader.start_ticks;
}

void SignalAll(const RegisteredGroup& group, int number) {
  for (const pid_t pid : MembersOf(group.leader.pid)) ::kill(pid, number);
}

// Waits until none of the groups has members; false after `limit`.
bool WaitUntilGone(const std::vector<RegisteredGroup>& groups, nanoseconds limit) {
  base::Clock& clock = base::SystemClock();
  const base::Nanos deadline = clock.Now() + limit.count();
  for (;;) {
    const bool gone =
        std::ranges::all_of(groups, [](const auto& group) { return MembersOf(group.leader.pid).empty(); });
    if (gone) return true;
    if (clock.Now() >= deadline) return false;
    clock.SleepUntil(clock.Now() + kPoll.count());
  }
}

std::optional<ProcessName> ParseName(std::string_view pid, std::string_view ticks) {
  const auto number = ParseInteger(pid);
  const auto start = ParseInteger(ticks);
  if (!number || !start || *number <= 1 || *start < 0) return std::nullopt;
  return ProcessName{static_cast<pid_t>(*number), static_cast<uint64_t>(*start)};
}

std::optional<RegisteredGroup> ParseGroup(const std::vector<std::string_view>& fields) {
  if (fields.size() != 5) return std::nullopt;
  const auto leader = ParseName(fields[1], fields[2]);
  const auto number = ParseInteger(fields[3]);
  const auto grace = ParseInteger(fields[4]);
  if (!leader || !number || !grace || *number <= 0 || *number >= NSIG || *grace < 0) return std::nullopt;
  return RegisteredGroup{*leader, static_cast<int>(*number), std::chrono::milliseconds(*grace)};
}

bool ParseLine(std::string_view line, Registered& registered) {
  constexpr std::string_view kFolder = "folder ";
  constexpr std::string_view kCgroup = "cgroup ";
  if (line.starts_with(kFolder)) return registered.folders.insert(line.substr(kFolder.size())).second;
  if (line.starts_with(kCgroup)) return registered.cgroups.insert(line.substr(kCgroup.size())).second;
  const std::vector<std::string_view> fields = Fields(line);
  if (fields.size() == 2 && fields[0] == "boot") {
    registered.boot_id = fields[1];
    return true;
  }
  if (fields.size() == 3 && (fields[0] == "owner" || fields[0] == "guardian")) {
    const auto name = ParseName(fields[1], fields[2]);
    if (name) (fields[0] == "owner" ? registered.owner : registered.guardian) = *name;
    return name.has_value();
  }
  const auto group = !fields.empty() && fields[0] == "group" ? ParseGroup(fields) : std::nullopt;
  if (group) registered.groups.push_back(*group);
  return group.has_value();
}

}  // namespace

ProcessName NameProcess(pid_t pid) {
  const auto stat = ReadProcStat(pid);
  return {pid, stat ? stat->start_ticks : 0};
}

bool IsAlive(const ProcessName& process) {
  const auto stat = ReadProcStat(process.pid);
  return stat && stat->start_ticks == process.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

std::string BootId() {
  const auto text = base::ReadFile("/proc/sys/kernel/random/boot_id");
  return text && !Fields(*text).empty() ? std::string(Fields(*text).front()) : "";
}

std::string ToText(const Registered& registered) {
  std::string text = fmt::format("{}\n", kFirstLine);
  if (!registered.boot_id.empty()) text += fmt::format("boot {}\n", registered.boot_id);
  text += fmt::format("owner {} {}\n", registered.owner.pid, registered.owner.start_ticks);
  text += fmt::format("guardian {} {}\n", registered.guardian.pid, registered.guardian.start_ticks);
  for (const RegisteredGroup& group : registered.groups) {
    text += fmt::format("group {} {} {} {}\n", group.leader.pid, group.leader.start_ticks, group.stop_signal,
                        group.grace.count());
  }
  for (const auto& folder : registered.folders) text += fmt::format("folder {}\n", folder.string());
  for (const auto& cgroup : registered.cgroups) text += fmt::format("cgroup {}\n", cgroup.string());
  return text;
}

std::optional<Registered> ParseRegistered(std::string_view text) {
  Registered registered;
  const std::vector<std::string_view> lines = base::Lines(text);
  if (lines.empty() || lines.front() != kFirstLine) return std::nullopt;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!ParseLine(lines[i], registered)) return std::nullopt;
  }
  return registered;
}

int EndGroups(const std::vector<RegisteredGroup>& groups, Leaderless leaderless) {
  std::vector<RegisteredGroup> ending;
  nanoseconds grace{0};
  for (const RegisteredGroup& group : groups) {
    if (!MayEnd(group, leaderless) || MembersOf(group.leader.pid).empty()) continue;
    SignalAll(group, group.stop_signal);
    SignalAll(group, SIGCONT);  // a stopped process would not see it
    ending.push_back(group);
    grace = std::max<nanoseconds>(grace, group.grace);
  }
  if (WaitUntilGone(ending, grace)) return static_cast<int>(ending.size());
  for (const RegisteredGroup& group : ending) SignalAll(group, SIGKILL);
  WaitUntilGone(ending, kAfterKill);
  return static_cast<int>(ending.size());
}

}  // namespace hone::host
