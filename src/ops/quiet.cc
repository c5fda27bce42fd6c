#include "ops/quiet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>

#include "base/clock.h"
#include "host/machine.h"
#include "host/process_stats.h"
#include "metrics/prometheus.h"
#include "net/http_client.h"
#include "ops/delay_probe.h"
#include "ops/user.h"
#include "sql/analysis.h"
#include "sql/delay_check.h"
#include "sql/recording.h"
#include "sql/session_state.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kIdleFor = 1200 * base::kMillisecond;  // long enough to see what polls once a second
constexpr base::Nanos kQuietFor =
    3 * base::kMillisecond;  // no traffic for so long: the request's work on the database is over
constexpr base::Nanos kSettledFor = 150 * base::kMillisecond;  // after a start: longer than a queue's workers rest
constexpr base::Nanos kQuietSettleAtMost = 3000 * base::kMillisecond;
constexpr base::Nanos kDrainAtMost = 2000 * base::kMillisecond;
constexpr base::Nanos kFresh = 30'000 * base::kMillisecond;  // what an endpoint's requests take, at most
constexpr int kWarmRepeats = 4;
constexpr int kTypicalRepeats = 8;  // further warm requests at the size by which budgets are judged
constexpr int kTransportRequests = 25;
constexpr uint64_t kQuietSeed = 1;
constexpr int kFailuresAtMost = 3;

