#include "ops/pool_probe.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "net/http_client.h"
#include "ops/user.h"
#include "project/scenario.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kLook = 20 * base::kMillisecond;
constexpr base::Nanos kProbeSettle = 20 * base::kMillisecond;
constexpr base::Nanos kProbeSettleAtMost = 3'000 * base::kMillisecond;
constexpr uint64_t kProbeSeed = 1;

// Looks at the gate on a thread of its own while a request is under way, and opens it where nothing moves any more, so
// that the request ends.
class GateWatch {
 public:
  explicit GateWatch(sql::Proxy& proxy) : proxy_(proxy), thread_([this] { Run(); }) {}
  ~GateWatch() { Stop(); }
  GateWatch(const GateWatch&) = delete;
  GateWatch& operator=(const GateWatch&) = delete;

  sql::Probe Stop() {
    over_.store(true);
    if (thread_.joinable()) thread_.join();
    return seen_;
  }

 private:
  void Run() {
    while (!over_.load()) {
      const base::Nanos now = base::SystemClock().Now();
      const sql::GateStatus gate = proxy_.gate();
      const bool blocked = gate.waiting > 0 && gate.holding > 0 && gate.stalled == gate.holding;
      if (blocked && now - gate.last_activity >= sql::kProbeStillNs) {
        seen_ = {true, now - gate.last_activity, gate.holding, gate.waiting};
        proxy_.SetGate(std::nullopt);
        return;
      }
      base::SystemClock().SleepUntil(now + kLook);
    }
  }

  sql::Proxy& proxy_;
  std::atomic<bool> over_ = false;
  sql::Probe seen_ = {};
  std::thread thread_;
};

class Prober {
 public:
  Prober(const project::Project& project, const project::Learned& learned, Rig& rig, const base::Task& task,
         uint64_t& sequence)
      : project_(project), learned_(learned), rig_(rig), task_(task), sequence_(sequence) {}

  // Requests of a scenario behind a gate for one.
  base::Result<std::vector<sql::Probe>> AtTheGate(size_t scenario) {
    User user(rig_, task_, sequence_);
    HONE_TRY(const project::Assignment assignment, Typical(scenario));
    std::vector<sql::Probe> probes;
    for (size_t i = 0; i < sql::kLeastProbes; ++i) {
      (void)rig_.proxy()->WaitQuiet(kProbeSettle, task_.clock().Now() + kProbeSettleAtMost);
      rig_.proxy()->SetGate(1);
      GateWatch watch(*rig_.proxy());
      const auto asked = user.Ask(project_.scenarios[scenario], assignment);
      probes.push_back(watch.Stop());
      rig_.proxy()->SetGate(std::nullopt);
      if (!asked) return std::unexpected(asked.error());
    }
    return probes;
  }

  // Requests of a scenario to a service whose pool has one connection. Where one stops, so does the service: it is
  // started afresh for the next. Empty where it does not start or answers otherwise.
  base::Result<std::vector<sql::Probe>> WithOneConnection(size_t scenario) {
    HONE_TRY(const project::Assignment assignment, Typical(scenario));
    std::vector<sql::Probe> probes;
    for (size_t i = 0; i < sql::kLeastProbes; ++i) {
      if (const auto started = rig_.Restart({{project_.pool.env, "1"}}); !started) {
        if (started.error().code == base::Code::kCancelled) return std::unexpected(started.error());
        return std::vector<sql::Probe>();
      }
      (void)rig_.proxy()->WaitQuiet(kProbeSettle, task_.clock().Now() + kProbeSettleAtMost);
      HONE_CHECK_OK(task_.Check());
      HONE_TRY(const net::HttpRequest request,
               project::BuildRequest(project_.scenarios[scenario], assignment, rig_.context(), sequence_++));
      const base::Nanos sent = task_.clock().Now();
      auto connection = net::HttpConnection::Open(rig_.address(), sent + kProbeSettleAtMost);
      if (!connection) return std::vector<sql::Probe>();
      const auto answer = connection->Exchange(request, sent + 2 * sql::kProbeStillNs);
      const sql::GateStatus gate = rig_.proxy()->gate();
      const base::Nanos still = task_.clock().Now() - gate.last_activity;
      const bool silent = !answer && answer.error().code == base::Code::kTimeout;
      probes.push_back(silent && still >= sql::kProbeStillNs ? sql::Probe{true, still, 1, 1} : sql::Probe{});
    }
    return probes;
  }

 private:
  base::Result<project::Assignment> Typical(size_t scenario) const {
    HONE_TRY(const auto all, project::LoadAssignments(project_.scenarios[scenario], learned_, kProbeSeed, 1));
    return all.front();
  }

  const project::Project& project_;
  const project::Learned& learned_;
  Rig& rig_;
  const base::Task& task_;
  uint64_t& sequence_;
};

}  // namespace

base::Result<std::vector<NestingProbe>> ProbeNesting(const project::Project& project, const Quiet& quiet,
                                                     const project::Learned& learned, Rig& rig, Measurer& measurer,
                                                     const base::Task& task, uint64_t& sequence) {
  std::vector<NestingProbe> all;
  Prober prober(project, learned, rig, task, sequence);
  bool restarted = false;
  for (size_t i = 0; i < quiet.endpoints.size(); ++i) {
    const QuietEndpoint& endpoint = quiet.endpoints[i];
    const sql::Nesting nesting = sql::FindNesting(endpoint.exchange);
    if (endpoint.failed || !sql::IsSuspect(nesting)) continue;
    task.Report({fmt::format("Asking {} with one connection", endpoint.endpoint)});
    NestingProbe probe{.endpoint = i};
    const bool in_transaction = nesting.share >= sql::kNestingShare;
    if (in_transaction) {
      if (std::exchange(restarted, false)) HONE_CHECK_OK(rig.Restart({}));
      HONE_TRY(probe.probes, prober.AtTheGate(endpoint.scenario));
    } else if (!project.pool.env.empty()) {
      HONE_TRY(probe.probes, prober.WithOneConnection(endpoint.scenario));
      restarted = true;
    }
    if (!probe.probes.empty()) {
      probe.capture.kind = sql::kProbeKind;
      probe.capture.scope = endpoint.capture.scope;
      probe.capture.phase = evidence::Phase::kQuiet;
      probe.capture.through_proxy = true;
      HONE_TRY(probe.capture, measurer.Keep(probe.capture, sql::Encode(probe.probes)));
    }
    all.push_back(std::move(probe));
  }
  if (restarted) HONE_CHECK_OK(rig.Restart({}));
  return all;
}

}  // namespace hone::ops
