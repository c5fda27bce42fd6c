#include "host/machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "base/ascii.h"
#include "base/files.h"
#include "base/units.h"
#include "host/cgroup_place.h"
#include "host/proc_files.h"

namespace hone::host {
namespace {

constexpr std::string_view kUnknown = "unknown";

struct Groups {
  int version = 0;                        // of control groups
  std::vector<std::string> folders = {};  // from the inside; empty: unknown
};

// Files below one root, absent ones as empty text.
class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}

  std::string Text(const std::string& path) const {
    auto text = base::ReadFile(root_ / path, uint64_t{16} << 20);
    return text ? *std::move(text) : std::string();
  }
  std::string Word(const std::string& path) const {
    const std::string text = Text(path);
    const auto fields = Fields(text);
    return fields.empty() ? std::string() : std::string(fields.front());
  }
  std::optional<int64_t> Integer(const std::string& path) const { return ParseInteger(Word(path)); }
  std::vector<std::string> Entries(const std::string& folder) const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root_ / folder, error)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  // This process's control group of `controller` and those above it, as far as they are mounted.
  Groups GroupsOf(std::string_view controller) const {
    Groups groups;
    std::optional<OwnCgroup> own = OwnCgroupV2(root_);
    groups.version = own ? 2 : 1;
    if (!own) own = OwnCgroupV1(root_, controller);
    if (!own) return groups;
    for (std::filesystem::path folder = own->folder;; folder = folder.parent_path()) {
      groups.folders.push_back(folder.lexically_relative(root_).string() + "/");
      if (folder == own->mount) return groups;
    }
  }
  // Folders of the CPUs: "sys/devices/system/cpu/cpu0", ...
  std::vector<std::string> Cpus() const {
    std::vector<std::string> cpus;
    for (const std::string& name : Entries("sys/devices/system/cpu")) {
      if (name.starts_with("cpu") && ParseInteger(std::string_view(name).substr(3))) {
        cpus.push_back("sys/devices/system/cpu/" + name);
      }
    }
    return cpus;
  }

 private:
  std::filesystem::path root_;
};

std::string OrUnknown(std::string text) { return text.empty() ? std::string(kUnknown) : text; }

// "key : value" of /proc/cpuinfo, its first occurrence.
std::string CpuInfo(std::string_view text, std::string_view key) {
  for (const std::string_view line : base::Lines(text)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string_view::npos ? std::string() : std::string(line.substr(begin));
  }
  return {};
}

int AffinityCores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // more CPUs than the set holds
}

