#include "ops/profile_phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/clock.h"
#include "host/process_stats.h"
#include "load/engine.h"
#include "metrics/prometheus.h"
#include "net/http_client.h"
#include "ops/process_watch.h"
#include "ops/profile_fetch.h"
#include "profile/growth_plan.h"
#include "profile/pprof.h"
#include "profile/window_plan.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kTail = 100'000'000;      // load after the profile, which begins with the first requests
constexpr int kFurtherTries = 4;                // further ones at half the rate
constexpr base::Nanos kSettle = 1'000'000'000;  // without requests, before what remains is counted
constexpr int64_t kWorthADump = 10;             // goroutines more than before
constexpr double kBusyShare = 0.7;              // of the cores, by service and database together

// What is read before and after a window.
struct Snapshots {
  std::optional<std::string> allocs;
  std::optional<std::string> mutex;
  std::optional<std::string> goroutines;
  std::optional<std::string> metrics;
  std::optional<metrics::Snapshot> parsed;
};

class Windows {
 public:
  Windows(LoadContext& context, const ProfileOptions& options) : context_(context), options_(options) {}

  base::Result<Profiles> Run(const std::vector<LoadTarget>& targets);

 private:
  struct Window {
    profile::EndpointWindow window = {};
    bool overloaded = false;
    bool renewed = false;  // requests were refused, and would not be any more
  };
  struct Taken {
    load::LoadPlan plan = {};
    load::LoadResult result = {};
    Snapshots before = {};
    Snapshots after = {};
    std::optional<std::string> cpu = {};
    double cpu_seconds = 0;  // of the service, over the whole load
    int mutex_fraction = 0;
  };
  base::Result<profile::EndpointWindow> Measure(const LoadTarget& target, int seconds);
  base::Result<Taken> Take(const LoadTarget& target, double rate, int seconds);
  profile::EndpointWindow Describe(const LoadTarget& target, const load::LoadEndpoint& asked) const;
  base::Result<profile::EndpointWindow> Keep(const LoadTarget& target, const Taken& taken, int seconds);
  // `again`: even if requests are refused.
  base::Result<Window> MeasureAt(const LoadTarget& target, double rate, int seconds, bool again);
  Snapshots TakeSnapshots();
  std::optional<std::string> Snapshot(const std::string& name);
  base::Result<std::optional<profile::CapturedProfile>> Keep(evidence::Capture capture, std::string_view kind,
                                                             const std::optional<std::string>& bytes);
  base::Result<void> KeepMetrics(const evidence::Capture& capture, const Snapshots& before, const Snapshots& after,
                                 profile::EndpointWindow& window);
  base::Result<void> RunAll(const std::vector<LoadTarget>& targets);
  base::Result<void> Lengthen(const std::vector<LoadTarget>& targets);
  // What is there now, after a collection; with nothing under way what remains.
  struct Remaining {
    std::optional<std::string> heap;
    std::optional<std::string> goroutines;
    std::optional<std::string> heap_text;
  };
  Remaining TakeRemaining() { return {Snapshot("heap?gc=1"), Snapshot("goroutine"), Snapshot("heap?debug=1")}; }
  base::Result<std::optional<profile::CapturedStacks>> KeepStacks(evidence::Capture capture,
                                                                  const std::optional<std::string>& heap_text);
  base::Result<void> KeepStarts(evidence::Capture capture, profile::GrowthWindow& window);
  base::Result<void> Settle();
  base::Result<void> WatchGrowth(const std::vector<LoadTarget>& targets);
  base::Result<profile::GrowthWindow> MeasureGrowth(const LoadTarget& target, double seconds);
  void Caveat(const std::string& text);

  LoadContext& context_;
  const ProfileOptions& options_;
  Profiles profiles_;
  std::map<size_t, double> rates_;  // by scenario
  pid_t life_ = 0;                  // the process that the last window was measured on
  std::vector<pid_t> lives_;        // that of each window
  double repeated_seconds_ = 0;     // of windows taken again at half the rate
};

void Windows::Caveat(const std::string& text) {
  if (std::ranges::find(profiles_.caveats, text) == profiles_.caveats.end()) profiles_.caveats.push_back(text);
}

