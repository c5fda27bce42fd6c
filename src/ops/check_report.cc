#include "ops/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

#include "base/units.h"
#include "evidence/claim.h"
#include "evidence/ranking.h"
#include "load/capture.h"
#include "ops/accept.h"
#include "sql/analysis.h"
#include "sql/mapped_texts.h"
#include "sql/plan_rules.h"
#include "sql/rules.h"
#include "sql/session_rule.h"
#include "sql/session_state.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

using evidence::MeasurementSpec;
using evidence::Report;

// How a variable of Go's runtime stands to a limit: GOMAXPROCS may be the limit rounded up, GOMEMLIMIT is to be below
// it.
metrics::RuntimeSetting StandOf(const project::Environment& environment, const std::string& name, double limit) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty() || found->second.source() == "off")
    return metrics::RuntimeSetting::kUnset;
  const auto value = metrics::ParseGoQuantity(found->second.source());
  if (!value) return metrics::RuntimeSetting::kUnset;
  return *value <= std::ceil(limit) ? metrics::RuntimeSetting::kWithin : metrics::RuntimeSetting::kAbove;
}

class Reporter {
 public:
  Reporter(const project::Project& project, const CheckFacts& facts, const SourceMap& sources, Measurer& measurer)
      : project_(project), facts_(facts), sources_(sources), measurer_(measurer) {}

  base::Result<Report> Make(const std::vector<size_t>& selected, const std::filesystem::path& dir,
                            const std::string& rank);

 private:
  base::Result<std::optional<int64_t>> DriverTime();
  base::Result<void> JudgeDatabase();
  base::Result<void> JudgePlans();
  base::Result<void> JudgeUnused();
  static void AddCallsInGaps(const QuietEndpoint& endpoint, evidence::Judgement& judgement);
  void WithholdTimes(const QuietEndpoint& endpoint, evidence::Judgement& judgement);
  base::Result<void> JudgeProfiles();
  base::Result<void> Take(const evidence::Judgement& judgement);
  void Locate(evidence::Finding& finding) const;
  void AddUnfinished(const std::vector<size_t>& selected);
  base::Result<void> AddHealthy();
  base::Result<std::string> HealthyText(const QuietEndpoint& endpoint);
  void AddNotJudged(const evidence::NotJudged& entry);
  std::vector<const sql::Exchange*> Exchanges() const;
  base::Result<void> JudgeSessions(const sql::RuleOptions& options);
  void AddSessionNotes();
  void AddDatabaseCaveats();
  void AddCaveats();
  void MeasureRuntime(const Latency& latency);
  base::Result<void> MeasureLatency();
  base::Result<void> JudgeLimits(const Latency& latency);
  base::Result<void> MeasureStubs();
  std::map<std::string, double> Shares() const;
  std::string HealthyName(const QuietEndpoint& endpoint) const;
  bool Names(const std::string& endpoint) const;
  size_t NotJudgedInFull() const;
  void Conclude(size_t endpoints);

  const project::Project& project_;
  const CheckFacts& facts_;
  const SourceMap& sources_;
  Measurer& measurer_;
  Report report_;
  std::string index_note_ = {};
};

void Reporter::AddNotJudged(const evidence::NotJudged& entry) {
  const bool known = std::ranges::any_of(report_.not_judged, [&](const evidence::NotJudged& other) {
    return other.subject == entry.subject && other.reason == entry.reason;
  });
  if (!known) report_.not_judged.push_back(entry);
}

base::Result<void> Reporter::Take(const evidence::Judgement& judgement) {
  for (const MeasurementSpec& spec : judgement.measurements) HONE_CHECK_OK(measurer_.Measure(spec));
  for (const evidence::FindingDraft& draft : judgement.findings) {
    HONE_TRY(Measurer::Supported supported, measurer_.Support(draft));
    if (!supported.finding) {
      const std::string& subject = draft.subject.endpoint.empty() ? draft.subject.name : draft.subject.endpoint;
      AddNotJudged({draft.rule + " of " + subject, "not enough evidence: " + supported.reason,
                    "A longer window: [limits] in hone.toml"});
      continue;
    }
    Locate(*supported.finding);
    report_.findings.push_back(*std::move(supported.finding));
  }
  for (const evidence::NotJudged& entry : judgement.not_judged) AddNotJudged(entry);
  return {};
}

