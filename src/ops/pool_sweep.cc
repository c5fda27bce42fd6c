#include "ops/pool_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "load/capture.h"
#include "load/engine.h"
#include "load/size_sweep.h"
#include "metrics/prometheus.h"
#include "net/http_client.h"
#include "ops/pool_bounds.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kSweepSettle = 20 * base::kMillisecond;
constexpr base::Nanos kSweepSettleAtMost = 5 * base::kSecond;
// Requests that are under way while the gate is shut: more than most pools hold, fewer than the private server takes.
constexpr int kShutRequests = 64;
// A service that opened this share of them as connections, or more, met no limit.
constexpr double kUnlimitedShare = 0.8;
// Sizes that a sweep begins with, and the largest that it tries.
constexpr int kSweepSizes = 6;
constexpr int kLargest = 64;
constexpr int kRepeats = 3;
// Windows in all over those of the first rounds, as load/size_queue_test.cc has it: fewer leave no time to look beside
// the best, more are too short for a high quantile.
constexpr double kMoreThanFirst = 1.75;
constexpr double kWarmupShare = 0.25;
constexpr uint64_t kSweepSeed = 1;
// What is not answered so long after its window counts as slower than all.
constexpr base::Nanos kDrain = base::kSecond;

void Settle(LoadContext& context) {
  // Where it does not become quiet the next window begins all the same: its warm-up is for that.
  (void)context.rig.proxy()->WaitQuiet(kSweepSettle, context.task.clock().Now() + kSweepSettleAtMost);
}

evidence::Capture HoldsCapture(const LoadContext& context, const sql::HoldLog& log, double rate) {
  evidence::Capture capture;
  capture.kind = sql::kHoldsKind;
  capture.scope.service = context.project.service.name;
  capture.phase = evidence::Phase::kLoaded;
  capture.start_ns = log.start_ns;
  capture.end_ns = log.end_ns;
  capture.rate = rate;
  capture.through_proxy = true;
  capture.lost["holds"] = log.dropped;
  return capture;
}

// The limit that the pool's own metrics tell; 0: it has none (database/sql's default).
std::optional<int> LimitByMetrics(const LoadContext& context) {
  constexpr base::Nanos kTimeout = 2 * base::kSecond;
  if (!context.rig.metrics_url()) return std::nullopt;
  const auto answer = net::Fetch(*context.rig.metrics_url(), context.task.clock().Now() + kTimeout);
  const auto snapshot = answer ? metrics::Parse(answer->body) : metrics::Parse("");
  const auto pool = snapshot ? metrics::PoolBetween(*snapshot, *snapshot) : std::nullopt;
  if (!pool || !pool->max_connections || !(*pool->max_connections >= 0 && *pool->max_connections < 1e6))
    return std::nullopt;
  return static_cast<int>(*pool->max_connections);
}

// Requests that wait at a shut gate make the service open all the connections that it may.
base::Result<void> ShutTheGate(LoadContext& context, const std::vector<LoadTarget>& targets, PoolAsIs& as_is) {
  std::vector<LoadTarget> asking;
  std::ranges::copy_if(targets, std::back_inserter(asking),
                       [](const LoadTarget& target) { return target.typical.db_ns > 0 && !target.writes; });
  if (asking.empty()) asking = targets;
  context.task.Report({"Seeing how many connections the service opens"});
  HONE_TRY(load::LoadPlan plan, PlanLoad(context, asking, kShutRequests, 0, base::kSecond, kSweepSeed));
  plan.arrivals = load::Arrivals::kConstant;
  plan.connections = 2 * kShutRequests;
  plan.drain = 200 * base::kMillisecond;
  Settle(context);
  context.rig.proxy()->StartHolds();
  context.rig.proxy()->SetGate(0);
  const auto ran = load::Run(plan, context.task);
  const sql::HoldLog log = context.rig.proxy()->StopHolds();
  context.rig.proxy()->SetGate(std::nullopt);
  if (!ran) return std::unexpected(ran.error());
  Settle(context);
  HONE_TRY(as_is.shut, context.measurer.Keep(HoldsCapture(context, log, plan.rate), sql::Encode(log)));
  const int opened = sql::UseOf(log).open_peak;
  if (opened > 0 && opened < kUnlimitedShare * kShutRequests) as_is.limit = opened;
  return {};
}

