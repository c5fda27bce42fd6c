// The machine that measures: what it is, what limits it, and how noisy it was between two moments.
//
// Nothing here changes the machine. A file that is missing makes its value "unknown", never "quiet".
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace hone::host {

// Keys and values in print order.
using Facts = std::vector<std::pair<std::string, std::string>>;

// What does not change during a run.
struct Machine {
  int cores = 0;              // online
  double usable_cores = 0;    // after CPU affinity and the cgroup's quota; may be a fraction
  uint64_t memory_bytes = 0;  // usable: the smaller of the machine's and the cgroup's limit; 0 is unknown
  bool virtual_machine = false;
  bool on_battery = false;
  Facts facts =
      {};  // for the report's environment: "cpu", "cores", "memory", "kernel", "hypervisor", "governor", "power", ...
};

// Reads the files of /proc and /sys below `root` ("/" except in tests) and this process's CPU affinity.
Machine ReadMachine(const std::filesystem::path& root = "/");

// The bytes of a "host.machine" capture: one "key: value" line a fact.
std::string CaptureText(const Facts& facts);

// Counters and gauges of one moment. An empty value: this kernel or container does not tell.
struct NoiseSample {
  base::Nanos at = 0;
  std::optional<int64_t> steal_ns = {};      // taken by the hypervisor, all cores, since boot
  std::optional<int64_t> busy_ns = {};       // user + nice + system, all cores, since boot
  std::optional<int64_t> run_delay_ns = {};  // waiting in run queues, all tasks, since boot
  std::optional<int64_t> stall_cpu_ns = {};  // pressure "some" totals, since boot
  std::optional<int64_t> stall_io_ns = {};
  std::optional<int64_t> stall_memory_ns = {};
  std::optional<int64_t> throttled_ns = {};          // by this cgroup's CPU quota
  std::optional<int64_t> thermal_throttles = {};     // events, all cores
  std::optional<int64_t> involuntary_switches = {};  // of this process
  std::optional<double> load_1min = {};
  std::optional<int64_t> frequency_khz = {};  // mean over cores
};

NoiseSample SampleNoise(const std::filesystem::path& root = "/", base::Clock& clock = base::SystemClock());

// Pure parsers of the files behind a sample; nullopt where the text is not what the kernel writes.
struct CpuTimes {
  int64_t busy_ns = 0;
  int64_t steal_ns = 0;
};
std::optional<CpuTimes> ParseProcStat(std::string_view text, int64_t ticks_per_second);
std::optional<int64_t> ParsePressureSomeNs(std::string_view text);     // /proc/pressure/*: the "some" line's total
std::optional<int64_t> ParseSchedstatRunDelay(std::string_view text);  // /proc/schedstat: sum over the cpu lines
std::optional<double> ParseLoadAverage(std::string_view text);
std::optional<int64_t> ParseStatusField(std::string_view text,
                                        std::string_view key);  // /proc/*/status, /proc/meminfo, cpu.stat
std::optional<double> ParseCpuMax(std::string_view text);       // cgroup v2 cpu.max as cores; nullopt for "max" too

// Whether a window was quiet enough to measure in, and why not.
struct NoiseVerdict {
  bool noisy = false;
  std::vector<std::string> reasons = {};  // "the hypervisor took 7.1 % of the CPU time"
  std::vector<std::string> unknown = {};  // what could not be looked at: "steal", "pressure"
  Facts facts = {};                       // every difference, for a "host.noise" capture
};

// Compares two samples of one machine, `after` later than `before`. `own_cpu_ns` is the CPU time that Hone, the service
// and the database used in between: what is busy beyond it is foreign. `cores` is Machine::cores.
NoiseVerdict JudgeNoise(const NoiseSample& before, const NoiseSample& after, int cores, int64_t own_cpu_ns);

}  // namespace hone::host