// What the driver needs for a round trip: the least that any endpoint shows.
base::Result<std::optional<int64_t>> Reporter::DriverTime() {
  std::optional<int64_t> least;
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || std::ssize(sql::DriverGaps(endpoint.exchange)) < sql::kLeastDriverGaps) continue;
    HONE_TRY(const evidence::Measurement gap, measurer_.Measure({.metric = "sql.driver_gap",
                                                                 .scope = {.endpoint = endpoint.endpoint},
                                                                 .unit = "ns",
                                                                 .method = "sql.driver_gap@1",
                                                                 .captures = {endpoint.capture.id}}));
    if (gap.validity != evidence::Validity::kValid) continue;
    // What takes much longer is the logic between two statements, not the driver.
    const auto ns = std::min(static_cast<int64_t>(gap.value), 2 * sql::kDriverNsOfTrip);
    least = std::min(least.value_or(ns), ns);
  }
  return least;
}

// A query's line: who waited for its reply, else where such a text stands.
void Reporter::Locate(evidence::Finding& finding) const {
  sources_.Locate(finding, FindCaller(facts_.quiet, finding.subject.endpoint, finding.subject.name));
}

// The stubs that are called while a transaction is open: of a finding that there is, or in one of their own.
void Reporter::AddCallsInGaps(const QuietEndpoint& endpoint, evidence::Judgement& judgement) {
  const int64_t size = sql::TypicalSize(endpoint.exchange);
  const auto idles = [](const evidence::FindingDraft& draft) { return draft.rule == "sql.idle_in_transaction"; };
  if (std::ranges::none_of(judgement.findings, idles)) {
    if (auto draft = JudgeCallsInGaps(endpoint.exchange, endpoint.capture.id, endpoint.stub_calls, size))
      judgement.findings.push_back(*std::move(draft));
  }
  for (evidence::FindingDraft& draft : judgement.findings) {
    if (idles(draft))
      NameCallsInGaps(endpoint.exchange, endpoint.capture.id, endpoint.stub_calls, endpoint.stub_capture.id, size,
                      draft);
  }
}

base::Result<void> Reporter::JudgeDatabase() {
  sql::RuleOptions options = RuleOptionsOf(project_);
  HONE_TRY(options.driver_ns, DriverTime());
  options.library = sources_.DatabaseLibrary();
  for (const StudiedPlan& plan : facts_.plans.studied) {
    if (!plan.study.last_page) options.remedies[plan.study.query] = sql::RemedyOfSlow(plan.study);
  }
  for (const ProvenSet& set : facts_.plans.sets)
    options.set_forms[set.proof.query] = {set.capture.id, set.proof.statement};
  sql::MappedTexts mapped;
  std::map<std::string, std::string> library_of;  // of all endpoints
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed) continue;
    options.library_of.clear();
    for (const QueryCaller& caller : endpoint.callers)
      options.library_of[caller.query] = golang::Name(caller.caller.library);
    library_of.insert(options.library_of.begin(), options.library_of.end());
    const auto judge = [&](const sql::Exchange& exchange, const evidence::Capture& capture,
                           const std::vector<CheckedLoop>& checks) {
      options.delay_checks.clear();
      for (const CheckedLoop& loop : checks) options.delay_checks[loop.query] = loop.capture;
      return sql::Judge(exchange, capture, options);
    };
    // Nothing is missed of what fewer rows tell.
    for (const ThinnedExchange& thinned : endpoint.thinned)
      options.told_loops.merge(sql::LoopsIn(judge(thinned.exchange, thinned.capture, thinned.checks)));
    evidence::Judgement judgement = judge(endpoint.exchange, endpoint.capture, endpoint.checks);
    for (const ThinnedExchange& thinned : endpoint.thinned) {
      evidence::Judgement fewer = judge(thinned.exchange, thinned.capture, thinned.checks);
      // What stays as often without rows of another statement's is not judged by that.
      if (!thinned.certain) fewer.not_judged = judgement.not_judged;
      sql::AddLoops(judgement, std::move(fewer));
      options.told_loops = sql::LoopsIn(judgement);
    }
    options.told_loops.clear();
    mapped.TakeFrom(judgement, endpoint.exchange);
    const bool busy = endpoint.foreign_share > kBusyMachine;
    if (busy) WithholdTimes(endpoint, judgement);
    if (!busy && endpoint.stub_capture.id != 0) AddCallsInGaps(endpoint, judgement);
    HONE_CHECK_OK(Take(judgement));
  }
  options.library_of = std::move(library_of);
  HONE_CHECK_OK(Take({.findings = std::move(mapped).Told(options)}));
  return JudgeSessions(options);
}