std::optional<std::string> Windows::Snapshot(const std::string& name) {
  auto bytes = FetchProfile(*context_.rig.pprof_url(), name);
  if (bytes) return *std::move(bytes);
  Caveat(fmt::format("no {} profile: {}", name, base::Sentence(bytes.error())));
  return std::nullopt;
}

Snapshots Windows::TakeSnapshots() {
  Snapshots snapshots;
  if (context_.rig.metrics_url()) {
    auto answer = net::Fetch(*context_.rig.metrics_url(), context_.task.clock().Now() + 10 * base::kSecond);
    if (answer) {
      if (auto parsed = metrics::Parse(answer->body)) {
        snapshots.metrics = std::move(answer->body);
        snapshots.parsed = *std::move(parsed);
      }
    }
  }
  // With a collection, so that all allocations so far are published: Go counts them up to two cycles late.
  snapshots.allocs = Snapshot("heap?gc=1");
  snapshots.mutex = Snapshot("mutex");
  snapshots.goroutines = Snapshot("goroutine");
  return snapshots;
}

base::Result<std::optional<profile::CapturedProfile>> Windows::Keep(evidence::Capture capture, std::string_view kind,
                                                                    const std::optional<std::string>& bytes) {
  if (!bytes) return std::optional<profile::CapturedProfile>();
  capture.kind = kind;
  auto redacted = profile::Redact(*bytes);
  if (!redacted) {
    Caveat(fmt::format("a {} profile could not be read: {}", kind, base::Sentence(redacted.error())));
    return std::optional<profile::CapturedProfile>();
  }
  profile::CapturedProfile kept;
  HONE_TRY(kept.profile, profile::Decode(*redacted));
  HONE_TRY(kept.capture, context_.measurer.Keep(std::move(capture), *redacted));
  return std::optional(std::move(kept));
}

base::Result<void> Windows::KeepMetrics(const evidence::Capture& capture, const Snapshots& before,
                                        const Snapshots& after, profile::EndpointWindow& window) {
  if (!before.metrics || !after.metrics) return {};
  std::vector<evidence::CaptureId> ids;
  for (const Snapshots* snapshots : {&before, &after}) {
    HONE_TRY(const std::string text, metrics::Redact(*snapshots->metrics, [this](std::string_view value) {
               return context_.redactor.Token(value);
             }));
    evidence::Capture kept = capture;
    kept.kind = "metrics.prometheus";
    HONE_TRY(kept, context_.measurer.Keep(std::move(kept), text));
    ids.push_back(kept.id);
  }
  const double requests = profile::FactsOf(capture).requests;
  const metrics::RuntimeDelta delta = metrics::RuntimeBetween(*before.parsed, *after.parsed);
  if (!delta.mutex_wait_seconds || requests <= 0) return {};
  profile::Cited cited;
  cited.spec.metric = "runtime.mutex_wait";
  cited.spec.scope = capture.scope;
  cited.spec.unit = "ns";
  cited.spec.method = "metrics.counter_per_request@1";
  cited.spec.captures = ids;
  cited.spec.parameters = {{"name", "go_sync_mutex_wait_total_seconds_total"}, {"scale", "1e9"}};
  cited.value = *delta.mutex_wait_seconds * 1e9 / requests;
  window.mutex_wait_ns = cited;
  return {};
}

int MaxProcs(const Snapshots& snapshots, double cores) {
  if (snapshots.parsed) {
    if (const auto procs = snapshots.parsed->Sum("go_sched_gomaxprocs_threads")) return static_cast<int>(*procs);
  }
  return std::max(1, static_cast<int>(cores));
}

// Whether more came than the service carried: requests waited for a connection.
bool Overloaded(const load::LoadResult& result) {
  constexpr double kWaitedShare = 0.1;
  return static_cast<double>(result.queued) > kWaitedShare * static_cast<double>(result.counts.front().arrivals);
}

// A rate that turns out to be more than the endpoint carries (a lock, a slow dependency) says little about it as it is:
// half of it is tried.
base::Result<profile::EndpointWindow> Windows::Measure(const LoadTarget& target, int seconds) {
  double& rate =
      rates_.try_emplace(target.scenario, RateAlone(target.typical, context_.cores, kBusyShare)).first->second;
  for (int tries = 0;; ++tries) {
    HONE_TRY(Window measured, MeasureAt(target, rate, seconds, false));
    if (measured.renewed) {
      HONE_TRY(measured, MeasureAt(target, rate, seconds, true));
    }
    measured.window.overloaded = measured.overloaded;
    if (!measured.overloaded || tries == kFurtherTries) return std::move(measured.window);
    rate /= 2;
    repeated_seconds_ += seconds;
  }
}

