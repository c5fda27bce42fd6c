// What the limits of the service's control group did to it in a window: CPU throttling and closeness to the memory
// limit. Meanings of the files: the kernel's Documentation/admin-guide/cgroup-v2.rst, and for version 1
// cgroup-v1/memory.rst and scheduler/sched-bwc.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::metrics {

inline constexpr std::string_view kCgroupKind = "host.cgroup";

// One moment; what a file does not tell is empty.
struct CgroupMoment {
  std::optional<int64_t> quota_us = {};  // of a period; empty: CPU is not limited
  int64_t period_us = 0;
  std::optional<int64_t> periods = {};
  std::optional<int64_t> throttled = {};     // periods in which the group was stopped
  std::optional<int64_t> throttled_us = {};  // summed over CPUs
  std::optional<int64_t> memory_limit = {};  // empty: memory is not limited
  std::optional<int64_t> anonymous = {};     // memory that cannot be dropped: heap and stacks
  std::optional<int64_t> peak = {};          // the largest use since the group was made, cached files included
  std::optional<int64_t> at_limit = {};      // times that the group was to grow over its limit
  std::optional<int64_t> killed = {};        // processes that the kernel killed for that
};

struct CgroupWindow {
  CgroupMoment start = {};
  CgroupMoment end = {};
};

// The capture's bytes, from what host::ReadCgroup answered at both ends of the window; and back.
std::string EncodeCgroup(std::string_view start, std::string_view end);
base::Result<CgroupWindow> DecodeCgroup(std::string_view bytes);

// How a setting of Go's runtime in the service's environment stands to the limit.
enum class RuntimeSetting { kUnset, kWithin, kAbove };

// "2" and "230MiB" as Go's runtime reads GOMAXPROCS and GOMEMLIMIT; empty for anything else.
std::optional<double> ParseGoQuantity(std::string_view text);

struct CgroupOptions {
  std::string service = {};
  double mean_response_ns = 0;  // of all requests of the window
  double cores = 1;             // of the machine
  RuntimeSetting gomaxprocs = RuntimeSetting::kUnset;
  RuntimeSetting gomemlimit = RuntimeSetting::kUnset;
};

// cpu.throttled and mem.limit.
evidence::Judgement JudgeCgroup(const CgroupWindow& window, const evidence::Capture& capture,
                                const CgroupOptions& options);

// Of one capture:
// cgroup.throttled_share@1  periods in which the group was stopped, of those in which it ran
// cgroup.throttled_wait@1   ns: the share of the time that it was stopped on the mean of its CPUs (parameter "cores"),
//                           times the mean response time (parameter "mean_response_ns")
// cgroup.cpu_limit@1        cores
// cgroup.memory_share@1     anonymous memory of the limit, the larger of both ends
// cgroup.memory_limit@1     bytes
// cgroup.memory_peak@1      bytes: the largest use since the service's start, cached files included
// cgroup.at_limit@1         times that the group was to grow over its memory limit
// cgroup.killed@1           processes that the kernel killed at the limit
std::span<const evidence::Method> CgroupMethods();

}  // namespace hone::metrics
