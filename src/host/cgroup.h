// A control group of a child's own, that limits its CPU and memory and counts what the limits did.
//
// It is made under the group that hone is in (under version 2: or the nearest one above that lets hone make one), so
// that what limits hone limits it too; its removal is the guardian's as well. Under version 2 it is one folder, under
// version 1 one for each controller. Source of names and meanings: the kernel's
// Documentation/admin-guide/cgroup-v2.rst, and for version 1 cgroup-v1/memory.rst and scheduler/sched-bwc.rst.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "host/guardian.h"

namespace hone::host {

struct CgroupLimits {
  std::optional<double> cpus = {};
  std::optional<int64_t> memory_bytes = {};
};

class Cgroup {
 public:
  // kEnvironment with the reason where this machine does not allow it. The guardian must outlive the object. `root` is
  // "/" except in tests.
  static base::Result<Cgroup> Create(const CgroupLimits& limits, const Guardian& guardian,
                                     const std::filesystem::path& root = "/");
  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();  // kills what is still in it, and removes it

  // What a child joins by writing to the cgroup.procs of each.
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  explicit Cgroup(const Guardian& guardian) : guardian_(&guardian) {}
  base::Result<void> Add(const std::filesystem::path& folder);
  static base::Result<Cgroup> CreateV1(const CgroupLimits& limits, const Guardian& guardian,
                                       const std::filesystem::path& root);

  std::vector<std::filesystem::path> folders_;
  const Guardian* guardian_;
};

// The texts of a group's files about its limits, each after a line "# NAME"; those that are missing are left out.
// Version 2: cpu.max, cpu.stat, memory.max, memory.peak, memory.events, memory.stat. Version 1: cpu.cfs_quota_us,
// cpu.cfs_period_us, cpu.stat, memory.limit_in_bytes, memory.max_usage_in_bytes, memory.failcnt, memory.oom_control,
// memory.stat.
std::string ReadCgroup(std::span<const std::filesystem::path> folders);

// Ends what is in a group and removes it. False if it is still there.
bool RemoveCgroup(const std::filesystem::path& folder);

}  // namespace hone::host