base::Result<void> Reporter::JudgePlans() {
  for (const StudiedPlan& plan : facts_.plans.studied) {
    HONE_CHECK_OK(Take(sql::JudgePlan(plan.study, plan.capture, plan.exchange)));
  }
  const StudiedIndexes& indexes = facts_.plans.indexes;
  if (indexes.capture.id != 0) HONE_CHECK_OK(Take(sql::JudgeIndexes(indexes.entries, indexes.capture)));
  for (const evidence::NotJudged& entry : facts_.plans.not_judged) AddNotJudged(entry);
  return JudgeUnused();
}

// Endpoints that were not asked may use them: then it is a note.
base::Result<void> Reporter::JudgeUnused() {
  const UnusedIndexes& indexes = facts_.unused_indexes;
  if (indexes.capture.id == 0) return {};
  std::vector<std::string> unasked = facts_.unasked;
  for (size_t i = 0; i < project_.scenarios.size(); ++i) {
    const auto counted = std::ranges::find(facts_.quiet.endpoints, i, &QuietEndpoint::scenario);
    if (counted == facts_.quiet.endpoints.end() || counted->failed)
      unasked.push_back(project::EndpointName(project_.scenarios[i]));
  }
  if (unasked.empty()) return Take(sql::JudgeUnusedIndexes(indexes.entries, indexes.capture));
  constexpr size_t kNamed = 3;
  const size_t more = unasked.size() - std::min(unasked.size(), kNamed);
  unasked.resize(std::min(unasked.size(), kNamed));
  std::vector<std::string> names;
  for (const size_t index : sql::FindUnused(indexes.entries)) names.push_back(indexes.entries[index].name);
  index_note_ = fmt::format("no statement of this run used {}; what was not asked may: {}{}", fmt::join(names, ", "),
                            fmt::join(unasked, ", "), more > 0 ? fmt::format(" and {} more", more) : std::string());
  return {};
}

// On a busy machine a budget may be broken, and a transaction idle, because of others than the service: counts stand,
// times are not judged.
void Reporter::WithholdTimes(const QuietEndpoint& endpoint, evidence::Judgement& judgement) {
  const bool far_over = endpoint.typical.db_ns > kFarOver * project_.budgets.database_ns;
  const std::string reason =
      fmt::format("other programs used more than {:.0f} % of the machine meanwhile", kBusyMachine * 100);
  const auto withhold = [&](std::string_view rule, std::string_view subject) {
    const auto findings = std::erase_if(judgement.findings, [&](const evidence::FindingDraft& draft) {
      return std::string_view(draft.rule).starts_with(rule) && !(far_over && draft.rule == "budget.db");
    });
    // What is uncertain then is so for the machine's sake.
    const auto uncertain = std::erase_if(
        judgement.not_judged, [&](const evidence::NotJudged& entry) { return entry.subject.starts_with(subject); });
    if (findings + uncertain == 0) return;
    AddNotJudged({std::string(subject) + endpoint.endpoint, reason, "Run it when the machine has less to do"});
  };
  withhold("budget.", sql::kBudgetSubject);
  withhold("sql.idle_in_transaction", sql::kIdleSubject);
}

