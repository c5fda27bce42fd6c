#include "host/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "host/cgroup_place.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

namespace fs = std::filesystem;

// Into a file of the kernel's, which makes none: an error is the kernel's answer.
int WriteValue(const fs::path& file, std::string_view value) {
  const base::FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  return ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()) ? 0 : errno;
}

// Whether groups below `parent` may have these controllers; tries to let them.
bool Allows(const fs::path& parent, const std::vector<std::string>& controllers) {
  const auto enabled = [&](const std::string& controller) {
    const auto text = base::ReadFile(parent / "cgroup.subtree_control");
    const std::vector<std::string_view> names = text ? Fields(*text) : std::vector<std::string_view>();
    return std::ranges::find(names, controller) != names.end();
  };
  return std::ranges::all_of(controllers, [&](const std::string& controller) {
    return enabled(controller) || WriteValue(parent / "cgroup.subtree_control", "+" + controller) == 0;
  });
}

constexpr int64_t kPeriodUs = 100'000;  // what container runtimes use

int64_t QuotaUs(double cpus) {
  constexpr int64_t kLeast = 1000;  // the kernel's
  return std::max(static_cast<int64_t>(cpus * static_cast<double>(kPeriodUs)), kLeast);
}

// A group counts as one process where it competes with others: this one as much as a thread on each CPU would outside
// of it, so that its times under load are not those of a process that waits for the rest of the machine. Only a wish.
int64_t Weight(int64_t of_one) { return of_one * std::clamp<int64_t>(::sysconf(_SC_NPROCESSORS_ONLN), 1, 100); }

// Of the first file that could not be written; a `kOptional` one may be missing.
enum class Need { kRequired, kOptional };
struct Setting {
  fs::path file;
  std::string value;
  Need need = Need::kRequired;
};

base::Result<void> Apply(const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) {
    const int error = WriteValue(setting.file, setting.value);
    if (error == 0 || (setting.need == Need::kOptional && error == ENOENT)) continue;
    return base::Fail(base::Code::kEnvironment, fmt::format("its limits cannot be set: {}: {}",
                                                            setting.file.filename().string(), std::strerror(error)));
  }
  return {};
}

// A container of the usual runtimes has no swap; where there is none, there is no such file.
std::vector<Setting> SettingsV2(const CgroupLimits& limits, const fs::path& folder) {
  std::vector<Setting> settings;
  if (limits.cpus) settings.push_back({folder / "cpu.max", fmt::format("{} {}", QuotaUs(*limits.cpus), kPeriodUs)});
  if (limits.memory_bytes) {
    settings.push_back({folder / "memory.max", std::to_string(*limits.memory_bytes)});
    settings.push_back({folder / "memory.swap.max", "0", Need::kOptional});
  }
  return settings;
}

// memory.memsw is memory and swap together, and may not be below memory: it comes second.
std::vector<Setting> SettingsV1(const CgroupLimits& limits, const fs::path& cpu, const fs::path& memory) {
  std::vector<Setting> settings;
  if (limits.cpus) {
    settings.push_back({cpu / "cpu.cfs_period_us", std::to_string(kPeriodUs)});
    settings.push_back({cpu / "cpu.cfs_quota_us", std::to_string(QuotaUs(*limits.cpus))});
  }
  if (limits.memory_bytes) {
    const std::string bytes = std::to_string(*limits.memory_bytes);
    settings.push_back({memory / "memory.limit_in_bytes", bytes});
    settings.push_back({memory / "memory.memsw.limit_in_bytes", bytes, Need::kOptional});
    settings.push_back({memory / "memory.swappiness", "0", Need::kOptional});
  }
  return settings;
}

// Nobody's but this group's, so that a later sweep may end what is in it.
std::string NewName() {
  return fmt::format("hone-{}-{}", ::getpid(), base::Sha256Hex(base::RandomBytes(16)).substr(0, 12));
}

std::vector<pid_t> ProcessesIn(const fs::path& folder) {
  std::vector<pid_t> members;
  const auto text = base::ReadFile(folder / "cgroup.procs", 1 << 20);
  const std::vector<std::string_view> words = text ? Fields(*text) : std::vector<std::string_view>();
  for (const std::string_view word : words) {
    const auto pid = ParseInteger(word);
    if (pid.value_or(0) > 1) members.push_back(static_cast<pid_t>(*pid));  // 0: outside of this PID namespace
  }
  return members;
}