// Everything that is read around a load. The service may be another process afterwards.
base::Result<Windows::Taken> Windows::Take(const LoadTarget& target, double rate, int seconds) {
  Taken taken;
  const base::Nanos duration = seconds * base::kSecond + kTail;
  HONE_TRY(taken.plan, PlanLoad(context_, {target}, rate, 0, duration, 7));
  life_ = context_.rig.service_pid();
  // Of hone's own listener; others do not know it. A contention is rare where few requests a second come.
  (void)FetchProfile(*context_.rig.pprof_url(), "mutex?fraction=10");
  taken.before = TakeSnapshots();
  const ProcessPoint before = SampleProcesses(life_, 0);
  ProfileFetch fetch;
  fetch.Start(*context_.rig.pprof_url(), seconds);
  HONE_TRY(taken.result, load::Run(taken.plan, context_.task));
  const ProcessPoint after = SampleProcesses(life_, 0);
  taken.cpu_seconds = static_cast<double>(after.service_cpu_ns - before.service_cpu_ns) / base::kNsPerSecond;
  auto cpu = fetch.Take();
  if (!cpu) Caveat("no CPU profile: " + base::Sentence(cpu.error()));
  if (cpu) taken.cpu = *std::move(cpu);
  taken.after = TakeSnapshots();
  if (const auto text = FetchProfile(*context_.rig.pprof_url(), "mutex?debug=1"))
    taken.mutex_fraction = profile::MutexFractionOf(*text);
  HONE_CHECK_OK(context_.task.Check());
  HONE_CHECK_OK(LetRest(context_, taken.result));
  return taken;
}

base::Result<Windows::Window> Windows::MeasureAt(const LoadTarget& target, double rate, int seconds, bool again) {
  HONE_TRY(const Taken taken, Take(target, rate, seconds));
  if (!again) {
    HONE_TRY(const bool renewed, RenewAfter(context_, taken.plan, taken.result));
    if (renewed) return Window{.renewed = true};
  }
  HONE_TRY(profile::EndpointWindow window, Keep(target, taken, seconds));
  return Window{std::move(window), Overloaded(taken.result)};
}

// What is known of a window's endpoint before it is driven.
profile::EndpointWindow Windows::Describe(const LoadTarget& target, const load::LoadEndpoint& asked) const {
  profile::EndpointWindow window;
  window.endpoint = target.endpoint;
  window.modules = options_.modules;
  window.locks = options_.locks;
  window.never_repeated = asked.in_order;
  window.different_requests =
      static_cast<double>(std::set<std::string_view>(asked.variants.begin(), asked.variants.end()).size());
  if (const auto handler = options_.handlers.find(target.endpoint); handler != options_.handlers.end())
    window.handler = handler->second;
  if (const auto mean = options_.mean_response_ns.find(target.endpoint); mean != options_.mean_response_ns.end()) {
    window.mean_response_ns = mean->second;
    window.response_is_bound = options_.response_is_bound;
  }
  return window;
}