// What no endpoint could be judged by, for the same reason (a profile that is switched off), is the service's: taken
// out of all `judgements`, said once, and no endpoint's health.
std::vector<evidence::NotJudged> TakeCommon(std::vector<evidence::Judgement>& judgements) {
  std::vector<evidence::NotJudged> common;
  if (judgements.size() < 2) return common;
  const auto what = [](const evidence::NotJudged& entry) {
    return entry.subject.substr(0, std::min(entry.subject.find(" of "), entry.subject.size()));
  };
  const std::vector<evidence::NotJudged> candidates = judgements.front().not_judged;
  for (const evidence::NotJudged& candidate : candidates) {
    if (!profile::IsOfService(candidate)) continue;
    const auto same = [&](const evidence::NotJudged& entry) {
      return what(entry) == what(candidate) && entry.reason == candidate.reason;
    };
    const bool everywhere = std::ranges::all_of(judgements, [&](const evidence::Judgement& judgement) {
      return std::ranges::any_of(judgement.not_judged, same);
    });
    if (!everywhere) continue;
    for (evidence::Judgement& judgement : judgements) std::erase_if(judgement.not_judged, same);
    common.push_back({what(candidate), candidate.reason, candidate.what_would_do});
  }
  return common;
}

base::Result<void> Reporter::JudgeProfiles() {
  if (!facts_.profiles) return {};
  std::vector<evidence::Judgement> judgements;
  for (const profile::EndpointWindow& window : facts_.profiles->windows) judgements.push_back(profile::Judge(window));
  for (const evidence::NotJudged& entry : TakeCommon(judgements)) AddNotJudged(entry);
  for (const evidence::Judgement& judgement : judgements) HONE_CHECK_OK(Take(judgement));
  for (const evidence::NotJudged& entry : facts_.profiles->not_judged) AddNotJudged(entry);
  return {};
}

// What Go's runtime says of itself under load, as far as the service exports it: a metric that is not there is no
// measurement.
void Reporter::MeasureRuntime(const Latency& latency) {
  if (latency.metrics_captures.size() < 2) return;
  const std::vector<evidence::CaptureId> ends = {latency.metrics_captures.front(), latency.metrics_captures.back()};
  const evidence::Scope scope{.service = project_.service.name};
  (void)measurer_.Measure({.metric = "runtime.goroutines",
                           .scope = scope,
                           .unit = "count",
                           .method = "metrics.gauge@1",
                           .captures = ends,
                           .parameters = {{"name", "go_goroutines"}}});
  (void)measurer_.Measure({.metric = "runtime.gc_cpu",
                           .scope = scope,
                           .unit = "ns",
                           .method = "metrics.counter_per_request@1",
                           .captures = ends,
                           .parameters = {{"name", "go_cpu_classes_gc_total_cpu_seconds_total"}, {"scale", "1e9"}}});
}

base::Result<void> Reporter::MeasureStubs() {
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || endpoint.stub_capture.id == 0) continue;
    HONE_TRY(const auto sentences, DescribeCalls(endpoint.stub_calls, endpoint.stub_capture, measurer_));
    for (const std::string& sentence : sentences) report_.caveats.push_back("seen: " + sentence);
  }
  return {};
}