// "-1" is none.
std::optional<double> CfsQuota(const Tree& tree, const std::string& folder) {
  const auto quota = tree.Integer(folder + "cpu.cfs_quota_us");
  const auto period = tree.Integer(folder + "cpu.cfs_period_us");
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

// The tightest quota from the group up to the root.
std::optional<double> QuotaCores(const Tree& tree, const Groups& groups) {
  std::optional<double> quota;
  for (const std::string& folder : groups.folders) {
    const auto here = groups.version == 2 ? ParseCpuMax(tree.Text(folder + "cpu.max")) : CfsQuota(tree, folder);
    if (here && (!quota || *here < *quota)) quota = here;
  }
  return quota;
}

std::optional<uint64_t> MemoryLimit(const Tree& tree, const Groups& groups) {
  constexpr int64_t kNone = int64_t{1} << 62;  // version 1 writes as much as fits
  std::optional<uint64_t> limit;
  for (const std::string& folder : groups.folders) {
    const auto here = tree.Integer(folder + (groups.version == 2 ? "memory.max" : "memory.limit_in_bytes"));
    if (here && *here < kNone && (!limit || static_cast<uint64_t>(*here) < *limit))
      limit = static_cast<uint64_t>(*here);
  }
  return limit;
}

// One value if all CPUs agree, "a, b" otherwise.
std::string Governors(const Tree& tree) {
  std::vector<std::string> seen;
  for (const std::string& cpu : tree.Cpus()) {
    const std::string governor = tree.Word(cpu + "/cpufreq/scaling_governor");
    if (!governor.empty() && std::ranges::find(seen, governor) == seen.end()) seen.push_back(governor);
  }
  return OrUnknown(fmt::format("{}", fmt::join(seen, ", ")));
}

std::optional<int64_t> MeanOverCpus(const Tree& tree, const std::string& file) {
  int64_t sum = 0;
  int64_t count = 0;
  for (const std::string& cpu : tree.Cpus()) {
    if (const auto value = tree.Integer(cpu + file)) {
      sum += *value;
      ++count;
    }
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

// "mains", "battery", or unknown (most servers and VMs have no power supply that they tell of).
std::string Power(const Tree& tree, bool& on_battery) {
  bool mains = false;
  bool battery = false;
  for (const std::string& name : tree.Entries("sys/class/power_supply")) {
    const std::string folder = "sys/class/power_supply/" + name;
    mains = mains || (tree.Word(folder + "/type") == "Mains" && tree.Word(folder + "/online") == "1");
    battery = battery || (tree.Word(folder + "/type") == "Battery" && tree.Word(folder + "/status") == "Discharging");
  }
  on_battery = battery && !mains;
  return on_battery ? "battery" : mains || battery ? "mains" : std::string(kUnknown);
}

std::string Hypervisor(const Tree& tree, const std::string& cpuinfo, bool& virtual_machine) {
  if (cpuinfo.empty()) return std::string(kUnknown);
  const std::string flags = CpuInfo(cpuinfo, "flags");
  const auto words = Fields(flags);
  virtual_machine = std::ranges::find(words, "hypervisor") != words.end();
  const std::string product = tree.Word("sys/class/dmi/id/sys_vendor");
  if (!virtual_machine) return flags.empty() ? std::string(kUnknown) : "none";
  return product.empty() ? "yes" : "yes (" + product + ")";
}

std::optional<int64_t> Throttled(const Tree& tree) {
  const Groups groups = tree.GroupsOf("cpu");
  if (groups.folders.empty()) return std::nullopt;
  const std::string stat = tree.Text(groups.folders.front() + "cpu.stat");
  if (groups.version == 1) return ParseStatusField(stat, "throttled_time");
  const auto usec = ParseStatusField(stat, "throttled_usec");
  return usec ? std::optional(*usec * 1000) : std::nullopt;
}

std::optional<int64_t> ThermalThrottles(const Tree& tree) {
  std::optional<int64_t> sum;
  for (const std::string& cpu : tree.Cpus()) {
    if (const auto count = tree.Integer(cpu + "/thermal_throttle/core_throttle_count")) sum = sum.value_or(0) + *count;
  }
  return sum;
}

}  // namespace

Machine ReadMachine(const std::filesystem::path& root) {
  const Tree tree(root);
  Machine machine;
  const std::string cpuinfo = tree.Text("proc/cpuinfo");
  machine.cores = std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
  const int affinity = AffinityCores();
  const Groups cpu_groups = tree.GroupsOf("cpu");
  const auto quota = QuotaCores(tree, cpu_groups);
  machine.usable_cores = quota ? std::min(*quota, static_cast<double>(affinity)) : affinity;
  const auto total_kb = ParseStatusField(tree.Text("proc/meminfo"), "MemTotal");
  const uint64_t total = static_cast<uint64_t>(total_kb.value_or(0)) * 1024;
  const Groups memory_groups = tree.GroupsOf("memory");
  const auto limit = MemoryLimit(tree, memory_groups);
  machine.memory_bytes = limit && (total == 0 || *limit < total) ? *limit : total;
  const std::string hypervisor = Hypervisor(tree, cpuinfo, machine.virtual_machine);
  const std::string power = Power(tree, machine.on_battery);
  const auto frequency = MeanOverCpus(tree, "/cpufreq/scaling_cur_freq");
  const auto swap_kb = ParseStatusField(tree.Text("proc/meminfo"), "SwapTotal");
  const auto bytes = [](uint64_t value) { return base::FormatBytes(static_cast<double>(value)); };
  machine.facts = {
      {"cpu", OrUnknown(CpuInfo(cpuinfo, "model name"))},
      {"cores", std::to_string(machine.cores)},
      {"usable cores", base::FormatExact(machine.usable_cores)},
      {"cpu quota", quota                        ? base::FormatExact(*quota) + " cores"
                    : cpu_groups.folders.empty() ? std::string(kUnknown)
                                                 : "none"},
      {"memory", total == 0 ? std::string(kUnknown) : bytes(total)},
      {"memory limit", limit                           ? bytes(*limit)
                       : memory_groups.folders.empty() ? std::string(kUnknown)
                                                       : "none"},
      {"swap", swap_kb ? bytes(static_cast<uint64_t>(*swap_kb) * 1024) : std::string(kUnknown)},
      {"kernel", OrUnknown(tree.Word("proc/sys/kernel/osrelease"))},
      {"hypervisor", hypervisor},
      {"governor", Governors(tree)},
      {"frequency", frequency ? fmt::format("{} MHz", *frequency / 1000) : std::string(kUnknown)},
      {"power", power},
      {"load", OrUnknown(tree.Word("proc/loadavg"))},
  };
  return machine;
}

std::string CaptureText(const Facts& facts) {
  std::string text;
  for (const auto& [key, value] : facts) text += fmt::format("{}: {}\n", key, value);
  return text;
}

NoiseSample SampleNoise(const std::filesystem::path& root, base::Clock& clock) {
  const Tree tree(root);
  NoiseSample sample;
  sample.at = clock.Now();
  if (const auto cpu = ParseProcStat(tree.Text("proc/stat"), ::sysconf(_SC_CLK_TCK))) {
    sample.steal_ns = cpu->steal_ns;
    sample.busy_ns = cpu->busy_ns;
  }
  sample.run_delay_ns = ParseSchedstatRunDelay(tree.Text("proc/schedstat"));
  sample.stall_cpu_ns = ParsePressureSomeNs(tree.Text("proc/pressure/cpu"));
  sample.stall_io_ns = ParsePressureSomeNs(tree.Text("proc/pressure/io"));
  sample.stall_memory_ns = ParsePressureSomeNs(tree.Text("proc/pressure/memory"));
  sample.throttled_ns = Throttled(tree);
  sample.thermal_throttles = ThermalThrottles(tree);
  sample.involuntary_switches = ParseStatusField(tree.Text("proc/self/status"), "nonvoluntary_ctxt_switches");
  sample.load_1min = ParseLoadAverage(tree.Text("proc/loadavg"));
  sample.frequency_khz = MeanOverCpus(tree, "/cpufreq/scaling_cur_freq");
  return sample;
}

}  // namespace hone::host
