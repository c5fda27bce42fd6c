#include "host/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/files.h"
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

// The group that hone is in, below the mount; empty where version 2 does not rule.
std::optional<fs::path> OwnGroup(const fs::path& root) {
  constexpr std::string_view kV2 = "0::/";
  const auto text = base::ReadFile(root / "proc/self/cgroup");
  if (!text || !base::ReadFile(root / "sys/fs/cgroup/cgroup.controllers")) return std::nullopt;
  for (const std::string_view line : base::Lines(*text)) {
    // Above the root of this namespace nothing can be made.
    if (line.starts_with(kV2) && line.find("..") == std::string_view::npos) return fs::path(line.substr(kV2.size()));
  }
  return std::nullopt;
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

base::Result<void> Apply(const CgroupLimits& limits, const fs::path& folder) {
  constexpr int kPeriodUs = 100'000;  // what container runtimes use
  int error = 0;
  if (limits.cpus) {
    const auto quota = std::max<int64_t>(static_cast<int64_t>(*limits.cpus * kPeriodUs), 1000);  // the kernel's least
    error = WriteValue(folder / "cpu.max", fmt::format("{} {}", quota, kPeriodUs));
  }
  if (limits.memory_bytes && error == 0) {
    error = WriteValue(folder / "memory.max", std::to_string(*limits.memory_bytes));
    // A container of the usual runtimes has no swap either; where there is none, there is no such file.
    const int swap = WriteValue(folder / "memory.swap.max", "0");
    if (error == 0 && swap != ENOENT) error = swap;
  }
  if (error == 0) return {};
  return base::Fail(base::Code::kEnvironment, fmt::format("its limits cannot be set: {}", std::strerror(error)));
}

}  // namespace

base::Result<Cgroup> Cgroup::Create(const CgroupLimits& limits, const Guardian& guardian, const fs::path& root) {
  const auto own = OwnGroup(root);
  if (!own) return base::Fail(base::Code::kEnvironment, "cgroup version 2 does not rule here");
  std::vector<std::string> controllers;
  if (limits.cpus) controllers.emplace_back("cpu");
  if (limits.memory_bytes) controllers.emplace_back("memory");
  const fs::path mount = root / "sys/fs/cgroup";
  fs::path parent = own->empty() ? mount : mount / *own;
  static int made = 0;
  const std::string name = fmt::format("hone-{}-{}", ::getpid(), made++);
  for (;; parent = parent.parent_path()) {
    if (Allows(parent, controllers)) {
      const fs::path folder = parent / name;
      if (!guardian.RegisterCgroup(folder)) return base::Fail(base::Code::kIo, "The guardian process is gone");
      if (::mkdir(folder.c_str(), 0755) == 0) {
        Cgroup group(folder, guardian);
        HONE_CHECK_OK(Apply(limits, folder));
        return group;
      }
      guardian.ForgetCgroup(folder);
    }
    if (parent == mount) break;
  }
  return base::Fail(base::Code::kEnvironment, "no control group with limits may be made here");
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : folder_(std::exchange(other.folder_, fs::path())), guardian_(other.guardian_) {}

Cgroup::~Cgroup() {
  if (folder_.empty()) return;
  if (RemoveCgroup(folder_)) guardian_->ForgetCgroup(folder_);
}

std::string ReadCgroup(const fs::path& folder) {
  std::string text;
  for (const char* name : {"cpu.max", "cpu.stat", "memory.max", "memory.peak", "memory.events", "memory.stat"}) {
    const auto content = base::ReadFile(folder / name, 1 << 20);
    if (!content) continue;
    text += fmt::format("# {}\n{}", name, *content);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

bool RemoveCgroup(const fs::path& folder) {
  constexpr int kTries = 50;
  constexpr base::Nanos kPause = 20'000'000;
  for (int i = 0; i < kTries; ++i) {
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    WriteValue(folder / "cgroup.kill", "1");
    base::SystemClock().SleepUntil(base::SystemClock().Now() + kPause);
  }
  return false;
}

}  // namespace hone::host