base::Result<void> Reporter::MeasureLatency() {
  if (!facts_.latency) return {};
  const Latency& latency = *facts_.latency;
  if (latency.validity != evidence::Validity::kValid) {
    AddNotJudged({"response times under load", latency.validity_reason,
                  "Run on a machine with a core to spare, or lower [limits] rate"});
  }
  MeasureRuntime(latency);
  HONE_CHECK_OK(JudgeLimits(latency));
  for (const char* metric : {"process.service_cores", "process.database_cores", "process.service_rss"}) {
    const bool bytes = std::string_view(metric).ends_with("rss");
    HONE_CHECK_OK(measurer_.Measure({.metric = metric,
                                     .scope = {.service = project_.service.name},
                                     .unit = bytes ? "bytes" : "cores",
                                     .method = std::string(metric) + "@1",
                                     .captures = {latency.process_capture.id}}));
  }
  for (const std::string& endpoint : latency.result.endpoints) {
    for (const char* metric : {"load.response.p50", "load.response.p99", "load.service.p50", "load.sent",
                               "load.answered", "load.failed.status", "load.censored"}) {
      const bool time = std::string_view(metric).find(".p") != std::string_view::npos;
      MeasurementSpec spec{.metric = metric,
                           .scope = {.service = project_.service.name, .endpoint = endpoint},
                           .unit = time ? "ns" : "count",
                           .method = std::string(metric) + "@1",
                           .captures = {latency.capture.id}};
      spec.parameters["endpoint"] = endpoint;
      HONE_CHECK_OK(measurer_.Measure(spec));
    }
  }
  return {};
}

// What the service's own limits did to it under load.
base::Result<void> Reporter::JudgeLimits(const Latency& latency) {
  if (!latency.cgroup) return {};
  const project::Service& service = project_.service;
  const auto all = load::Merged(latency.result, load::Timing::kService, load::Outcome::kOk);
  metrics::CgroupOptions options;
  options.service = service.name;
  options.mean_response_ns = all && all->count() > 0 ? all->Mean() : 0;
  options.cores = std::thread::hardware_concurrency();
  options.gomaxprocs = StandOf(service.env, "GOMAXPROCS", service.limits.cpus.value_or(0));
  options.gomemlimit = StandOf(service.env, "GOMEMLIMIT", static_cast<double>(service.limits.memory_bytes.value_or(0)));
  return Take(metrics::JudgeCgroup(*latency.cgroup, latency.cgroup_capture, options));
}

base::Result<std::string> Reporter::HealthyText(const QuietEndpoint& endpoint) {
  std::vector<evidence::Measurement> cited;
  std::string text;
  const auto cite = [&](std::string_view metric, const std::string& before, const std::string& after) {
    const auto measured = std::ranges::find_if(measurer_.measurements(), [&](const evidence::Measurement& one) {
      const bool of_load = metric.starts_with("load.") && one.scope.endpoint == endpoint.endpoint;
      const bool of_quiet = std::ranges::find(one.captures, endpoint.capture.id) != one.captures.end();
      return one.metric == metric && (of_load || of_quiet) && one.validity == evidence::Validity::kValid;
    });
    if (measured == measurer_.measurements().end()) return;
    text += fmt::format("{}{}{{m{}}}{}", text.empty() ? "" : ", ", before, cited.size(), after);
    cited.push_back(*measured);
  };
  cite("sql.round_trips", "", " round trips");
  cite("budget.db", "database ", "");
  cite("budget.logic_cpu", "logic ", "");
  cite("budget.unattributed", "rest ", "");
  if (facts_.latency && facts_.latency->validity == evidence::Validity::kValid) cite("load.response.p99", "p99 ", "");
  // "p99" is a name, not a number.
  const size_t quantile = text.find("p99");
  if (quantile != std::string::npos) text.replace(quantile, 3, "`p99`");
  HONE_TRY(std::string rendered, evidence::RenderClaim(text, cited));
  std::erase(rendered, '`');
  return rendered;
}

// The endpoint; with the scenario's name where several ask the same one.
std::string Reporter::HealthyName(const QuietEndpoint& endpoint) const {
  const bool shared = std::ranges::count(facts_.quiet.endpoints, endpoint.endpoint, &QuietEndpoint::endpoint) > 1;
  return shared ? fmt::format("{} ({})", endpoint.endpoint, project_.scenarios[endpoint.scenario].name)
                : endpoint.endpoint;
}