// Where the kernel has no cgroup.kill: version 1, and version 2 before Linux 5.14. A process that is in the list while
// its descriptor is open is the one that is meant, and no later one with its number.
void KillMembers(const fs::path& folder) {
  std::map<pid_t, base::FileDescriptor> open;
  for (const pid_t pid : ProcessesIn(folder)) open.emplace(pid, OpenPidfd(pid));
  for (const pid_t pid : ProcessesIn(folder)) {
    const auto found = open.find(pid);
    if (found != open.end() && found->second)
      ::syscall(SYS_pidfd_send_signal, found->second.get(), SIGKILL, nullptr, 0);
  }
}

}  // namespace

base::Result<void> Cgroup::Add(const fs::path& folder) {
  if (!guardian_->RegisterCgroup(folder)) return base::Fail(base::Code::kIo, "The guardian process is gone");
  if (::mkdir(folder.c_str(), 0755) == 0) {
    folders_.push_back(folder);
    return {};
  }
  const int error = errno;
  guardian_->ForgetCgroup(folder);
  return base::Fail(base::Code::kEnvironment,
                    fmt::format("no control group may be made here: {}", std::strerror(error)));
}

base::Result<Cgroup> Cgroup::Create(const CgroupLimits& limits, const Guardian& guardian, const fs::path& root) {
  const auto own = OwnCgroupV2(root);
  if (!own) return CreateV1(limits, guardian, root);
  std::vector<std::string> controllers;
  if (limits.cpus) controllers.emplace_back("cpu");
  if (limits.memory_bytes) controllers.emplace_back("memory");
  Cgroup group(guardian);
  const std::string name = NewName();
  for (fs::path parent = own->folder;; parent = parent.parent_path()) {
    if (Allows(parent, controllers)) {
      const auto added = group.Add(parent / name);
      if (!added && added.error().code != base::Code::kEnvironment) return std::unexpected(added.error());
      if (added) {
        HONE_CHECK_OK(Apply(SettingsV2(limits, parent / name)));
        if (limits.cpus) WriteValue(parent / name / "cpu.weight", std::to_string(Weight(100)));
        return group;
      }
    }
    if (parent == own->mount) break;
  }
  return base::Fail(base::Code::kEnvironment, "no control group with limits may be made here");
}

base::Result<Cgroup> Cgroup::CreateV1(const CgroupLimits& limits, const Guardian& guardian, const fs::path& root) {
  Cgroup group(guardian);
  const std::string name = NewName();
  const auto make = [&](std::string_view controller) -> base::Result<fs::path> {
    const auto own = OwnCgroupV1(root, controller);
    if (!own)
      return base::Fail(base::Code::kEnvironment, fmt::format("no cgroup controller `{}` is mounted here", controller));
    fs::path folder = own->folder / name;
    // A hierarchy may hold both controllers.
    if (std::ranges::find(group.folders_, folder) == group.folders_.end()) {
      HONE_CHECK_OK(group.Add(folder));
    }
    return folder;
  };
  fs::path cpu;
  fs::path memory;
  if (limits.cpus) {
    HONE_TRY(cpu, make("cpu"));
  }
  if (limits.memory_bytes) {
    HONE_TRY(memory, make("memory"));
  }
  HONE_CHECK_OK(Apply(SettingsV1(limits, cpu, memory)));
  if (limits.cpus) WriteValue(cpu / "cpu.shares", std::to_string(Weight(1024)));
  return group;
}

Cgroup::Cgroup(Cgroup&& other) noexcept : folders_(std::exchange(other.folders_, {})), guardian_(other.guardian_) {}

Cgroup::~Cgroup() {
  for (const fs::path& folder : folders_) {
    if (RemoveCgroup(folder)) guardian_->ForgetCgroup(folder);
  }
}

std::string ReadCgroup(std::span<const fs::path> folders) {
  std::string text;
  for (const fs::path& folder : folders) {
    for (const char* name : {"cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.stat", "memory.max",
                             "memory.limit_in_bytes", "memory.peak", "memory.max_usage_in_bytes", "memory.events",
                             "memory.failcnt", "memory.oom_control", "memory.stat"}) {
      const auto content = base::ReadFile(folder / name, 1 << 20);
      if (!content) continue;
      text += fmt::format("# {}\n{}", name, *content);
      if (!text.ends_with('\n')) text += '\n';
    }
  }
  return text;
}

bool RemoveCgroup(const fs::path& folder) {
  constexpr int kTries = 50;
  constexpr base::Nanos kPause = 20'000'000;
  for (int i = 0; i < kTries; ++i) {
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    if (WriteValue(folder / "cgroup.kill", "1") != 0) KillMembers(folder);
    base::SystemClock().SleepUntil(base::SystemClock().Now() + kPause);
  }
  return false;
}

}  // namespace hone::host