int64_t Median(std::vector<int64_t> values) {
  if (values.empty()) return -1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

using Drafts = std::vector<evidence::FindingDraft>;

// Runs one phase; the state that its steps share.
class Phase {
 public:
  Phase(const project::Project& project, const DryRun& dry, Rig& rig, Measurer& measurer,
        const evidence::Redactor& redactor, const base::Task& task, uint64_t& sequence,
        const std::vector<golang::Module>& modules)
      : project_(project),
        dry_(dry),
        rig_(rig),
        measurer_(measurer),
        redactor_(redactor),
        task_(task),
        user_(rig, task, sequence),
        held_(rig, measurer, user_, modules, task),
        probe_(rig, user_, task) {}

  base::Result<Quiet> Run(const std::vector<size_t>& selected, double later_seconds);

 private:
  base::Result<void> CountAll(const std::vector<size_t>& selected, double later_seconds);
  base::Result<void> BeginAudit();
  base::Result<StatementAudit> CountBoth();
  base::Result<void> EndAudit();
  base::Result<void> WatchIdle();
  // What the service does by itself when it was started anew (jobs that waited, caches to fill) is the background's.
  void WatchStart();
  void CalibrateTransport();
  base::Result<void> MeasureEndpoint(size_t index);
  // The queries that run once for each row.
  static std::vector<uint32_t> LoopsOf(const sql::Exchange& exchange, const Drafts& drafts);
  // Whether the answer waits for their round trips one after the other.
  base::Result<void> CheckLoops(QuietEndpoint& endpoint, const std::vector<uint32_t>& loops);
  base::Result<void> KeepStubCalls(QuietEndpoint& endpoint);
  void NoteStubCalls(const sql::RequestWindow& window);
  // Who asks the queries that a rule objects to.
  base::Result<void> FindCallers(QuietEndpoint& endpoint, const Drafts& drafts);
  // What the machine's cores did, and what of it hone, service and database did.
  struct MachineUse {
    host::NoiseSample noise = {};
    int64_t own_cpu_ns = 0;
  };
  MachineUse UseSoFar() const;
  static double ForeignShare(const MachineUse& before, const MachineUse& after);
  // Asks once and notes the window down; false where the endpoint is to be given up.
  base::Result<bool> AskOnce(size_t index, const project::Assignment& assignment, bool cold);
  base::Result<void> AskAll(size_t index, const std::vector<project::Assignment>& assignments);
  sql::Recording Drain();
  std::optional<metrics::Snapshot> Scrape() const;
  TypicalCost Typical(const sql::Exchange& exchange) const;

  const project::Project& project_;
  const DryRun& dry_;
  Rig& rig_;
  Measurer& measurer_;
  const evidence::Redactor& redactor_;
  const base::Task& task_;
  User user_;
  HeldReplies held_;
  DelayProbe probe_;
  Quiet quiet_;
  sql::Recording idle_recording_;
  std::vector<sql::IdleWindow> idle_windows_;
  sql::RequestWindow transport_;  // its three fields of that name, as calibrated
  std::vector<sql::RequestWindow> windows_;
  std::vector<project::Assignment> asked_;  // of each window
  StubCalls stub_calls_;                    // in each window
  int failures_ = 0;
  int64_t slow_drains_ = 0;
  int64_t unchecked_loops_ = 0;
  bool auditing_ = false;
  StatementAudit audit_begin_;  // what both had counted when the audit began
};

// A statement that the server counts succeeded, and was no continuation of a cursor.
int64_t CountedByServer(const sql::Recording& recording, int server_major) {
  return std::ranges::count_if(recording.statements, [&](const sql::RecordedStatement& statement) {
    return statement.executed && statement.sqlstate.empty() && !statement.fetch &&
           sql::CountedByStatistics(recording.texts[statement.text], statement.part, server_major);
  });
}

sql::Recording Phase::Drain() {
  if (rig_.proxy() == nullptr) return {};
  sql::Recording recording = rig_.proxy()->Drain();
  if (auditing_) quiet_.audit->proxy += CountedByServer(recording, rig_.cluster()->installation().major);
  return recording;
}

std::optional<metrics::Snapshot> Phase::Scrape() const {
  constexpr base::Nanos kTimeout = 5'000'000'000;
  if (!rig_.metrics_url()) return std::nullopt;
  auto answer = net::Fetch(*rig_.metrics_url(), task_.clock().Now() + kTimeout);
  if (!answer) return std::nullopt;
  auto snapshot = metrics::Parse(answer->body);
  return snapshot ? std::optional(*std::move(snapshot)) : std::nullopt;
}

// What ran between the reset and the first count is in neither: somebody who polls may have run just then.
base::Result<void> Phase::BeginAudit() {
  if (rig_.cluster() == nullptr || !rig_.cluster()->has_stat_statements()) return {};
  HONE_CHECK_OK(rig_.cluster()->RunSql("postgres", "SELECT pg_stat_statements_reset()"));
  quiet_.audit = StatementAudit{};
  auditing_ = true;
  HONE_TRY(audit_begin_, CountBoth());
  return {};
}

// The proxy's count and the server's of the same moment.
base::Result<StatementAudit> Phase::CountBoth() {
  constexpr int kTries = 10;
  std::string name;
  for (const char c : rig_.database_name()) name += c == '\'' ? "''" : std::string(1, c);
  const std::string sql = fmt::format(
      "SELECT coalesce(sum(s.calls), 0)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE "
      "d.datname = '{}'",
      name);
  // The server counts a statement before its answer has come by.
  const auto drain = [&] {
    (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
    Drain();
  };
  drain();
  StatementAudit counts;
  // Where something ran while the server was asked, the two counts are of different moments: ask again.
  for (int64_t before = -1, i = 0; before != quiet_.audit->proxy && i < kTries; ++i) {
    before = quiet_.audit->proxy;
    HONE_TRY(const pg::Rows rows, rig_.cluster()->RunSql("postgres", sql));
    counts.server = std::stoll(rows.rows.at(0).at(0).value_or("0"));
    drain();
  }
  counts.proxy = quiet_.audit->proxy;
  return counts;
}

base::Result<void> Phase::EndAudit() {
  if (!auditing_) return {};
  HONE_TRY(const StatementAudit end, CountBoth());
  quiet_.audit = StatementAudit{.proxy = end.proxy - audit_begin_.proxy, .server = end.server - audit_begin_.server};
  auditing_ = false;
  return {};
}

base::Result<void> Phase::WatchIdle() {
  if (rig_.proxy() == nullptr) return {};
  task_.Report({"Watching what the service does when nobody asks"});
  rig_.proxy()->StartRecording();
  HONE_CHECK_OK(BeginAudit());
  sql::IdleWindow window = {.start_ns = task_.clock().Now()};
  for (base::Nanos until = window.start_ns; until < window.start_ns + kIdleFor;) {
    HONE_CHECK_OK(task_.Check());
    until += 100 * base::kMillisecond;
    task_.clock().SleepUntil(until);
  }
  window.end_ns = task_.clock().Now();
  idle_windows_.push_back(window);
  idle_recording_ = Drain();
  return {};
}

void Phase::WatchStart() {
  if (rig_.proxy() == nullptr) return;
  Drain();
  sql::IdleWindow window = {.start_ns = task_.clock().Now()};
  (void)rig_.proxy()->WaitQuiet(kSettledFor, window.start_ns + kQuietSettleAtMost);
  window.end_ns = task_.clock().Now();
  idle_windows_.push_back(window);
  idle_recording_ = sql::Concatenate(std::move(idle_recording_), Drain());
}

// What a request costs that does as little as possible: the readiness request, less its own time in the database.
void Phase::CalibrateTransport() {
  constexpr base::Nanos kTimeout = 2'000'000'000;
  if (!project_.service.ready) return;
  const auto path = project_.service.ready->path.Expand(rig_.context().values);
  if (!path || path->starts_with("http")) return;
  auto connection = net::HttpConnection::Open(rig_.address(), task_.clock().Now() + kTimeout);
  if (!connection) return;
  net::HttpRequest request;
  request.target = rig_.context().base_path + *path;
  if (rig_.proxy() != nullptr) rig_.proxy()->StartRecording();
  sql::QuietPhase phase;
  const auto before = host::SampleProcess(rig_.service_pid());
  for (int i = 0; i < kTransportRequests; ++i) {
    const auto answer = connection->Exchange(request, task_.clock().Now() + kTimeout);
    if (!answer) return;
    if (rig_.proxy() != nullptr && !rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost))
      ++slow_drains_;
    phase.requests.push_back(
        {.start_ns = answer->write_ns, .end_ns = answer->done_ns, .drained_ns = task_.clock().Now()});
  }
  const auto after = host::SampleProcess(rig_.service_pid());
  const sql::Recording recording = rig_.proxy() != nullptr ? rig_.proxy()->StopRecording() : sql::Recording{};
  const sql::Exchange exchange = sql::BuildExchange(recording, std::move(phase), redactor_);
  const std::vector<sql::RequestAccount> accounts = sql::Account(exchange);
  std::vector<int64_t> times;
  std::vector<int64_t> trips;
  for (size_t i = 0; i < accounts.size(); ++i) {
    times.push_back(exchange.requests[i].end_ns - exchange.requests[i].start_ns - accounts[i].db_ns);
    trips.push_back(accounts[i].round_trips + accounts[i].prepare_trips);
  }
  transport_.transport_ns = std::max<int64_t>(Median(std::move(times)), 0);
  transport_.transport_trips = Median(std::move(trips));
  if (before && after) transport_.transport_cpu_ns = (after->cpu_ns - before->cpu_ns) / kTransportRequests;
}

base::Result<bool> Phase::AskOnce(size_t index, const project::Assignment& assignment, bool cold) {
  const project::Scenario& scenario = project_.scenarios[index];
  sql::RequestWindow window = transport_;
  window.cold = cold;
  std::string variant;
  for (const project::Variable& variable : scenario.vars) {
    const std::string& value = assignment.at(variable.name);
    if (std::holds_alternative<project::Sizes>(variable.values)) {
      std::from_chars(value.data(), value.data() + value.size(), window.size);
    } else {
      variant += variable.name + '\0' + value + '\0';
    }
  }
  window.variant = redactor_.Token(variant);
  const auto before = host::SampleProcess(rig_.service_pid());
  rig_.upstreams().Drain();
  window.start_ns = task_.clock().Now();
  HONE_TRY(const Asked asked, user_.Ask(scenario, assignment));
  if (asked.answer) {
    window.start_ns = asked.answer->write_ns;
    window.first_byte_ns = asked.answer->first_byte_ns;
    window.end_ns = asked.answer->done_ns;
    window.status = asked.answer->status;
    window.body_bytes = static_cast<int64_t>(asked.answer->body.size());
  } else {
    window.first_byte_ns = window.end_ns = task_.clock().Now();
  }
  if (rig_.proxy() != nullptr && !rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost))
    ++slow_drains_;
  window.drained_ns = task_.clock().Now();
  const auto after = host::SampleProcess(rig_.service_pid());
  if (before && after) window.service_cpu_ns = after->cpu_ns - before->cpu_ns;
  window.ok = !asked.wrong.has_value();
  NoteStubCalls(window);
  windows_.push_back(window);
  asked_.push_back(assignment);
  if (window.ok) return true;
  const bool refused = window.status == 401 || window.status == 403 || window.status == 429;
  if (!refused && ++failures_ < kFailuresAtMost) return true;
  quiet_.not_judged.push_back(Unusable(project::EndpointName(scenario), asked.answer, *asked.wrong));
  return false;
}

