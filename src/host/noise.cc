// The parsers behind noise samples, and the verdict between two of them: pure functions of machine.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/units.h"
#include "host/machine.h"
#include "host/proc_files.h"
#include "host/thresholds.h"

namespace hone::host {
namespace {

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Collects the differences of one pair of samples.
class Judge {
 public:
  Judge(double window_ns, int cores) : window_(window_ns), cores_(cores) {}

  // A counter's growth as a share of `whole`; noisy above `threshold`, said as `reason` with the share in percent.
  void Share(std::string_view name, const std::optional<int64_t>& before, const std::optional<int64_t>& after,
             double whole, double threshold, std::string_view reason) {
    if (!before || !after || whole <= 0) return Unknown(name);
    Share(name, static_cast<double>(*after - *before), whole, threshold, reason);
  }
  void Share(std::string_view name, double grown, double whole, double threshold, std::string_view reason) {
    const double share = std::max(0.0, grown) / whole;
    verdict_.facts.emplace_back(name, base::FormatExact(share));
    if (share <= threshold) return;
    verdict_.noisy = true;
    verdict_.reasons.push_back(fmt::format("{} ({:.1f} %)", reason, share * 100));
  }
  // A difference that is recorded without a judgement: load of one's own making raises it too.
  void Record(std::string_view name, const std::optional<int64_t>& before, const std::optional<int64_t>& after) {
    if (!before || !after) return Unknown(name);
    verdict_.facts.emplace_back(name, std::to_string(*after - *before));
  }
  void Unknown(std::string_view name) {
    verdict_.facts.emplace_back(name, "unknown");
    verdict_.unknown.emplace_back(name);
  }
  void Noisy(std::string reason) {
    verdict_.noisy = true;
    verdict_.reasons.push_back(std::move(reason));
  }

  double window() const { return window_; }
  double all_cpu() const { return window_ * cores_; }
  NoiseVerdict& verdict() { return verdict_; }

 private:
  double window_;
  int cores_;
  NoiseVerdict verdict_;
};

void JudgeFrequency(const NoiseSample& before, const NoiseSample& after, Judge& judge) {
  if (!before.frequency_khz || !after.frequency_khz || *before.frequency_khz <= 0) return judge.Unknown("frequency");
  const double fall = 1 - static_cast<double>(*after.frequency_khz) / static_cast<double>(*before.frequency_khz);
  judge.verdict().facts.emplace_back("frequency.fall", base::FormatExact(fall));
  if (fall > thresholds::kFrequencyFall) judge.Noisy(fmt::format("the clock frequency fell ({:.1f} %)", fall * 100));
}

}  // namespace

std::optional<CpuTimes> ParseProcStat(std::string_view text, int64_t ticks_per_second) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice: proc(5). Guest time is within user already.
  const std::vector<std::string_view> fields = Fields(text.substr(0, text.find('\n')));
  if (fields.size() < 9 || fields[0] != "cpu" || ticks_per_second <= 0) return std::nullopt;
  int64_t ticks[8] = {};
  for (size_t i = 0; i < 8; ++i) {
    const auto value = ParseInteger(fields[i + 1]);
    if (!value) return std::nullopt;
    ticks[i] = *value;
  }
  const int64_t tick_ns = 1'000'000'000 / ticks_per_second;
  // Interrupts are left out: they belong to no process, and most of them are the packets of hone's own load.
  return CpuTimes{(ticks[0] + ticks[1] + ticks[2]) * tick_ns, ticks[7] * tick_ns};
}