bool Reporter::Names(const std::string& endpoint) const {
  const auto about = [&](const std::string& subject) { return subject.ends_with(endpoint); };
  return std::ranges::any_of(report_.findings,
                             [&](const auto& finding) { return finding.subject.endpoint == endpoint; }) ||
         std::ranges::any_of(report_.not_judged, [&](const auto& entry) { return about(entry.subject); });
}

// What an interruption left undone.
void Reporter::AddUnfinished(const std::vector<size_t>& selected) {
  if (!facts_.interrupted) return;
  const auto windows =
      facts_.profiles ? std::span(facts_.profiles->windows) : std::span<const profile::EndpointWindow>();
  for (const size_t index : selected) {
    const std::string endpoint = project::EndpointName(project_.scenarios[index]);
    const bool counted =
        std::ranges::find(facts_.quiet.endpoints, index, &QuietEndpoint::scenario) != facts_.quiet.endpoints.end();
    const bool profiled =
        facts_.quiet_only || std::ranges::find(windows, endpoint, &profile::EndpointWindow::endpoint) != windows.end();
    const std::string what_would_do = "A run to its end";
    if (!counted) AddNotJudged({endpoint, "interrupted before it was counted", what_would_do});
    if (counted && !profiled) {
      AddNotJudged(
          {"CPU, allocations and locks of " + endpoint, "interrupted before they were profiled", what_would_do});
    }
  }
}

base::Result<void> Reporter::AddHealthy() {
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || Names(endpoint.endpoint)) continue;
    HONE_TRY(std::string text, HealthyText(endpoint));
    report_.healthy.push_back({HealthyName(endpoint), std::move(text)});
  }
  return {};
}

std::map<std::string, double> Reporter::Shares() const {
  double sum = 0;
  std::map<std::string, double> shares;
  for (const project::Scenario& scenario : project_.scenarios) {
    shares[project::EndpointName(scenario)] += scenario.weight;
    sum += scenario.weight;
  }
  for (auto& [endpoint, share] : shares) share /= sum;
  return shares;
}

// The statements that leave something in the sessions of requests: on a fresh connection they look like its driver's.
std::set<std::string> LeftByRequests(const Quiet& quiet) {
  std::set<std::string> texts;
  for (const QuietEndpoint& endpoint : quiet.endpoints) {
    for (const sql::SessionStatement& left : sql::SessionStatements(endpoint.exchange)) {
      if (left.place == sql::SessionPlace::kRequest) texts.insert(left.text);
    }
  }
  return texts;
}

// All that is known of the service's statements.
std::vector<const sql::Exchange*> Reporter::Exchanges() const {
  std::vector<const sql::Exchange*> exchanges;
  if (facts_.sessions.start.capture.id != 0) exchanges.push_back(&facts_.sessions.start.exchange);
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) exchanges.push_back(&endpoint.exchange);
  return exchanges;
}

// sql.session_state of what belongs to no request: of each kind of thing that is left the first one stands for all.
base::Result<void> Reporter::JudgeSessions(const sql::RuleOptions& options) {
  const std::set<std::string> of_requests = LeftByRequests(facts_.quiet);
  std::set<std::string> known;
  const auto take = [&](const sql::Exchange& exchange, const evidence::Capture& capture) {
    evidence::Judgement judgement = sql::JudgeSessionsOfService(exchange, capture, options);
    std::erase_if(judgement.findings, [&](const evidence::FindingDraft& draft) {
      return of_requests.contains(draft.subject.name) || !known.insert(draft.title).second;
    });
    return Take(judgement);
  };
  const ServiceStart& start = facts_.sessions.start;
  if (start.capture.id != 0) HONE_CHECK_OK(take(start.exchange, start.capture));
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (!endpoint.failed) HONE_CHECK_OK(take(endpoint.exchange, endpoint.capture));
  }
  return {};
}

