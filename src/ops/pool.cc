#include "ops/pool.h"

#include <fmt/format.h>

#include <chrono>

#include "base/units.h"
#include "host/guardian.h"
#include "host/lock.h"
#include "host/machine.h"
#include "ops/check.h"
#include "ops/load_set.h"
#include "ops/pool_bounds.h"
#include "ops/pool_probe.h"
#include "ops/pool_report.h"
#include "ops/pool_sweep.h"
#include "ops/session.h"
#include "ops/source_map.h"
#include "project/project.h"

namespace hone::ops {
namespace {

// Everything that one run goes through, in order.
class Pooler {
 public:
  Pooler(const PoolRequest& request, base::Task& task) : request_(request), task_(task) {}
  base::Result<evidence::Report> Run();

 private:
  base::Result<void> MeasureAll(host::Guardian& guardian, evidence::Redactor& redactor);
  base::Result<void> TryOut(Rig& rig);
  base::Result<void> LoadPhases(Rig& rig, const evidence::Redactor& redactor);
  base::Result<void> KeepBounds();

  const PoolRequest& request_;
  base::Task& task_;
  base::Nanos duration_ = 0;
  project::Project project_;
  std::vector<size_t> selected_;
  std::unique_ptr<Session> session_;
  host::Machine machine_;
  SourceMap sources_;
  PoolFacts facts_;
  uint64_t sequence_ = 1;
};

base::Result<void> Pooler::KeepBounds() {
  evidence::Capture capture;
  capture.kind = kBoundsKind;
  capture.scope.service = project_.service.name;
  HONE_TRY(facts_.bounds, session_->measurer().Keep(capture, EncodeBounds(project_.pool)));
  return {};
}

base::Result<void> Pooler::TryOut(Rig& rig) {
  HONE_TRY(facts_.dry, RunDry(project_, selected_, rig, task_, sequence_));
  HONE_CHECK_OK(rig.CheckBypass());
  if (rig.proxy()->counters().connections == 0) {
    return base::Fail(base::Code::kService, "The service opened no connection to the database that hone gave it",
                      project_.service.name, std::string(kGiveDatabase));
  }
  return facts_.dry.wrote ? rig.Refresh() : base::Result<void>();
}

base::Result<void> Pooler::LoadPhases(Rig& rig, const evidence::Redactor& redactor) {
  const std::vector<LoadTarget> targets = LoadTargets(project_, facts_.dry, facts_.quiet);
  if (targets.empty()) return {};
  HONE_CHECK_OK(rig.Refresh());
  const double later = static_cast<double>(duration_) / 1e9;
  LoadContext context{project_, redactor,  facts_.dry.learned,    rig,  session_->measurer(),
                      task_,    sequence_, machine_.usable_cores, later};
  HONE_TRY(facts_.as_is, MeasureAsIs(context, targets));
  HONE_CHECK_OK(rig.Alive());
  HONE_CHECK_OK(task_.Check());
  HONE_TRY(facts_.sweep, SweepSizes(context, targets, *facts_.as_is, duration_));
  return rig.Alive();
}

base::Result<void> Pooler::MeasureAll(host::Guardian& guardian, evidence::Redactor& redactor) {
  const host::NoiseSample noise = host::SampleNoise();
  HONE_TRY(const auto rig, Rig::Start(project_, {.yes_write = request_.yes_write}, guardian, redactor, task_));
  if (rig->cluster() != nullptr)
    facts_.environment.emplace_back("postgresql", "PostgreSQL " + rig->cluster()->installation().version);
  facts_.environment.emplace_back("cores", base::FormatCount(machine_.usable_cores) + " cores");
  HONE_CHECK_OK(TryOut(*rig));
  HONE_TRY(facts_.quiet, RunQuiet(project_, selected_, facts_.dry, *rig, session_->measurer(), redactor, task_,
                                  sequence_, sources_.modules(), static_cast<double>(duration_) / 1e9, false));
  for (QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    endpoint.slow.clear();  // raw values, for plans and set forms only
    endpoint.loops.clear();
  }
  HONE_TRY(facts_.probes,
           ProbeNesting(project_, facts_.quiet, facts_.dry.learned, *rig, session_->measurer(), task_, sequence_));
  HONE_CHECK_OK(LoadPhases(*rig, redactor));
  const std::vector<evidence::NotJudged> unanswered = rig->upstreams().Unanswered();
  facts_.dry.not_judged.insert(facts_.dry.not_judged.end(), unanswered.begin(), unanswered.end());
  rig->Finish();
  if (const auto unquiet = rig->Unquiet(noise, machine_.cores))
    facts_.caveats.push_back(*unquiet + ". Sizes were measured in random order, so that all suffered alike");
  facts_.caveats.insert(facts_.caveats.end(), rig->caveats().begin(), rig->caveats().end());
  return {};
}

base::Result<evidence::Report> Pooler::Run() {
  HONE_TRY(duration_, base::ParseDuration(request_.duration));
  HONE_TRY(project_, project::ReadProject(request_.dir / "hone.toml"));
  if (request_.rate) project_.limits.rate = request_.rate;
  if (!project_.database) {
    return base::Fail(base::Code::kInput, "hone.toml has no [database]: there is no pool to measure",
                      project_.service.name, "Add [database]; see docs/hone-toml.md");
  }
  HONE_TRY(selected_, SelectScenarios(project_, request_.endpoints));
  HONE_TRY(const auto root, host::RunRoot());
  HONE_TRY(auto guardian, host::Guardian::Start(root));
  HONE_TRY(const auto lock, host::MachineLock::Take("pool", std::chrono::seconds(0), task_));
  HONE_TRY(session_, Session::Begin("pool", request_.dir));
  evidence::Redactor redactor;
  machine_ = host::ReadMachine();
  facts_.environment.emplace_back("service", project_.service.name);
  HONE_CHECK_OK(KeepBounds());
  task_.Report({"Reading the service's sources"});
  sources_ = SourceMap::Read(project_, guardian, task_);
  facts_.caveats.insert(facts_.caveats.end(), sources_.caveats().begin(), sources_.caveats().end());
  auto measured = MeasureAll(guardian, redactor);
  if (!measured && measured.error().code != base::Code::kCancelled)
    return std::unexpected(redactor.Scrub(measured.error()));
  facts_.interrupted = task_.cancelled();
  if (facts_.interrupted) facts_.caveats.emplace_back("interrupted: only what was measured until then is judged");
  task_.Report({"Judging"});
  HONE_TRY(evidence::Report report, MakePoolReport(project_, facts_, sources_, request_.dir, session_->measurer()));
  return session_->End(std::move(report));
}

}  // namespace

base::Result<evidence::Report> Pool(const PoolRequest& request, base::Task& task) {
  return Pooler(request, task).Run();
}

}  // namespace hone::ops