class Sweeper {
 public:
  Sweeper(LoadContext& context, const std::vector<LoadTarget>& targets, const PoolAsIs& as_is, base::Nanos duration)
      : context_(context), targets_(targets), as_is_(as_is), duration_(duration) {}

  base::Result<PoolSweep> Run() {
    PoolSweep sweep;
    sweep.restarted = !context_.project.pool.env.empty();
    if (sweep.restarted) {
      HONE_TRY(least_, LeastThatStarts());
    }
    load::SizeSweep controller(Settings(sweep));
    load::SweepAction action = controller.Begin();
    const base::Nanos begun = context_.task.clock().Now();
    while (const auto* next = std::get_if<load::MeasureSize>(&action)) {
      auto window = Measure(*next, sweep);
      context_.rig.proxy()->SetGate(std::nullopt);
      if (context_.task.cancelled()) break;
      if (!window) return std::unexpected(window.error());
      sweep.windows.push_back(*window);
      const auto done = static_cast<int>(sweep.windows.size());
      windows_left_ = WindowsLeft(context_.task.clock().Now() - begun, done);
      controller.Allow(std::max(first_, done + windows_left_));
      action = controller.Next(*std::move(window));
    }
    if (const auto* done = std::get_if<load::SweepDone>(&action)) {
      sweep.complete = done->complete;
      sweep.reason = done->reason;
    } else {
      sweep.reason = "interrupted";
    }
    if (sweep.restarted && !context_.task.cancelled()) HONE_CHECK_OK(context_.rig.Restart({}));
    return sweep;
  }

 private:
  // A service may need more than one connection to come up at all (one that it listens on, a migration's).
  base::Result<int> LeastThatStarts() {
    constexpr int kTries = 3;
    base::Result<void> started;
    for (int size = 1; size <= kTries; ++size) {
      started = context_.rig.Restart({{context_.project.pool.env, std::to_string(size)}});
      if (started) return size;
      if (context_.task.cancelled()) break;
    }
    return std::unexpected(started.error());
  }

  load::SweepSettings Settings(PoolSweep& sweep) {
    const auto cap = static_cast<int>(std::min<int64_t>(CapOf(context_.project.pool), kLargest));
    const double wait_s = static_cast<double>(context_.project.pool.wait_ns) / 1e9;
    sweep.seed_size = sql::SeedOf(as_is_.use, wait_s, cap).size;
    const int current = as_is_.limit.value_or(std::max(as_is_.use.open_peak, 1));
    load::SweepSettings settings{.repeats = kRepeats, .seed = kSweepSeed};
    if (sweep.restarted) {
      settings.largest = std::max(cap, 1);
      const int wide = std::min(settings.largest, std::max({2 * sweep.seed_size, 2 * current, kSweepSizes}));
      settings.sizes = load::SpreadSizes(std::min(least_, wide), wide, kSweepSizes, sweep.seed_size);
      if (as_is_.limit && current <= kLargest) settings.sizes.push_back(current);
    } else {
      // Behind the gate the service has no more connections than its own pool allows.
      settings.largest = current;
      settings.sizes = load::SpreadSizes(1, current, kSweepSizes, std::min(sweep.seed_size, current));
    }
    PlanWindows(settings);
    return settings;
  }

  // Windows so long that the first rounds leave time for three quarters as many more.
  void PlanWindows(load::SweepSettings& settings) {
    first_ = static_cast<int>(settings.sizes.size()) * kRepeats;
    const double around_s = context_.project.pool.env.empty() ? 0.3 : 0.8;
    const double total_s = static_cast<double>(duration_) / 1e9;
    const double each_s = std::clamp((total_s / (kMoreThanFirst * first_) - around_s) / (1 + kWarmupShare), 0.5, 6.0);
    window_ = static_cast<base::Nanos>(each_s * 1e9);
    warmup_ = std::min<base::Nanos>(base::kSecond, static_cast<base::Nanos>(each_s * kWarmupShare * 1e9));
    length_s_ = static_cast<double>(window_ + warmup_) / 1e9 + around_s;
    settings.most_windows = std::max(first_, static_cast<int>(total_s / length_s_));
    windows_left_ = settings.most_windows;
  }

