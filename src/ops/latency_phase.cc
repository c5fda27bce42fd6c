#include "ops/latency_phase.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/units.h"
#include "load/capture.h"
#include "load/engine.h"
#include "load/pilot.h"
#include "load/validity.h"
#include "metrics/prometheus.h"
#include "ops/metrics_watch.h"
#include "ops/process_watch.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kWarmup = base::kSecond;

pid_t DatabasePid(Rig& rig) { return rig.cluster() != nullptr ? rig.cluster()->pid() : 0; }

// The mean cost of a request of the mix, by weight.
load::PilotSettings Settings(const LoadContext& context, const std::vector<LoadTarget>& targets) {
  load::PilotSettings settings;
  settings.cores = context.cores;
  settings.connections = context.project.limits.connections;
  settings.window_s = 2;
  settings.trials = 2;
  double weight = 0;
  for (const LoadTarget& target : targets) {
    weight += target.weight;
    settings.response_s += target.weight * static_cast<double>(target.typical.response_ns) / 1e9;
    settings.cpu_s += target.weight *
                      static_cast<double>(std::max<int64_t>(target.typical.service_cpu_ns, 0) + target.typical.db_ns) /
                      1e9;
  }
  settings.response_s /= weight;
  settings.cpu_s /= weight;
  return settings;
}

double MedianResponse(const load::LoadResult& result, base::Nanos from, base::Nanos to) {
  load::LoadResult part = result;
  std::erase_if(part.slices, [&](const load::Slice& slice) { return slice.start < from || slice.start >= to; });
  const auto merged = load::Merged(part, load::Timing::kResponse, load::Outcome::kOk);
  return merged && merged->count() > 0 ? static_cast<double>(merged->ValueAtQuantile(0.5)) / 1e9 : 0;
}

load::PilotObservation Observe(const load::LoadResult& result, const std::vector<ProcessPoint>& points) {
  load::PilotObservation observation;
  observation.rate = result.rate;
  for (const load::EndpointCounts& counts : result.counts) {
    const auto ended = [&](load::Outcome outcome) {
      return static_cast<double>(counts.ended[static_cast<size_t>(outcome)]);
    };
    observation.sent += static_cast<double>(counts.arrivals);
    observation.answered += ended(load::Outcome::kOk);
    observation.censored += ended(load::Outcome::kCensored);
    observation.failed +=
        static_cast<double>(counts.arrivals) - ended(load::Outcome::kOk) - ended(load::Outcome::kCensored);
  }
  observation.cpu_cores = ServiceCores(points) + DatabaseCores(points);
  const base::Nanos middle = (result.start + result.end) / 2 / base::kSecond * base::kSecond;
  observation.response_first_half_s = MedianResponse(result, 0, middle);
  observation.response_second_half_s = MedianResponse(result, middle, INT64_MAX);
  observation.generator_bound = load::Judge(result).validity == evidence::Validity::kGeneratorBound;
  return observation;
}

struct Chosen {
  double rate = 0;
  std::string reason;
};

base::Result<Chosen> ChooseRate(LoadContext& context, const std::vector<LoadTarget>& targets) {
  if (context.project.limits.rate) return Chosen{*context.project.limits.rate, "as hone.toml says"};
  load::Pilot pilot(Settings(context, targets));
  load::PilotAction action = pilot.Begin();
  bool renewed = false;  // and the trial is done once more
  for (uint64_t trial = 1; const auto* attempt = std::get_if<load::TryRate>(&action); ++trial) {
    context.task.Report(
        {fmt::format("Trying {} requests a second", base::FormatCount(attempt->rate)),
         attempt->seconds + static_cast<double>(context.project.limits.latency_for_ns) / 1e9 + context.later_seconds});
    HONE_TRY(const auto plan,
             PlanLoad(context, targets, attempt->rate, 0,
                      static_cast<base::Nanos>(attempt->seconds * static_cast<double>(base::kSecond)), trial));
    ProcessWatch watch(context.rig.service_pid(), DatabasePid(context.rig));
    HONE_TRY(const load::LoadResult result, load::Run(plan, context.task));
    HONE_CHECK_OK(context.task.Check());
    const std::vector<ProcessPoint> points = watch.Stop();
    if (!renewed) {
      HONE_TRY(renewed, RenewAfter(context, plan, result));
      if (renewed) continue;
    }
    action = pilot.Next(Observe(result, points));
    HONE_CHECK_OK(LetRest(context, result));
  }
  const auto& use = std::get<load::UseRate>(action);
  return Chosen{use.rate, use.reason};
}

}  // namespace

