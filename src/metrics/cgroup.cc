#include "metrics/cgroup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/units.h"
#include "host/machine.h"
#include "host/proc_files.h"
#include "metrics/thresholds.h"

namespace hone::metrics {
namespace {

using base::Code;
using base::Fail;
using evidence::CaptureBytes;
using evidence::Computed;
using evidence::FindingDraft;
using evidence::MeasurementSpec;
using evidence::Parameters;

constexpr std::string_view kHeader = "host.cgroup 1\n== start\n";
constexpr std::string_view kEnd = "== end\n";

// The text of one file in what host::ReadCgroup answered, behind an end of line; empty where it is missing.
std::string_view FileOf(std::string_view texts, std::string_view name) {
  const std::string heading = fmt::format("\n# {}\n", name);
  const size_t at = texts.find(heading);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + heading.size();
  const size_t next = texts.find("\n# ", begin - 1);
  return texts.substr(begin, next == std::string_view::npos ? next : next + 1 - begin);
}

// The number that is all there is in a file; empty for "max" too.
std::optional<int64_t> NumberOf(std::string_view texts, std::string_view name) {
  const std::vector<std::string_view> words = host::Fields(FileOf(texts, name));
  return words.size() == 1 ? host::ParseInteger(words[0]) : std::nullopt;
}

void ReadCpu(std::string_view texts, CgroupMoment& moment) {
  const std::vector<std::string_view> cpu = host::Fields(FileOf(texts, "cpu.max"));
  if (cpu.size() == 2) {
    moment.quota_us = host::ParseInteger(cpu[0]);  // "max" is none
    moment.period_us = host::ParseInteger(cpu[1]).value_or(0);
  } else if (const auto quota = NumberOf(texts, "cpu.cfs_quota_us"); quota.value_or(-1) > 0) {  // -1 is none
    moment.quota_us = quota;
    moment.period_us = NumberOf(texts, "cpu.cfs_period_us").value_or(0);
  }
  const std::string_view stat = FileOf(texts, "cpu.stat");
  moment.periods = host::ParseStatusField(stat, "nr_periods");
  moment.throttled = host::ParseStatusField(stat, "nr_throttled");
  moment.throttled_us = host::ParseStatusField(stat, "throttled_usec");
  const auto throttled_ns = host::ParseStatusField(stat, "throttled_time");  // version 1
  if (!moment.throttled_us && throttled_ns) moment.throttled_us = *throttled_ns / 1000;
}

void ReadMemoryV2(std::string_view texts, CgroupMoment& moment) {
  moment.memory_limit = NumberOf(texts, "memory.max");
  moment.anonymous = host::ParseStatusField(FileOf(texts, "memory.stat"), "anon");
  moment.peak = NumberOf(texts, "memory.peak");
  const std::string_view events = FileOf(texts, "memory.events");
  moment.at_limit = host::ParseStatusField(events, "max");
  moment.killed = host::ParseStatusField(events, "oom_kill");
}

// "rss" of memory.stat is anonymous memory (not what ps calls so); "total_" counts groups below too.
void ReadMemoryV1(std::string_view texts, std::optional<int64_t> limit, CgroupMoment& moment) {
  constexpr int64_t kNone = int64_t{1} << 62;  // without a limit the file holds the largest number of whole pages
  if (limit && *limit < kNone) moment.memory_limit = limit;
  moment.anonymous = host::ParseStatusField(FileOf(texts, "memory.stat"), "total_rss");
  moment.peak = NumberOf(texts, "memory.max_usage_in_bytes");
  moment.at_limit = NumberOf(texts, "memory.failcnt");
  moment.killed = host::ParseStatusField(FileOf(texts, "memory.oom_control"), "oom_kill");
}

CgroupMoment ReadMoment(std::string_view texts) {
  CgroupMoment moment;
  ReadCpu(texts, moment);
  const auto limit = NumberOf(texts, "memory.limit_in_bytes");
  if (limit) {
    ReadMemoryV1(texts, limit, moment);
  } else {
    ReadMemoryV2(texts, moment);
  }
  return moment;
}

// What a counter grew by; empty where an end does not tell, or it went back.
std::optional<int64_t> Grown(const CgroupWindow& window, std::optional<int64_t> CgroupMoment::* counter) {
  const auto& from = window.start.*counter;
  const auto& to = window.end.*counter;
  return from && to && *to >= *from ? std::optional(*to - *from) : std::nullopt;
}

bool LimitsCpu(const CgroupWindow& window) {
  return window.end.quota_us && window.end.period_us > 0 && Grown(window, &CgroupMoment::periods) &&
         Grown(window, &CgroupMoment::throttled) && Grown(window, &CgroupMoment::throttled_us);
}

bool LimitsMemory(const CgroupWindow& window) {
  return window.end.memory_limit.value_or(0) > 0 && window.start.anonymous && window.end.anonymous;
}

double ThrottledShare(const CgroupWindow& window) {
  const auto periods = static_cast<double>(*Grown(window, &CgroupMoment::periods));
  return periods > 0 ? static_cast<double>(*Grown(window, &CgroupMoment::throttled)) / periods : 0;
}

double MemoryShare(const CgroupWindow& window) {
  return static_cast<double>(std::max(*window.start.anonymous, *window.end.anonymous)) /
         static_cast<double>(*window.end.memory_limit);
}

base::Result<CgroupWindow> Only(std::span<const CaptureBytes> captures, bool (*limits)(const CgroupWindow&)) {
  if (captures.size() != 1 || captures[0].capture->kind != kCgroupKind)
    return Fail(Code::kInput, "The method takes one host.cgroup capture");
  HONE_TRY(CgroupWindow window, DecodeCgroup(captures[0].bytes));
  if (!limits(window)) return Fail(Code::kInput, "The control group has no such limit");
  return window;
}

base::Result<double> Positive(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  double value = 0;
  if (found != parameters.end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value > 0) return value;
  }
  return Fail(Code::kInput, "The method takes a positive number", name);
}

Computed OfPeriods(double value, const CgroupWindow& window) {
  Computed computed;
  computed.value = value;
  computed.n = *Grown(window, &CgroupMoment::periods);
  computed.n_of = "periods";
  if (computed.n < kLeastPeriods) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

Computed OfEnds(double value) {
  Computed computed;
  computed.value = value;
  computed.n = 2;
  computed.n_of = "moments";
  return computed;
}

using Captures = std::span<const CaptureBytes>;

base::Result<Computed> ComputeThrottledShare(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsCpu));
  return OfPeriods(ThrottledShare(window), window);
}