base::Result<profile::EndpointWindow> Windows::Keep(const LoadTarget& target, const Taken& taken, int seconds) {
  HONE_TRY(evidence::Capture capture, KeepLoad(context_, taken.result, target.endpoint, true));
  const double wall = static_cast<double>(taken.result.end - taken.result.start) / base::kNsPerSecond;
  profile::WindowFacts facts;
  facts.requests = static_cast<double>(taken.result.counts.front().ended[static_cast<size_t>(load::Outcome::kOk)]);
  facts.seconds = wall;
  facts.cpu_seconds = taken.cpu_seconds;
  facts.gomaxprocs = MaxProcs(taken.after, context_.cores);
  facts.mutex_fraction = taken.mutex_fraction;
  capture.parameters.clear();
  profile::StoreFacts(facts, capture);

  profile::EndpointWindow window = Describe(target, taken.plan.endpoints.front());
  HONE_TRY(window.allocs_before, Keep(capture, "pprof.allocs", taken.before.allocs));
  HONE_TRY(window.allocs_after, Keep(capture, "pprof.allocs", taken.after.allocs));
  HONE_TRY(window.mutex_before, Keep(capture, "pprof.mutex", taken.before.mutex));
  HONE_TRY(window.mutex_after, Keep(capture, "pprof.mutex", taken.after.mutex));
  HONE_TRY(window.goroutines_before, Keep(capture, "pprof.goroutine", taken.before.goroutines));
  HONE_TRY(window.goroutines_after, Keep(capture, "pprof.goroutine", taken.after.goroutines));
  HONE_CHECK_OK(KeepMetrics(capture, taken.before, taken.after, window));
  // The CPU profile covers the middle of the window; the arrivals are even over it.
  facts.requests *= seconds / wall;
  facts.cpu_seconds *= seconds / wall;
  facts.seconds = seconds;
  profile::StoreFacts(facts, capture);
  HONE_TRY(window.cpu, Keep(capture, "pprof.cpu", taken.cpu));
  return window;
}

base::Result<void> Windows::RunAll(const std::vector<LoadTarget>& targets) {
  const int seconds = std::max(
      1, static_cast<int>(std::lround(static_cast<double>(context_.project.limits.profile_for_ns) / base::kSecond)));
  for (size_t i = 0; i < targets.size(); ++i) {
    const double left = static_cast<double>(targets.size() - i) * (seconds + 0.5) + options_.extra_seconds / 2;
    context_.task.Report({fmt::format("Profiling {} ({} of {})", targets[i].endpoint, i + 1, targets.size()), left});
    if (targets[i].writes) HONE_CHECK_OK(context_.rig.Refresh());
    HONE_TRY(profiles_.windows.emplace_back(), Measure(targets[i], seconds));
    lives_.push_back(life_);
  }
  return {};
}

base::Result<void> Windows::Lengthen(const std::vector<LoadTarget>& targets) {
  profile::PlanOptions plan;
  // What went into repeated windows is spent: a check is to take a foreseeable time. Half stays for what is suspected.
  plan.budget_seconds = std::max(options_.extra_seconds - repeated_seconds_, options_.extra_seconds / 2);
  plan.longest_seconds = std::min(plan.longest_seconds, options_.extra_seconds);
  for (const profile::WindowRequest& request : profile::NextWindows(profiles_.windows, plan)) {
    const LoadTarget& target = targets[request.window];
    context_.task.Report({fmt::format("Profiling {} for longer: {}", target.endpoint, request.reason)});
    if (target.writes) HONE_CHECK_OK(context_.rig.Refresh());
    HONE_TRY(profiles_.windows[request.window],
             Measure(target, std::max(1, static_cast<int>(std::lround(request.seconds)))));
    lives_[request.window] = life_;
  }
  return {};
}

// Until goroutines that end by themselves have ended.
base::Result<void> Windows::Settle() {
  constexpr base::Nanos kStep = 50'000'000;
  const base::Nanos until = context_.task.clock().Now() + kSettle;
  while (context_.task.clock().Now() < until) {
    HONE_CHECK_OK(context_.task.Check());
    context_.task.clock().SleepUntil(std::min(until, context_.task.clock().Now() + kStep));
  }
  return {};
}

