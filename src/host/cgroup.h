// A control group (version 2) of a child's own, that limits its CPU and memory and counts what the limits did.
//
// It is made under the group that hone is in, or the nearest one above that lets hone make one; its removal is the
// guardian's too. Source of names and meanings: the kernel's Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

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

  const std::filesystem::path& folder() const { return folder_; }

 private:
  Cgroup(std::filesystem::path folder, const Guardian& guardian) : folder_(std::move(folder)), guardian_(&guardian) {}
  std::filesystem::path folder_;
  const Guardian* guardian_;
};

// The texts of a group's cpu.max, cpu.stat, memory.max, memory.peak, memory.events and memory.stat, each after a line
// "# NAME"; those that are missing are left out.
std::string ReadCgroup(const std::filesystem::path& folder);

// Ends what is in a group and removes it. False if it is still there.
bool RemoveCgroup(const std::filesystem::path& folder);

}  // namespace hone::host