base::Result<Computed> ComputeThrottledWait(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsCpu));
  HONE_TRY(const double mean, Positive(parameters, "mean_response_ns"));
  HONE_TRY(const double cores, Positive(parameters, "cores"));
  const auto periods = static_cast<double>(*Grown(window, &CgroupMoment::periods));
  const double time_us = periods * static_cast<double>(window.end.period_us) * cores;
  const auto stopped_us = static_cast<double>(*Grown(window, &CgroupMoment::throttled_us));
  return OfPeriods(time_us > 0 ? std::min(1.0, stopped_us / time_us) * mean : 0, window);
}

base::Result<Computed> ComputeCpuLimit(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsCpu));
  return OfEnds(static_cast<double>(*window.end.quota_us) / static_cast<double>(window.end.period_us));
}

base::Result<Computed> ComputeMemoryShare(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsMemory));
  return OfEnds(MemoryShare(window));
}

base::Result<Computed> ComputeMemoryLimit(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsMemory));
  return OfEnds(static_cast<double>(*window.end.memory_limit));
}

base::Result<Computed> ComputeMemoryPeak(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsMemory));
  if (!window.end.peak) return Fail(Code::kInput, "The kernel does not tell the group's largest use");
  return OfEnds(static_cast<double>(*window.end.peak));
}

base::Result<Computed> ComputeKilled(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsMemory));
  return OfEnds(static_cast<double>(Grown(window, &CgroupMoment::killed).value_or(0)));
}