base::Result<void> Phase::AskAll(size_t index, const std::vector<project::Assignment>& assignments) {
  const project::Scenario& scenario = project_.scenarios[index];
  const project::Variable* size = scenario.SizeVariable();
  const std::string typical = size == nullptr ? "" : std::to_string(std::get<project::Sizes>(size->values).load);
  // A service that announces a limit gets fewer requests than that.
  const auto limit = dry_.tried[index].request_limit;
  const size_t most = limit ? static_cast<size_t>(std::max<int64_t>(*limit * 3 / 4 - 2, 1)) : SIZE_MAX;
  // Without sizes all assignments are typical ones together.
  const int extra = size == nullptr ? kTypicalRepeats / static_cast<int>(assignments.size()) : 0;
  for (const project::Assignment& assignment : assignments) {
    const bool is_typical = size != nullptr && assignment.at(size->name) == typical;
    const int repeats = 1 + kWarmRepeats + (is_typical ? kTypicalRepeats : extra);
    for (int i = 0; i < repeats && windows_.size() < most; ++i) {
      HONE_TRY(const bool go_on, AskOnce(index, assignment, i == 0));
      if (!go_on) return {};
    }
  }
  return {};
}

TypicalCost Phase::Typical(const sql::Exchange& exchange) const {
  const std::vector<sql::RequestAccount> accounts = sql::Account(exchange);
  std::vector<int64_t> response;
  std::vector<int64_t> db;
  std::vector<int64_t> cpu;
  for (size_t i = 0; i < exchange.requests.size(); ++i) {
    const sql::RequestWindow& window = exchange.requests[i];
    if (window.cold || !window.ok || (exchange.default_size >= 0 && window.size != exchange.default_size)) continue;
    response.push_back(window.end_ns - window.start_ns);
    db.push_back(accounts[i].db_ns);
    if (window.service_cpu_ns >= 0) cpu.push_back(window.service_cpu_ns);
  }
  return {Median(std::move(response)), Median(std::move(db)), Median(std::move(cpu))};
}