base::Result<profile::GrowthWindow> Windows::MeasureGrowth(const LoadTarget& target, double seconds) {
  const auto duration = static_cast<base::Nanos>(seconds * base::kSecond);
  HONE_TRY(const auto plan, PlanLoad(context_, {target}, rates_.at(target.scenario), 0, duration, 8));
  const Remaining before = TakeRemaining();
  HONE_TRY(const load::LoadResult result, load::Run(plan, context_.task));
  const base::Nanos ended = context_.task.clock().Now();
  const Remaining end = TakeRemaining();
  HONE_CHECK_OK(Settle());
  const double idle = static_cast<double>(context_.task.clock().Now() - ended) / static_cast<double>(base::kSecond);
  const Remaining after = TakeRemaining();
  HONE_TRY(evidence::Capture capture, KeepLoad(context_, result, target.endpoint, false));
  profile::WindowFacts facts;
  facts.requests = static_cast<double>(result.counts.front().ended[static_cast<size_t>(load::Outcome::kOk)]);
  facts.seconds = static_cast<double>(result.end - result.start) / static_cast<double>(base::kSecond);
  capture.parameters.clear();
  profile::StoreFacts(facts, capture);
  profile::GrowthWindow window;
  window.idle_seconds = idle;
  HONE_TRY(window.stacks_before, KeepStacks(capture, before.heap_text));
  HONE_TRY(window.stacks_after, KeepStacks(capture, after.heap_text));
  HONE_TRY(window.heap_before, Keep(capture, "pprof.allocs", before.heap));
  HONE_TRY(window.heap_end, Keep(capture, "pprof.allocs", end.heap));
  HONE_TRY(window.heap_after, Keep(capture, "pprof.allocs", after.heap));
  HONE_TRY(window.goroutines_before, Keep(capture, "pprof.goroutine", before.goroutines));
  HONE_TRY(window.goroutines_end, Keep(capture, "pprof.goroutine", end.goroutines));
  HONE_TRY(window.goroutines_after, Keep(capture, "pprof.goroutine", after.goroutines));
  HONE_CHECK_OK(KeepStarts(capture, window));
  return window;
}

base::Result<std::optional<profile::CapturedStacks>> Windows::KeepStacks(evidence::Capture capture,
                                                                         const std::optional<std::string>& heap_text) {
  const auto line = heap_text ? profile::StackLine(*heap_text) : std::nullopt;
  if (!line) return std::optional<profile::CapturedStacks>();
  capture.kind = "go.stacks";
  HONE_TRY(capture, context_.measurer.Keep(std::move(capture), *line));
  return std::optional(profile::CapturedStacks{std::move(capture), *profile::StackBytes(*line)});
}

// Where goroutines were started stands in a dump only. It is taken where there are more than before.
base::Result<void> Windows::KeepStarts(evidence::Capture capture, profile::GrowthWindow& window) {
  const auto count = [](const std::optional<profile::CapturedProfile>& goroutines) {
    return goroutines ? profile::Sum(profile::Stacked(goroutines->profile, {}, ""), 0, {}) : 0;
  };
  if (count(window.goroutines_after) < count(window.goroutines_before) + kWorthADump) return {};
  const auto dump = Snapshot("goroutine?debug=2");
  if (!dump) return {};
  window.goroutines = golang::ParseGoroutines(*dump);
  capture.kind = "pprof.goroutines";
  HONE_CHECK_OK(context_.measurer.Keep(std::move(capture), golang::FormatGoroutines(window.goroutines)));
  return {};
}

// Endpoints that left something behind are driven once more, the process as it is: what fills up is full then.
base::Result<void> Windows::WatchGrowth(const std::vector<LoadTarget>& targets) {
  for (size_t i = 0; i < profiles_.windows.size(); ++i)
    profiles_.windows[i].restarted = lives_[i] != context_.rig.service_pid();
  const std::vector<profile::GrowthRequest> requests = profile::PlanGrowth(profiles_.windows);
  if (!requests.empty()) HONE_CHECK_OK(Settle());
  for (const profile::GrowthRequest& request : requests) {
    const LoadTarget& target = targets[request.window];
    context_.task.Report({fmt::format("Driving {} again: something remained of its requests", target.endpoint)});
    for (int i = 0; i < request.windows; ++i) {
      HONE_TRY(profiles_.windows[request.window].growth.emplace_back(), MeasureGrowth(target, request.seconds));
    }
  }
  return {};
}

base::Result<Profiles> Windows::Run(const std::vector<LoadTarget>& targets) {
  auto done = RunAll(targets);
  if (done) done = Lengthen(targets);
  if (done) done = WatchGrowth(targets);
  if (!done && done.error().code != base::Code::kCancelled) return std::unexpected(done.error());
  return std::move(profiles_);
}

}  // namespace

base::Result<Profiles> RunProfiles(LoadContext& context, const std::vector<LoadTarget>& targets,
                                   const ProfileOptions& options) {
  if (context.rig.pprof_url()) return Windows(context, options).Run(targets);
  Profiles none;
  none.not_judged.push_back({"CPU and allocations", context.rig.pprof_missing(),
                             "Mount net/http/pprof and set [pprof] url, or build with `go build -o ${bin}`"});
  return none;
}

}  // namespace hone::ops