std::optional<int64_t> ParsePressureSomeNs(std::string_view text) {
  constexpr std::string_view kTotal = "total=";
  for (const std::string_view line : base::Lines(text)) {
    const std::vector<std::string_view> fields = Fields(line);
    if (fields.size() < 2 || fields[0] != "some" || !fields.back().starts_with(kTotal)) continue;
    const auto microseconds = ParseInteger(fields.back().substr(kTotal.size()));
    return microseconds ? std::optional(*microseconds * 1000) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<int64_t> ParseSchedstatRunDelay(std::string_view text) {
  // cpuN and nine numbers, of which the eighth is the time that tasks waited to run:
  // Documentation/scheduler/sched-stats.rst.
  std::optional<int64_t> sum;
  for (const std::string_view line : base::Lines(text)) {
    const std::vector<std::string_view> fields = Fields(line);
    if (fields.size() < 10 || !fields[0].starts_with("cpu")) continue;
    const auto delay = ParseInteger(fields[8]);
    if (!delay) return std::nullopt;
    sum = sum.value_or(0) + *delay;
  }
  return sum;
}

std::optional<double> ParseLoadAverage(std::string_view text) {
  const std::vector<std::string_view> fields = Fields(text);
  return fields.size() < 3 ? std::nullopt : ParseDouble(fields[0]);
}

std::optional<int64_t> ParseStatusField(std::string_view text, std::string_view key) {
  for (const std::string_view line : base::Lines(text)) {
    const std::vector<std::string_view> fields = Fields(line);
    if (fields.size() < 2) continue;
    std::string_view name = fields[0];
    if (name.ends_with(':')) name.remove_suffix(1);
    if (name == key) return ParseInteger(fields[1]);
  }
  return std::nullopt;
}

std::optional<double> ParseCpuMax(std::string_view text) {
  const std::vector<std::string_view> fields = Fields(text);
  if (fields.size() != 2) return std::nullopt;
  const auto quota = ParseDouble(fields[0]);
  const auto period = ParseDouble(fields[1]);
  if (!quota || !period || *period <= 0 || *quota <= 0) return std::nullopt;
  return *quota / *period;
}

NoiseVerdict JudgeNoise(const NoiseSample& before, const NoiseSample& after, int cores, int64_t own_cpu_ns) {
  Judge judge(static_cast<double>(after.at - before.at), cores);
  judge.verdict().facts.emplace_back("window_ns", std::to_string(after.at - before.at));
  judge.Share("steal", before.steal_ns, after.steal_ns, judge.all_cpu(), thresholds::kSteal,
              "the hypervisor took CPU time");
  if (before.busy_ns && after.busy_ns && judge.window() > 0) {
    const auto foreign = static_cast<double>(*after.busy_ns - *before.busy_ns - own_cpu_ns);
    judge.Share("foreign_cpu", foreign, judge.all_cpu(), thresholds::kForeignCpu, "other programs used the CPU");
  } else {
    judge.Unknown("foreign_cpu");
  }
  judge.Share("stall.memory", before.stall_memory_ns, after.stall_memory_ns, judge.window(), thresholds::kMemoryStall,
              "tasks waited for memory");
  judge.Share("stall.io", before.stall_io_ns, after.stall_io_ns, judge.window(), thresholds::kIoStall,
              "tasks waited for storage");
  judge.Share("throttled", before.throttled_ns, after.throttled_ns, judge.window(), thresholds::kThrottled,
              "the CPU quota held tasks back");
  if (before.thermal_throttles && after.thermal_throttles && *after.thermal_throttles > *before.thermal_throttles) {
    judge.Noisy("the CPU was slowed down by heat");
  }
  judge.Record("thermal_throttles", before.thermal_throttles, after.thermal_throttles);
  JudgeFrequency(before, after, judge);
  judge.Record("stall.cpu_ns", before.stall_cpu_ns, after.stall_cpu_ns);
  judge.Record("run_delay_ns", before.run_delay_ns, after.run_delay_ns);
  judge.Record("involuntary_switches", before.involuntary_switches, after.involuntary_switches);
  if (after.load_1min) {
    judge.verdict().facts.emplace_back("load_1min", base::FormatExact(*after.load_1min));
  } else {
    judge.Unknown("load_1min");
  }
  return std::move(judge.verdict());
}

}  // namespace hone::host