// What would break behind a pooler that hands connections on after each transaction. A note where nothing tells whether
// there is one in production.
void Reporter::AddSessionNotes() {
  constexpr std::string_view kBreaks = "behind a pooler in transaction mode the next transaction has another session";
  std::set<std::string> known;
  const auto note = [&](std::string_view who, const sql::SessionStatement& left, std::string_view when) {
    if (!known.insert(fmt::format("{}{}{}", who, left.what, when.empty() ? std::string_view(left.text) : when)).second)
      return;
    report_.caveats.push_back(
        fmt::format("{} leaves {} in its session{} (`{}`): {}", who, left.what, when, left.text, kBreaks));
  };
  const std::set<std::string> of_requests = LeftByRequests(facts_.quiet);
  const auto notes_of = [&](const sql::Exchange& exchange, bool start) {
    for (const sql::SessionStatement& left : sql::SessionStatements(exchange)) {
      if (left.place == sql::SessionPlace::kRequest) {
        if (!start) note(exchange.endpoint, left, "");
      } else if (!of_requests.contains(left.text)) {
        const bool begins = left.place == sql::SessionPlace::kBeginning;
        note("the service", left, begins ? " when a connection begins" : " outside of requests");
      }
    }
  };
  if (facts_.sessions.start.capture.id != 0) notes_of(facts_.sessions.start.exchange, true);
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) notes_of(endpoint.exchange, false);
}

void Reporter::AddDatabaseCaveats() {
  if (!project_.database) return;
  if (!index_note_.empty()) report_.caveats.push_back(index_note_);
  const project::Pooler pooler = project_.database->pooler;
  if (pooler == project::Pooler::kUnknown) AddSessionNotes();
  const bool pooled = pooler == project::Pooler::kTransaction;
  const auto prepared = [](const sql::Statement& statement) {
    return statement.request != sql::kNoRequest && statement.protocol == sql::Protocol::kPrepared;
  };
  const auto prepares = [&](const QuietEndpoint& endpoint) {
    return std::ranges::any_of(endpoint.exchange.statements, prepared);
  };
  if (pooled && std::ranges::any_of(facts_.quiet.endpoints, prepares)) {
    report_.caveats.emplace_back(
        "the driver prepares statements by name: PgBouncer in transaction mode carries them from version 1.21 on, with "
        "max_prepared_statements above 0; where the pooler does not, pgx works with default_query_exec_mode=exec");
  }
  const std::vector<const sql::Exchange*> exchanges = Exchanges();
  for (std::string& caveat : ErrorCaveats(facts_.sessions, exchanges)) report_.caveats.push_back(std::move(caveat));
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    for (const std::string& sqlstate : sql::PreparedFailures(endpoint.exchange))
      report_.caveats.push_back(
          fmt::format("prepared statements of {} failed so (SQLSTATE {})", endpoint.endpoint, sqlstate));
  }
  std::string timeouts = TimeoutCaveat(facts_.sessions, exchanges, pooled);
  if (!timeouts.empty()) report_.caveats.push_back(std::move(timeouts));
}

void Reporter::AddCaveats() {
  report_.caveats = facts_.caveats;
  const auto add = [&](const std::vector<std::string>& more) {
    report_.caveats.insert(report_.caveats.end(), more.begin(), more.end());
  };
  add(facts_.dry.caveats);
  add(facts_.quiet.caveats);
  add(facts_.plans.caveats);
  AddDatabaseCaveats();
  if (facts_.profiles) add(facts_.profiles->caveats);
  if (facts_.latency) {
    report_.caveats.push_back(fmt::format("load: {} requests a second ({})", base::FormatCount(facts_.latency->rate),
                                          facts_.latency->rate_reason));
  }
  if (facts_.perturbation) {
    const Perturbation& perturbation = *facts_.perturbation;
    report_.caveats.push_back(fmt::format(
        "a CPU profile changed the median service time by {} ({}): latencies come from windows without one",
        evidence::FormatValueWithInterval(perturbation.measurement), evidence::Name(perturbation.outcome.verdict)));
  }
  if (facts_.quiet.audit && facts_.quiet.audit->proxy != facts_.quiet.audit->server) {
    AddNotJudged({"statement counts",
                  fmt::format("the proxy saw {} statements, the server counted {}", facts_.quiet.audit->proxy,
                              facts_.quiet.audit->server),
                  "Look for statements that run inside functions or triggers, or beside the proxy"});
  }
}