base::Result<Computed> ComputeAtLimit(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const CgroupWindow window, Only(captures, LimitsMemory));
  return OfEnds(static_cast<double>(Grown(window, &CgroupMoment::at_limit).value_or(0)));
}

MeasurementSpec Spec(const std::string& metric, const char* unit, const evidence::Capture& capture,
                     const CgroupOptions& options) {
  return {.metric = metric,
          .scope = {.service = options.service},
          .unit = unit,
          .method = metric + "@1",
          .captures = {capture.id}};
}

std::string ThrottledRemedy(double cores, RuntimeSetting gomaxprocs) {
  constexpr std::string_view kRaise = "Raise the CPU limit";
  if (cores < 1) {
    return fmt::format(
        "{}, or ask for less CPU at once: one busy thread alone spends the quota of a period before its end, so that "
        "`GOMAXPROCS` does not help below one core",
        kRaise);
  }
  if (gomaxprocs == RuntimeSetting::kWithin)
    return fmt::format("{}: `GOMAXPROCS` is within it already, so the work itself is more than it allows", kRaise);
  return fmt::format(
      "{}, or set `GOMAXPROCS` to it (rounded up): with more processors the quota of a period is spent in its first "
      "part, and the rest is waited for. Go from `1.25` on does that by itself, down to 2, unless `GOMAXPROCS` is set "
      "or go.mod names an older version",
      kRaise);
}

void JudgeCpu(const CgroupWindow& window, const evidence::Capture& capture, const CgroupOptions& options,
              evidence::Judgement& judgement) {
  if (!LimitsCpu(window)) return;
  const MeasurementSpec share = Spec("cgroup.throttled_share", "ratio", capture, options);
  judgement.measurements.push_back(share);
  if (*Grown(window, &CgroupMoment::periods) < kLeastPeriods) {
    judgement.not_judged.push_back({"CPU limit of " + options.service,
                                    "the service ran in too few periods of its limit",
                                    "A longer window, or a higher rate: [limits] in hone.toml"});
    return;
  }
  if (*Grown(window, &CgroupMoment::throttled) < kLeastThrottled || ThrottledShare(window) < kThrottledShare) return;
  FindingDraft draft;
  draft.rule = "cpu.throttled";
  draft.severity = evidence::Severity::kHigh;
  draft.title = "The CPU limit of {m1} stops the service in {m0} of its periods while it has work";
  draft.subject = {.kind = "service", .name = options.service};
  draft.support = {share, Spec("cgroup.cpu_limit", "cores", capture, options)};
  if (options.mean_response_ns > 0) {
    MeasurementSpec wait = Spec("cgroup.throttled_wait", "ns", capture, options);
    wait.parameters = {{"mean_response_ns", base::FormatExact(options.mean_response_ns)},
                       {"cores", base::FormatExact(std::max(options.cores, 1.0))}};
    draft.support.push_back(std::move(wait));
    draft.time_ns = draft.support.size() - 1;
    draft.ceiling = draft.time_ns;
    draft.ceiling_basis = "the share of the time in which the limit stopped it";
  }
  const double cores = static_cast<double>(*window.end.quota_us) / static_cast<double>(window.end.period_us);
  draft.remedy = ThrottledRemedy(cores, options.gomaxprocs);
  judgement.findings.push_back(std::move(draft));
}

std::string MemoryRemedy(RuntimeSetting gomemlimit) {
  if (gomemlimit == RuntimeSetting::kWithin)
    return "Raise the memory limit, or keep less in memory: `GOMEMLIMIT` is below the limit, so the collector runs "
           "more "
           "and more often to stay there";
  return fmt::format(
      "{} to nine tenths of the limit: the collector then works before the kernel kills the service. What lives must "
      "still fit: otherwise raise the limit",
      gomemlimit == RuntimeSetting::kUnset ? "Set `GOMEMLIMIT`" : "`GOMEMLIMIT` is above the limit: lower it");
}