Phase::MachineUse Phase::UseSoFar() const {
  MachineUse use{.noise = host::SampleNoise(), .own_cpu_ns = host::SampleOwnCost().cpu_ns};
  if (const auto service = host::SampleProcess(rig_.service_pid())) use.own_cpu_ns += service->cpu_ns;
  if (rig_.cluster() != nullptr) {
    if (const auto database = host::SampleTree(rig_.cluster()->pid())) use.own_cpu_ns += database->cpu_ns;
  }
  return use;
}

double Phase::ForeignShare(const MachineUse& before, const MachineUse& after) {
  const auto grown = [](const std::optional<int64_t>& from, const std::optional<int64_t>& to) {
    return from && to ? *to - *from : 0;
  };
  const int64_t busy = grown(before.noise.busy_ns, after.noise.busy_ns) - (after.own_cpu_ns - before.own_cpu_ns);
  const int64_t taken = std::max<int64_t>(busy, 0) + grown(before.noise.steal_ns, after.noise.steal_ns);
  const auto all = static_cast<double>(after.noise.at - before.noise.at) * std::thread::hardware_concurrency();
  return all > 0 ? static_cast<double>(taken) / all : 0;
}

base::Result<void> Phase::MeasureEndpoint(size_t index) {
  const project::Scenario& scenario = project_.scenarios[index];
  QuietEndpoint endpoint{.scenario = index, .endpoint = project::EndpointName(scenario)};
  const size_t problems = quiet_.not_judged.size();
  windows_.clear();
  asked_.clear();
  stub_calls_ = {};
  failures_ = 0;
  project::QuietOptions options;
  options.per_size = 2;
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, dry_.learned, kQuietSeed, options));
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  if (rig_.proxy() != nullptr) Drain();
  const auto metrics_before = Scrape();
  const MachineUse before = UseSoFar();
  HONE_CHECK_OK(AskAll(index, assignments));
  endpoint.foreign_share = ForeignShare(before, UseSoFar());
  const sql::Recording recording = Drain();
  const auto metrics_after = Scrape();
  if (metrics_before && metrics_after) {
    const auto pool = metrics::PoolBetween(*metrics_before, *metrics_after);
    const auto wait = pool ? metrics::TypicalWait(*pool, std::ssize(windows_)) : std::nullopt;
    for (sql::RequestWindow& window : windows_) window.pool_wait_ns = wait.value_or(-1);
  }
  sql::QuietPhase phase;
  phase.endpoint = endpoint.endpoint;
  if (const project::Variable* size = scenario.SizeVariable()) {
    phase.size_variable = size->name;
    phase.default_size = std::get<project::Sizes>(size->values).load;
  }
  phase.requests = windows_;
  phase.idle = idle_windows_;
  const sql::Recording whole = sql::Concatenate(idle_recording_, recording);
  endpoint.exchange = sql::BuildExchange(whole, std::move(phase), redactor_);
  endpoint.failed = quiet_.not_judged.size() > problems;
  endpoint.typical = Typical(endpoint.exchange);
  evidence::Capture capture;
  capture.kind = sql::kExchangeKind;
  capture.scope.service = project_.service.name;
  capture.scope.endpoint = endpoint.endpoint;
  capture.phase = evidence::Phase::kQuiet;
  capture.start_ns = windows_.empty() ? 0 : windows_.front().start_ns;
  capture.end_ns = windows_.empty() ? 0 : windows_.back().drained_ns;
  capture.through_proxy = rig_.proxy() != nullptr;
  capture.lost = endpoint.exchange.lost;
  HONE_TRY(endpoint.capture, measurer_.Keep(capture, sql::Encode(endpoint.exchange)));
  HONE_CHECK_OK(KeepStubCalls(endpoint));
  endpoint.slow = sql::SlowStatements(whole, endpoint.exchange);
  const Drafts drafts = sql::Judge(endpoint.exchange, endpoint.capture, RuleOptionsOf(project_)).findings;
  const std::vector<uint32_t> loops = LoopsOf(endpoint.exchange, drafts);
  endpoint.loops = sql::LoopSamples(whole, endpoint.exchange, loops);
  held_.Heed(recording);
  auto sought = CheckLoops(endpoint, loops);
  if (sought) sought = FindCallers(endpoint, drafts);
  quiet_.endpoints.push_back(std::move(endpoint));
  return sought;
}

