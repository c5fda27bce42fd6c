#include "ops/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/nearest.h"
#include "base/units.h"
#include "evidence/rule_registry.h"
#include "host/guardian.h"
#include "host/lock.h"
#include "host/machine.h"
#include "load/capture.h"
#include "ops/check_report.h"
#include "ops/dry_run.h"
#include "ops/latency_phase.h"
#include "ops/perturbation.h"
#include "ops/plan_phase.h"
#include "ops/pooler_signs.h"
#include "ops/profile_phase.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "ops/session.h"
#include "ops/source_map.h"
#include "project/project.h"
#include "service/go_toolchain.h"

namespace hone::ops {
namespace {

constexpr double kPilotSeconds = 5;

// Everything that one check goes through, in order.
class Checker {
 public:
  Checker(const CheckRequest& request, base::Task& task) : request_(request), task_(task) {}
  base::Result<evidence::Report> Run();

 private:
  base::Result<void> Prepare(host::Guardian& guardian);
  void LookForPooler();
  base::Result<void> MeasureAll(host::Guardian& guardian, evidence::Redactor& redactor);
  base::Result<void> TryOut(Rig& rig, const evidence::Redactor& redactor);
  base::Result<void> KeepCounts(Rig& rig, const std::string& phase);
  base::Result<void> LoadPhases(Rig& rig, const evidence::Redactor& redactor);
  base::Result<void> Perturb(LoadContext& context, const std::vector<LoadTarget>& targets);
  base::Result<void> KeepFacts(const std::string& kind, const host::Facts& facts);
  base::Result<void> KeepPeers(const Rig& rig);
  std::vector<std::string> KnownStatements() const;
  base::Result<void> StudyIndexUse(Rig& rig, const evidence::Redactor& redactor);
  bool Interrupted() const { return task_.cancelled(); }
  // How long the phases after the latency window take with so many endpoints, about.
  double AfterLatency(size_t endpoints) const {
    constexpr double kAround = 0.5;
    constexpr double kExperiment = 10;
    constexpr double kLonger = 10;
    const double window = static_cast<double>(project_.limits.profile_for_ns) / 1e9 + kAround;
    return kExperiment + window * static_cast<double>(endpoints) + kLonger;
  }