// Endpoints of which something was not judged.
size_t Reporter::NotJudgedInFull() const {
  std::set<std::string> endpoints;
  for (const project::Scenario& scenario : project_.scenarios) {
    const std::string endpoint = project::EndpointName(scenario);
    const auto about = [&](const evidence::NotJudged& entry) { return entry.subject.ends_with(endpoint); };
    if (std::ranges::any_of(report_.not_judged, about)) endpoints.insert(endpoint);
  }
  return endpoints.size();
}

void Reporter::Conclude(size_t endpoints) {
  const auto open = static_cast<size_t>(
      std::ranges::count_if(report_.findings, [](const evidence::Finding& finding) { return !finding.accepted; }));
  const bool everything = report_.not_judged.empty() && !facts_.interrupted;
  report_.verdict = open > 0 ? "findings" : everything ? "clean" : "inconclusive";
  std::set<std::string> hurt;
  for (const evidence::Finding& finding : report_.findings) {
    if (!finding.subject.endpoint.empty()) hurt.insert(finding.subject.endpoint);
  }
  const auto plural = [](size_t count, const std::string& noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  report_.headline = fmt::format("{} proven at {} of {}; {} healthy; {} not judged in full", plural(open, "finding"),
                                 hurt.size(), plural(endpoints, "endpoint"), report_.healthy.size(), NotJudgedInFull());
  const size_t accepted = report_.findings.size() - open;
  if (accepted > 0) report_.headline += fmt::format("; {} accepted", accepted);
  if (facts_.quiet.audit && facts_.quiet.audit->proxy == facts_.quiet.audit->server) {
    report_.headline += fmt::format(". All {} statements counted agree with the server's own count",
                                    base::FormatCount(static_cast<double>(facts_.quiet.audit->server)));
  }
}

base::Result<Report> Reporter::Make(const std::vector<size_t>& selected, const std::filesystem::path& dir,
                                    const std::string& rank) {
  report_.environment = facts_.environment;
  report_.seen_only = facts_.seen_only;
  report_.not_judged = facts_.dry.not_judged;
  for (const evidence::NotJudged& entry : facts_.quiet.not_judged) AddNotJudged(entry);
  HONE_CHECK_OK(JudgeDatabase());
  HONE_CHECK_OK(JudgePlans());
  HONE_CHECK_OK(JudgeProfiles());
  HONE_CHECK_OK(MeasureLatency());
  AddCaveats();
  HONE_CHECK_OK(MeasureStubs());
  AddUnfinished(selected);
  HONE_CHECK_OK(AddHealthy());
  evidence::Rank(report_.findings, evidence::RankByNamed(rank).value_or(evidence::RankBy::kTime), Shares());
  HONE_CHECK_OK(ApplyAccepted(dir, report_));
  Conclude(selected.size());
  if (!report_.findings.empty()) {
    report_.next = {"hone show 1", "hone accept 1 --reason '...'", "hone evidence recompute"};
  } else if (!report_.not_judged.empty()) {
    report_.next = {"hone doctor"};
  }
  return std::move(report_);
}

}  // namespace

base::Result<Report> MakeCheckReport(const project::Project& project, const std::vector<size_t>& selected,
                                     const CheckFacts& facts, const SourceMap& sources,
                                     const std::filesystem::path& dir, const std::string& rank, Measurer& measurer) {
  return Reporter(project, facts, sources, measurer).Make(selected, dir, rank);
}

}  // namespace hone::ops