void Phase::NoteStubCalls(const sql::RequestWindow& window) {
  CallWindow noted{.size = window.size, .cold = window.cold, .ok = window.ok};
  for (const std::vector<base::Nanos>& calls : rig_.upstreams().Drain()) {
    // Those of a request that was refused, and asked again with a new token, are not its.
    const size_t before = noted.times.size();
    std::ranges::copy_if(calls, std::back_inserter(noted.times), [&](base::Nanos at) { return at >= window.start_ns; });
    noted.calls.push_back(static_cast<int64_t>(noted.times.size() - before));
  }
  stub_calls_.windows.push_back(std::move(noted));
}

base::Result<void> Phase::KeepStubCalls(QuietEndpoint& endpoint) {
  if (project_.stubs.empty()) return {};
  for (const project::Stub& stub : project_.stubs) stub_calls_.stubs.push_back(stub.name);
  endpoint.stub_calls = std::exchange(stub_calls_, {});
  evidence::Capture capture = endpoint.capture;
  capture.kind = kStubCallsKind;
  capture.lost.clear();
  HONE_TRY(endpoint.stub_capture, measurer_.Keep(std::move(capture), Encode(endpoint.stub_calls)));
  return {};
}

std::vector<uint32_t> Phase::LoopsOf(const sql::Exchange& exchange, const Drafts& drafts) {
  std::vector<uint32_t> loops;
  for (const evidence::FindingDraft& draft : drafts) {
    const auto query = std::ranges::find(exchange.queries, draft.subject.name, &sql::Query::text);
    if (draft.rule == "sql.n_plus_one" && query != exchange.queries.end())
      loops.push_back(static_cast<uint32_t>(query - exchange.queries.begin()));
  }
  return loops;
}