  const CheckRequest& request_;
  base::Task& task_;
  project::Project project_;
  std::vector<size_t> selected_;
  std::unique_ptr<Session> session_;
  host::Machine machine_;
  SourceMap sources_;
  CheckFacts facts_;
  sql::ProxyCounters counters_;  // at the end of the phase before
  uint64_t sequence_ = 1;
};

// What the repository says counts where hone.toml says nothing.
void Checker::LookForPooler() {
  if (!project_.database || project_.database->pooler != project::Pooler::kUnknown) return;
  const auto sign = FindTransactionPooler(sources_.inspection(), project_.service.dir);
  if (!sign) return;
  project_.database->pooler = project::Pooler::kTransaction;
  facts_.caveats.push_back(
      fmt::format("a pooler in transaction mode stands before the database in production: {} {}. Where that is not so, "
                  "`[database] pooler` in hone.toml says what is",
                  sign->place, sign->what));
}

base::Result<void> Checker::KeepFacts(const std::string& kind, const host::Facts& facts) {
  evidence::Capture capture;
  capture.kind = kind;
  HONE_CHECK_OK(session_->measurer().Keep(capture, host::CaptureText(facts)));
  return {};
}

base::Result<void> Checker::Prepare(host::Guardian& guardian) {
  machine_ = host::ReadMachine();
  HONE_CHECK_OK(KeepFacts("host.machine", machine_.facts));
  facts_.environment.emplace_back("service", project_.service.name);
  const bool builds_go = !project_.service.build.empty() && project_.service.build.front().source() == "go";
  if (builds_go) {
    HONE_TRY(const service::GoVersion go, service::FindGo(project_.service.dir, guardian, task_));
    facts_.environment.emplace_back("go", go.text);
  }
  task_.Report({"Reading the service's sources"});
  sources_ = SourceMap::Read(project_, guardian, task_);
  LookForPooler();
  facts_.caveats.insert(facts_.caveats.end(), sources_.caveats().begin(), sources_.caveats().end());
  if (machine_.on_battery)
    facts_.caveats.emplace_back("the machine runs on battery: its speed may change while hone measures");
  return {};
}

// Since the last time.
base::Result<void> Checker::KeepCounts(Rig& rig, const std::string& phase) {
  if (rig.proxy() == nullptr) return {};
  const sql::ProxyCounters before = std::exchange(counters_, rig.proxy()->counters());
  return ops::KeepCounts(CountsOf(phase, before, counters_), project_.service.name, session_->measurer(),
                         facts_.sessions);
}

base::Result<void> Checker::TryOut(Rig& rig, const evidence::Redactor& redactor) {
  HONE_TRY(facts_.dry, RunDry(project_, selected_, rig, task_, sequence_));
  HONE_TRY(facts_.sessions.start, KeepStart(rig, project_.service.name, session_->measurer(), redactor));
  HONE_CHECK_OK(KeepCounts(rig, "the dry run"));
  HONE_CHECK_OK(rig.CheckBypass());
  if (rig.proxy() != nullptr && rig.proxy()->counters().connections == 0) {
    facts_.caveats.emplace_back(
        "the service opened no connection to the database that hone gave it: no statement can be counted");
  }
  rig.CheckOneProcess();
  return facts_.dry.wrote ? rig.Refresh() : base::Result<void>();
}

base::Result<void> Checker::Perturb(LoadContext& context, const std::vector<LoadTarget>& targets) {
  if (!context.rig.pprof_url()) return {};
  std::vector<LoadTarget> readers;
  std::ranges::copy_if(targets, std::back_inserter(readers), [](const LoadTarget& target) { return !target.writes; });
  if (readers.empty()) return {};
  auto perturbation = MeasurePerturbation(context, session_->ledger(), readers, facts_.latency->rate);
  // What pprof's address may answer, or not answer; the profile windows say what is missing for it.
  constexpr std::array kOfPprof = {base::Code::kService, base::Code::kNetwork, base::Code::kTimeout,
                                   base::Code::kInput};
  if (!perturbation && std::ranges::find(kOfPprof, perturbation.error().code) != kOfPprof.end()) {
    facts_.caveats.push_back("what the profiler costs was not measured: " + base::Sentence(perturbation.error()));
    return {};
  }
  if (!perturbation) return std::unexpected(perturbation.error());
  facts_.perturbation = *std::move(perturbation);
  return {};
}

base::Result<void> Checker::LoadPhases(Rig& rig, const evidence::Redactor& redactor) {
  const std::vector<LoadTarget> targets = LoadTargets(project_, facts_.dry, facts_.quiet);
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    const Tried& tried = facts_.dry.tried[endpoint.scenario];
    if ((tried.choosy() || endpoint.refuses) && !endpoint.failed) {
      const std::string why =
          tried.once ? "it accepts the same values once" : "it refuses some values for their rows' state";
      facts_.dry.not_judged.push_back({"CPU, allocations and locks of " + endpoint.endpoint,
                                       why + ", so it was counted and not put under load", "A benchmark of its own"});
    }
    if (!tried.request_limit) continue;
    facts_.dry.not_judged.push_back({"CPU, allocations and locks of " + endpoint.endpoint,
                                     "it announces a limit of requests, so it was not put under load",
                                     "Raise or switch off the limit in the service's environment in hone.toml"});
  }
  if (targets.empty()) return {};
  HONE_CHECK_OK(rig.Refresh());
  LoadContext context{project_,
                      redactor,
                      facts_.dry.learned,
                      rig,
                      session_->measurer(),
                      task_,
                      sequence_,
                      machine_.usable_cores,
                      AfterLatency(targets.size())};
  HONE_TRY(facts_.latency, RunLatency(context, targets));
  HONE_CHECK_OK(rig.Alive());
  rig.LookAtPeers();
  HONE_CHECK_OK(task_.Check());
  HONE_CHECK_OK(Perturb(context, targets));
  HONE_CHECK_OK(rig.Alive());
  ProfileOptions options;
  options.modules = sources_.modules();
  options.handlers = sources_.handlers();
  options.locks = sources_.locks();
  options.response_is_bound = facts_.latency->validity != evidence::Validity::kValid;
  for (const LoadTarget& target : targets) {
    const auto merged =
        load::Merged(facts_.latency->result, load::Timing::kService, load::Outcome::kOk, target.endpoint);
    if (merged && merged->count() > 0) options.mean_response_ns[target.endpoint] = merged->Mean();
  }
  HONE_TRY(facts_.profiles, RunProfiles(context, targets, options));
  return rig.Alive();
}

base::Result<void> Checker::MeasureAll(host::Guardian& guardian, evidence::Redactor& redactor) {
  const host::NoiseSample noise = host::SampleNoise();
  const RigOptions options{.yes_write = request_.yes_write, .watch_database = true};
  HONE_TRY(const auto rig, Rig::Start(project_, options, guardian, redactor, task_));
  if (rig->cluster() != nullptr)
    facts_.environment.emplace_back("postgresql", "PostgreSQL " + rig->cluster()->installation().version);
  facts_.environment.emplace_back("cores", base::FormatCount(machine_.usable_cores) + " cores");
  HONE_CHECK_OK(TryOut(*rig, redactor));
  rig->LookAtPeers();
  const double later = request_.quiet_only ? 0
                                           : static_cast<double>(project_.limits.latency_for_ns) / 1e9 + kPilotSeconds +
                                                 AfterLatency(selected_.size());
  HONE_TRY(facts_.quiet, RunQuiet(project_, selected_, facts_.dry, *rig, session_->measurer(), redactor, task_,
                                  sequence_, sources_.modules(), later, true));
  HONE_CHECK_OK(rig->Alive());
  rig->LookAtPeers();
  HONE_CHECK_OK(KeepCounts(*rig, "the quiet phase"));
  (void)ReadTimeouts(*rig, facts_.sessions);  // what is not known is not told
  HONE_TRY(facts_.plans, StudyPlans(facts_.quiet, *rig, session_->measurer(), redactor, task_, later));
  if (!request_.quiet_only && !Interrupted()) {
    auto loaded = LoadPhases(*rig, redactor);
    if (!loaded && loaded.error().code != base::Code::kCancelled) return std::unexpected(loaded.error());
  }
  HONE_CHECK_OK(KeepCounts(*rig, "the phases under load"));
  const std::vector<evidence::NotJudged> unanswered = rig->upstreams().Unanswered();
  facts_.dry.not_judged.insert(facts_.dry.not_judged.end(), unanswered.begin(), unanswered.end());
  rig->Finish();
  if (const auto unquiet = rig->Unquiet(noise, machine_.cores))
    facts_.caveats.push_back(*unquiet + ". Counts do not suffer from that; times may");
  facts_.caveats.insert(facts_.caveats.end(), rig->caveats().begin(), rig->caveats().end());
  HONE_CHECK_OK(KeepPeers(*rig));
  return StudyIndexUse(*rig, redactor);
}

// All that is known of what asks the database: what was seen, and what stands in the sources.
std::vector<std::string> Checker::KnownStatements() const {
  std::vector<std::string> statements;
  for (const sql::Query& query : facts_.sessions.start.exchange.queries) statements.push_back(query.text);
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    for (const sql::Query& query : endpoint.exchange.queries) statements.push_back(query.text);
  }
  for (const golang::Query& query : sources_.inspection().queries)
    statements.push_back(query.partial ? fmt::format("{}", fmt::join(query.parts, " ")) : query.text);
  return statements;
}