base::Result<load::LoadPlan> PlanLoad(LoadContext& context, const std::vector<LoadTarget>& targets, double rate,
                                      base::Nanos warmup, base::Nanos duration, uint64_t seed) {
  load::LoadPlan plan;
  plan.address = context.rig.address();
  plan.rate = rate;
  plan.warmup = warmup;
  plan.duration = duration;
  plan.connections = context.project.limits.connections;
  plan.seed = seed;
  double weights = 0;
  for (const LoadTarget& target : targets) weights += target.weight;
  HONE_CHECK_OK(context.rig.KeepFresh(warmup + duration + base::kSecond));
  const double requests = rate * static_cast<double>(warmup + duration) / static_cast<double>(base::kSecond);
  for (const LoadTarget& target : targets) {
    HONE_TRY(plan.endpoints.emplace_back(), PrepareLoad(context.project, target, context.learned, context.rig,
                                                        context.sequence, requests * target.weight / weights));
  }
  return plan;
}

base::Result<bool> RenewAfter(LoadContext& context, const load::LoadPlan& plan, const load::LoadResult& result) {
  constexpr int kUnauthorized = 401;
  for (size_t i = 0; i < plan.endpoints.size() && i < result.counts.size(); ++i) {
    const std::vector<int>& wanted = plan.endpoints[i].statuses;
    const bool refused = result.counts[i].statuses.contains(kUnauthorized);
    if (refused && std::ranges::find(wanted, kUnauthorized) == wanted.end()) return context.rig.Renew();
  }
  return false;
}

base::Result<evidence::Capture> KeepLoad(LoadContext& context, const load::LoadResult& result,
                                         const std::string& endpoint, bool profiler_on) {
  evidence::Capture capture;
  capture.kind = load::kCaptureKind;
  capture.scope.service = context.project.service.name;
  capture.scope.endpoint = endpoint;
  capture.phase = evidence::Phase::kLoaded;
  capture.start_ns = result.start;
  capture.end_ns = result.end;
  capture.rate = result.rate;
  capture.through_proxy = context.rig.proxy() != nullptr;
  capture.profiler_on = profiler_on;
  return context.measurer.Keep(capture, load::Encode(result));
}