// The last request, of that size or of any, that executed the query as every request did: warm, and answered as
// expected.
std::optional<size_t> RequestWith(const sql::Exchange& exchange, uint32_t query, std::optional<int64_t> size = {}) {
  std::optional<size_t> last;
  for (const sql::Statement& statement : exchange.statements) {
    if (statement.query != query || statement.request == sql::kNoRequest || statement.background) continue;
    const auto request = static_cast<size_t>(statement.request);
    const sql::RequestWindow& window = exchange.requests[request];
    if (window.ok && !window.cold && (!size || window.size == *size)) last = request;
  }
  return last;
}

base::Result<void> Phase::CheckLoops(QuietEndpoint& endpoint, const std::vector<uint32_t>& loops) {
  const base::Nanos delay_ns = project_.budgets.round_trip_ns;
  const auto limit = dry_.tried[endpoint.scenario].request_limit;
  if (rig_.proxy() == nullptr || endpoint.failed || delay_ns <= 0 || limit) return {};
  for (size_t i = 0; i < loops.size() && i < sql::kMostDelayChecks; ++i) {
    const auto request = RequestWith(endpoint.exchange, loops[i], sql::TypicalSize(endpoint.exchange));
    if (!request) continue;
    const sql::Query& query = endpoint.exchange.queries[loops[i]];
    auto check = probe_.Probe(project_.scenarios[endpoint.scenario], asked_[*request], query, delay_ns);
    Drain();
    HONE_CHECK_OK(check);
    if (!*check) {
      ++unchecked_loops_;
      continue;
    }
    (*check)->endpoint = endpoint.endpoint;
    (*check)->size = endpoint.exchange.requests[*request].size;
    evidence::Capture capture{.kind = std::string(sql::kDelayKind), .scope = endpoint.capture.scope};
    capture.scope.query = query.text;
    capture.phase = evidence::Phase::kQuiet;
    capture.through_proxy = true;
    HONE_TRY(const evidence::Capture kept, measurer_.Keep(std::move(capture), sql::EncodeCheck(**check)));
    if (sql::IsUsable(**check))
      endpoint.checks.push_back({query.id, kept.id});
    else
      ++unchecked_loops_;
  }
  return {};
}