// Of a part of the scenarios nothing follows for indexes.
base::Result<void> Checker::StudyIndexUse(Rig& rig, const evidence::Redactor& redactor) {
  if (Interrupted() || selected_.size() != project_.scenarios.size()) return {};
  const auto uses = rig.EndIndexUse();
  if (!uses) return {};
  auto unused =
      StudyUnused(*rig.cluster(), rig.database_name(), *uses, KnownStatements(), sources_.inspection().sql_pieces,
                  project_.service.name, session_->measurer(), redactor, task_);
  if (!unused && unused.error().code == base::Code::kCancelled) return {};
  if (!unused) {
    facts_.caveats.push_back("which indexes are not used was not looked at: " + base::Sentence(unused.error()));
    return {};
  }
  facts_.unused_indexes = *std::move(unused);
  facts_.unasked = sources_.Unasked(project_);
  facts_.mapped = sources_.UsesMapper();
  return {};
}

base::Result<void> Checker::KeepPeers(const Rig& rig) {
  const auto what = [&](const Peer& peer) { return rig.WhatListensAt(peer); };
  HONE_TRY(facts_.seen_only, MeasurePeers(rig.peers(), project_.service.name, what, session_->measurer()));
  for (std::string& caveat : PeerCaveats(facts_.seen_only)) facts_.caveats.push_back(std::move(caveat));
  return {};
}