void JudgeMemory(const CgroupWindow& window, const evidence::Capture& capture, const CgroupOptions& options,
                 evidence::Judgement& judgement) {
  if (!LimitsMemory(window)) return;
  const MeasurementSpec share = Spec("cgroup.memory_share", "ratio", capture, options);
  judgement.measurements.push_back(share);
  if (window.end.peak) judgement.measurements.push_back(Spec("cgroup.memory_peak", "bytes", capture, options));
  const bool killed = Grown(window, &CgroupMoment::killed).value_or(0) > 0;
  if (MemoryShare(window) < kMemoryShare && !killed) return;
  FindingDraft draft;
  draft.rule = "mem.limit";
  draft.severity = evidence::Severity::kHigh;
  draft.title =
      "The service's own memory is {m0} of its limit of {m1}; it was to grow over the limit {m2} times in the window";
  draft.subject = {.kind = "service", .name = options.service};
  draft.support = {share, Spec("cgroup.memory_limit", "bytes", capture, options),
                   Spec("cgroup.at_limit", "count", capture, options)};
  if (killed) {
    draft.title += "; the kernel killed {m3} of its processes";
    draft.support.push_back(Spec("cgroup.killed", "count", capture, options));
  }
  draft.remedy = MemoryRemedy(options.gomemlimit);
  judgement.findings.push_back(std::move(draft));
}

}  // namespace

std::string EncodeCgroup(std::string_view start, std::string_view end) {
  return fmt::format("{}{}{}{}", kHeader, start, kEnd, end);
}

base::Result<CgroupWindow> DecodeCgroup(std::string_view bytes) {
  if (!bytes.starts_with(kHeader)) return Fail(Code::kInput, "Not a host.cgroup capture");
  bytes.remove_prefix(kHeader.size() - 1);  // a line's end stays before the text
  const size_t end = bytes.find(fmt::format("\n{}", kEnd));
  if (end == std::string_view::npos) return Fail(Code::kInput, "Not a host.cgroup capture");
  return CgroupWindow{ReadMoment(bytes.substr(0, end + 1)), ReadMoment(bytes.substr(end + kEnd.size()))};
}

// Units as runtime.parseByteCount has them.
std::optional<double> ParseGoQuantity(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 5> kUnits = {
      {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}}};
  int shift = 0;
  for (const auto& [unit, power] : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    shift = power;
    break;
  }
  const auto number = host::ParseInteger(text);
  if (!number || *number <= 0) return std::nullopt;
  return std::ldexp(static_cast<double>(*number), shift);
}

evidence::Judgement JudgeCgroup(const CgroupWindow& window, const evidence::Capture& capture,
                                const CgroupOptions& options) {
  evidence::Judgement judgement;
  JudgeCpu(window, capture, options, judgement);
  JudgeMemory(window, capture, options, judgement);
  return judgement;
}

std::span<const evidence::Method> CgroupMethods() {
  static constexpr std::array<evidence::Method, 8> kMethods = {{
      {"cgroup.throttled_share@1", "nr_throttled of nr_periods of cpu.stat, their growth in the window",
       ComputeThrottledShare},
      {"cgroup.throttled_wait@1",
       "throttled_usec (throttled_time) over nr_periods times the period and the cores, at most 1, times the mean "
       "response time",
       ComputeThrottledWait},
      {"cgroup.cpu_limit@1", "quota of cpu.max (cpu.cfs_quota_us) over its period", ComputeCpuLimit},
      {"cgroup.memory_share@1",
       "anon (version 1: total_rss) of memory.stat over memory.max (memory.limit_in_bytes), the larger of both ends",
       ComputeMemoryShare},
      {"cgroup.memory_limit@1", "memory.max (memory.limit_in_bytes)", ComputeMemoryLimit},
      {"cgroup.memory_peak@1", "memory.peak (memory.max_usage_in_bytes) at the window's end", ComputeMemoryPeak},
      {"cgroup.killed@1", "oom_kill of memory.events (memory.oom_control), its growth in the window", ComputeKilled},
      {"cgroup.at_limit@1", "max of memory.events (memory.failcnt), its growth in the window", ComputeAtLimit},
  }};
  return kMethods;
}

}  // namespace hone::metrics