base::Result<void> Phase::FindCallers(QuietEndpoint& endpoint, const Drafts& drafts) {
  constexpr size_t kMostQueries = 8;
  constexpr int kTries = 2;  // on a busy machine a dump may come too late
  if (!held_.usable() || endpoint.failed) return {};
  std::set<std::string> suspects;
  for (const auto& draft : drafts) {
    if (draft.subject.kind == "query" && suspects.size() < kMostQueries) suspects.insert(draft.subject.name);
  }
  // What a service answers before it refuses is not spent on this.
  const auto limit = dry_.tried[endpoint.scenario].request_limit;
  if (limit && static_cast<int64_t>(windows_.size() + 2 * suspects.size()) > *limit) return {};
  for (uint32_t query = 0; query < endpoint.exchange.queries.size(); ++query) {
    const sql::Query& suspect = endpoint.exchange.queries[query];
    const auto request = suspects.contains(suspect.text) ? RequestWith(endpoint.exchange, query) : std::nullopt;
    if (!request) continue;
    std::optional<QueryCaller> caller;
    for (int tries = 0; tries < kTries && !caller && held_.usable(); ++tries) {
      HONE_TRY(caller,
               held_.Find(project_.scenarios[endpoint.scenario], asked_[*request], suspect, endpoint.capture.scope));
      (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
      Drain();
    }
    if (caller) endpoint.callers.push_back(*std::move(caller));
  }
  return {};
}

base::Result<Quiet> Phase::Run(const std::vector<size_t>& selected, double later_seconds) {
  auto counted = CountAll(selected, later_seconds);
  if (!counted && counted.error().code != base::Code::kCancelled) return std::unexpected(counted.error());
  // Counts of different moments prove nothing about each other.
  if (auditing_) quiet_.audit.reset();
  if (rig_.proxy() != nullptr) rig_.proxy()->StopRecording();
  if (slow_drains_ > 0) {
    quiet_.caveats.push_back(
        fmt::format("after {} requests the database was not quiet within {} s: other work may be counted with them",
                    slow_drains_, kDrainAtMost / 1'000'000'000));
  }
  if (unchecked_loops_ > 0) {
    quiet_.caveats.push_back(
        fmt::format("what {} of the loops would save is a prediction from their counts: with a delay injected, the "
                    "response times scattered too much or the service answered otherwise",
                    unchecked_loops_));
  }
  quiet_.caveats.insert(quiet_.caveats.end(), held_.caveats().begin(), held_.caveats().end());
  return std::move(quiet_);
}

base::Result<void> Phase::CountAll(const std::vector<size_t>& selected, double later_seconds) {
  std::vector<size_t> ordered;
  std::ranges::copy_if(selected, std::back_inserter(ordered), [&](size_t index) { return dry_.tried[index].usable; });
  const auto writers =
      std::ranges::stable_partition(ordered, [&](size_t index) { return !project_.scenarios[index].writes; });
  const size_t readers = ordered.size() - writers.size();
  CalibrateTransport();
  HONE_CHECK_OK(WatchIdle());
  const base::Nanos started = task_.clock().Now();
  for (size_t i = 0; i < ordered.size(); ++i) {
    const project::Scenario& scenario = project_.scenarios[ordered[i]];
    const double each =
        i == 0 ? 1.0 : static_cast<double>(task_.clock().Now() - started) / 1e9 / static_cast<double>(i);
    task_.Report({fmt::format("Counting {} alone ({} of {})", scenario.name, i + 1, ordered.size()),
                  each * static_cast<double>(ordered.size() - i) + later_seconds});
    if (i == readers) HONE_CHECK_OK(EndAudit());
    if (scenario.writes) {
      HONE_CHECK_OK(rig_.Refresh());
      user_.Reconnect();
      WatchStart();
    }
    HONE_CHECK_OK(MeasureEndpoint(ordered[i]));
  }
  return EndAudit();
}

}  // namespace

sql::RuleOptions RuleOptionsOf(const project::Project& project) {
  return {.round_trip_ns = project.budgets.round_trip_ns,
          .db_budget_ns = project.budgets.database_ns,
          .logic_budget_ns = project.budgets.logic_ns,
          .transaction_pooler = project.database && project.database->pooler == project::Pooler::kTransaction};
}

const golang::Caller* FindCaller(const Quiet& quiet, const std::string& endpoint, const std::string& query) {
  for (const QuietEndpoint& measured : quiet.endpoints) {
    if (measured.endpoint != endpoint) continue;
    const auto known = std::ranges::find(measured.callers, query, &QueryCaller::query);
    if (known != measured.callers.end()) return &known->caller;
  }
  return nullptr;
}

base::Result<Quiet> RunQuiet(const project::Project& project, const std::vector<size_t>& selected, const DryRun& dry,
                             Rig& rig, Measurer& measurer, const evidence::Redactor& redactor, const base::Task& task,
                             uint64_t& sequence, const std::vector<golang::Module>& modules, double later_seconds) {
  return Phase(project, dry, rig, measurer, redactor, task, sequence, modules).Run(selected, later_seconds);
}

}  // namespace hone::ops