base::Result<evidence::Report> Checker::Run() {
  HONE_TRY(project_, project::ReadProject(request_.dir / "hone.toml"));
  HONE_TRY(selected_, SelectScenarios(project_, request_.endpoints));
  HONE_TRY(const auto root, host::RunRoot());
  HONE_TRY(auto guardian, host::Guardian::Start(root));
  HONE_TRY(const auto lock,
           host::MachineLock::Take(request_.quiet_only ? "sql" : "check", std::chrono::seconds(0), task_));
  HONE_TRY(session_, Session::Begin(request_.quiet_only ? "sql" : "check", request_.dir));
  evidence::Redactor redactor;
  HONE_CHECK_OK(Prepare(guardian));
  auto measured = MeasureAll(guardian, redactor);
  if (!measured && measured.error().code != base::Code::kCancelled)
    return std::unexpected(redactor.Scrub(measured.error()));
  if (Interrupted()) facts_.caveats.emplace_back("interrupted: only what was measured until then is judged");
  facts_.interrupted = Interrupted();
  facts_.quiet_only = request_.quiet_only;
  task_.Report({"Judging"});
  HONE_TRY(evidence::Report report,
           MakeCheckReport(project_, selected_, facts_, sources_, request_.dir, request_.rank, session_->measurer()));
  return session_->End(std::move(report));
}

}  // namespace

base::Result<evidence::Report> Check(const CheckRequest& request, base::Task& task) {
  return Checker(request, task).Run();
}

base::Result<std::vector<size_t>> SelectScenarios(const project::Project& project,
                                                  const std::vector<std::string>& names) {
  std::vector<size_t> selected;
  for (size_t i = 0; i < project.scenarios.size(); ++i) {
    if (names.empty()) selected.push_back(i);
  }
  for (const std::string& name : names) {
    const size_t before = selected.size();
    std::vector<std::string> known;
    for (size_t i = 0; i < project.scenarios.size(); ++i) {
      known.push_back(project::EndpointName(project.scenarios[i]));
      if (known.back() == name || project.scenarios[i].name == name) selected.push_back(i);
    }
    if (selected.size() > before) continue;
    const std::vector<std::string_view> views(known.begin(), known.end());
    const auto nearest = base::NearestName(name, views);
    return base::Fail(base::Code::kUsage, "hone.toml has no such endpoint", name,
                      nearest ? "Did you mean '" + *nearest + "'?" : "");
  }
  return selected;
}

base::Result<int> CountGated(const evidence::Report& report, const std::string& gate) {
  if (gate == "none") return 0;
  const bool all = gate == "all";
  const bool fresh = gate == "new";
  if (!all && !fresh && evidence::FindRule(gate) == nullptr) {
    return base::Fail(base::Code::kUsage, "There is no such gate", gate,
                      "--gate takes none, new, all or the name of a rule");
  }
  return static_cast<int>(std::ranges::count_if(report.findings, [&](const evidence::Finding& finding) {
    if (all) return true;
    return !finding.accepted && (fresh || finding.rule == gate);
  }));
}

}  // namespace hone::ops