  // For how many more windows the time suffices, by what the first `done` took.
  int WindowsLeft(base::Nanos elapsed, int done) const {
    const double each_s = static_cast<double>(elapsed) / 1e9 / done;
    return static_cast<int>(std::max(0.0, static_cast<double>(duration_ - elapsed) / 1e9 / each_s));
  }

  base::Result<load::SizeWindow> Measure(const load::MeasureSize& next, PoolSweep& sweep) {
    context_.task.Report({fmt::format("Measuring a pool of {}", next.size), length_s_ * windows_left_});
    HONE_CHECK_OK(context_.task.Check());
    if (sweep.restarted) {
      HONE_CHECK_OK(context_.rig.Restart({{context_.project.pool.env, std::to_string(next.size)}}));
      Settle(context_);
    } else {
      Settle(context_);
      // As it is, it needs no gate.
      if (next.size < as_is_.limit.value_or(next.size + 1))
        context_.rig.proxy()->SetGate(static_cast<size_t>(next.size));
    }
    // One seed a round: all sizes of it meet the same arrivals.
    HONE_TRY(load::LoadPlan plan, PlanLoad(context_, targets_, as_is_.latency.rate, warmup_, window_,
                                           1000 + static_cast<uint64_t>(next.round)));
    plan.drain = kDrain;
    HONE_TRY(const load::LoadResult result, load::Run(plan, context_.task));
    evidence::Capture capture;
    capture.kind = load::kCaptureKind;
    capture.scope.service = context_.project.service.name;
    capture.phase = evidence::Phase::kLoaded;
    capture.start_ns = result.start;
    capture.end_ns = result.end;
    capture.rate = result.rate;
    capture.through_proxy = true;
    capture.parameters = {{"pool_size", std::to_string(next.size)}, {"pool_round", std::to_string(next.round)}};
    if (result.interrupted) return base::Fail(base::Code::kCancelled, "Interrupted");
    HONE_TRY(sweep.captures.emplace_back(), context_.measurer.Keep(capture, load::Encode(result)));
    return load::WindowOf(result, next.size, next.round);
  }

  LoadContext& context_;
  const std::vector<LoadTarget>& targets_;
  const PoolAsIs& as_is_;
  base::Nanos duration_;
  base::Nanos window_ = 0;
  base::Nanos warmup_ = 0;
  double length_s_ = 0;
  int least_ = 1;
  int first_ = 0;  // windows of the first rounds
  int windows_left_ = 0;
};

}  // namespace

base::Result<PoolAsIs> MeasureAsIs(LoadContext& context, const std::vector<LoadTarget>& targets) {
  PoolAsIs as_is;
  HONE_CHECK_OK(ShutTheGate(context, targets, as_is));
  if (const auto told = LimitByMetrics(context)) as_is.limit = *told > 0 ? told : std::nullopt;
  // What gave up waiting has closed its connections: begin afresh.
  HONE_CHECK_OK(context.rig.Refresh());
  context.rig.proxy()->StartHolds();
  auto latency = RunLatency(context, targets);
  const sql::HoldLog log = context.rig.proxy()->StopHolds();
  if (!latency) return std::unexpected(latency.error());
  as_is.latency = *std::move(latency);
  const sql::HoldLog window = sql::Between(log, as_is.latency.result.start, as_is.latency.result.end);
  HONE_TRY(as_is.holds, context.measurer.Keep(HoldsCapture(context, window, as_is.latency.rate), sql::Encode(window)));
  as_is.use = sql::UseOf(window);
  return as_is;
}

base::Result<PoolSweep> SweepSizes(LoadContext& context, const std::vector<LoadTarget>& targets, const PoolAsIs& as_is,
                                   base::Nanos duration) {
  return Sweeper(context, targets, as_is, duration).Run();
}

}  // namespace hone::ops