namespace {

base::Result<std::vector<evidence::CaptureId>> KeepMetrics(LoadContext& context, const Latency& latency,
                                                           const std::vector<MetricsPoint>& points) {
  int64_t answered = 0;
  for (const load::EndpointCounts& counts : latency.result.counts)
    answered += counts.ended[static_cast<size_t>(load::Outcome::kOk)];
  std::vector<evidence::CaptureId> ids;
  for (const MetricsPoint& point : points) {
    const auto text =
        metrics::Redact(point.text, [&](std::string_view value) { return context.redactor.Token(value); });
    if (!text) continue;  // no Prometheus text: nothing is measured from it
    evidence::Capture capture = latency.capture;
    capture.kind = "metrics.prometheus";
    capture.start_ns = capture.end_ns = point.at_ns;
    capture.parameters["requests"] = std::to_string(answered);
    HONE_TRY(capture, context.measurer.Keep(std::move(capture), *text));
    ids.push_back(capture.id);
  }
  return ids;
}

// One window at a rate, with all that is known of it; `again`: even if requests are refused.
base::Result<Latency> MeasureWindow(LoadContext& context, const std::vector<LoadTarget>& targets, double rate,
                                    bool again = false) {
  constexpr uint64_t kRateSeed = 42;
  const base::Nanos duration = context.project.limits.latency_for_ns;
  context.task.Report({fmt::format("Measuring response times at {} requests a second", base::FormatCount(rate)),
                       static_cast<double>(duration) / 1e9 + context.later_seconds});
  HONE_TRY(const auto plan, PlanLoad(context, targets, rate, kWarmup, duration, kRateSeed));
  Latency latency{.rate = rate};
  MetricsWatch metrics(context.rig.metrics_url().value_or(""));
  const std::string limits_before = context.rig.ReadLimits();
  ProcessWatch watch(context.rig.service_pid(), DatabasePid(context.rig));
  HONE_TRY(latency.result, load::Run(plan, context.task));
  const std::vector<ProcessPoint> points = watch.Stop();
  const std::string limits_after = context.rig.ReadLimits();
  if (!again) {
    HONE_TRY(const bool renewed, RenewAfter(context, plan, latency.result));
    if (renewed) return MeasureWindow(context, targets, rate, true);
  }
  HONE_TRY(latency.capture, KeepLoad(context, latency.result, "", false));
  evidence::Capture process = latency.capture;
  process.kind = kProcessKind;
  HONE_TRY(latency.process_capture, context.measurer.Keep(process, Encode(points)));
  if (!limits_before.empty()) {
    evidence::Capture limits = latency.capture;
    limits.kind = metrics::kCgroupKind;
    const std::string bytes = metrics::EncodeCgroup(limits_before, limits_after);
    HONE_TRY(latency.cgroup_capture, context.measurer.Keep(limits, bytes));
    HONE_TRY(latency.cgroup, metrics::DecodeCgroup(bytes));
  }
  HONE_TRY(latency.metrics_captures, KeepMetrics(context, latency, metrics.Stop()));
  HONE_CHECK_OK(LetRest(context, latency.result));
  const load::Verdict verdict = load::Judge(latency.result);
  latency.validity = verdict.validity;
  latency.validity_reason = verdict.reason;
  return latency;
}

}  // namespace

base::Result<void> LetRest(LoadContext& context, const load::LoadResult& result) {
  constexpr base::Nanos kPatience = 3 * base::kSecond;
  constexpr base::Nanos kStep = 100 * base::kMillisecond;
  constexpr int64_t kAtRestNs = kStep / 10;  // of CPU in a step: what a service does by itself
  int64_t left = 0;
  for (const load::EndpointCounts& counts : result.counts) {
    left += counts.ended[static_cast<size_t>(load::Outcome::kCensored)] +
            counts.ended[static_cast<size_t>(load::Outcome::kTimeout)];
  }
  if (left == 0 || result.interrupted) return {};
  base::Clock& clock = context.task.clock();
  const base::Nanos until = clock.Now() + kPatience;
  const auto cpu = [&] {
    const ProcessPoint point = SampleProcesses(context.rig.service_pid(), DatabasePid(context.rig));
    return point.service_cpu_ns + std::max<int64_t>(point.database_cpu_ns, 0);
  };
  for (int64_t before = cpu(); clock.Now() < until;) {
    HONE_CHECK_OK(context.task.Check());
    clock.SleepUntil(clock.Now() + kStep);
    const int64_t after = cpu();
    if (after - before <= kAtRestNs) return {};
    before = after;
  }
  return context.rig.Restart({});
}

base::Result<Latency> RunLatency(LoadContext& context, const std::vector<LoadTarget>& targets) {
  HONE_TRY(Chosen chosen, ChooseRate(context, targets));
  HONE_TRY(Latency latency, MeasureWindow(context, targets, chosen.rate));
  const bool fixed = context.project.limits.rate.has_value();
  if (latency.validity == evidence::Validity::kGeneratorBound && !fixed && !context.task.cancelled()) {
    // The generator shares the machine with what it measures: with half as much to do both have more room.
    chosen.reason = "half of what the pilot chose, where the generator was late";
    HONE_TRY(latency, MeasureWindow(context, targets, chosen.rate / 2));
  }
  latency.rate_reason = chosen.reason;
  return latency;
}

}  // namespace hone::ops
