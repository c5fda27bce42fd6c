#include "ops/quiet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <thread>

#include "base/clock.h"
#include "host/machine.h"
#include "host/process_stats.h"
#include "metrics/prometheus.h"
#include "net/http_client.h"
#include "ops/answer_elements.h"
#include "ops/quiet_phase.h"
#include "ops/size_trials.h"
#include "sql/analysis.h"
#include "sql/recording.h"
#include "sql/session_state.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kIdleFor = 1200 * base::kMillisecond;    // long enough to see what polls once a second
constexpr base::Nanos kSettledFor = 150 * base::kMillisecond;  // after a start: longer than a queue's workers rest
constexpr base::Nanos kQuietSettleAtMost = 3000 * base::kMillisecond;
constexpr int kTransportRequests = 25;
constexpr int kFailuresAtMost = 3;

int64_t Median(std::vector<int64_t> values) {
  if (values.empty()) return -1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// A statement that the server counts succeeded, and was no continuation of a cursor.
int64_t CountedByServer(const sql::Recording& recording, int server_major) {
  return std::ranges::count_if(recording.statements, [&](const sql::RecordedStatement& statement) {
    return statement.executed && statement.sqlstate.empty() && !statement.fetch &&
           sql::CountedByStatistics(recording.texts[statement.text], statement.part, server_major);
  });
}

}  // namespace

sql::Recording QuietRun::Drain() {
  if (rig_.proxy() == nullptr) return {};
  sql::Recording recording = rig_.proxy()->Drain();
  if (auditing_) quiet_.audit->proxy += CountedByServer(recording, rig_.cluster()->installation().major);
  return recording;
}

std::optional<metrics::Snapshot> QuietRun::Scrape() const {
  constexpr base::Nanos kTimeout = 5'000'000'000;
  if (!rig_.metrics_url()) return std::nullopt;
  auto answer = net::Fetch(*rig_.metrics_url(), task_.clock().Now() + kTimeout);
  if (!answer) return std::nullopt;
  auto snapshot = metrics::Parse(answer->body);
  return snapshot ? std::optional(*std::move(snapshot)) : std::nullopt;
}

// What ran between the reset and the first count is in neither: somebody who polls may have run just then.
base::Result<void> QuietRun::BeginAudit() {
  if (rig_.cluster() == nullptr || !rig_.cluster()->has_stat_statements()) return {};
  HONE_CHECK_OK(rig_.cluster()->RunSql("postgres", "SELECT pg_stat_statements_reset()"));
  quiet_.audit = StatementAudit{};
  auditing_ = true;
  HONE_TRY(audit_begin_, CountBoth());
  return {};
}

// The proxy's count and the server's of the same moment.
base::Result<StatementAudit> QuietRun::CountBoth() {
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

base::Result<void> QuietRun::EndAudit() {
  if (!auditing_) return {};
  HONE_TRY(const StatementAudit end, CountBoth());
  quiet_.audit = StatementAudit{.proxy = end.proxy - audit_begin_.proxy, .server = end.server - audit_begin_.server};
  auditing_ = false;
  return {};
}

base::Result<void> QuietRun::WatchIdle() {
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

void QuietRun::WatchStart() {
  if (rig_.proxy() == nullptr) return;
  Drain();
  sql::IdleWindow window = {.start_ns = task_.clock().Now()};
  (void)rig_.proxy()->WaitQuiet(kSettledFor, window.start_ns + kQuietSettleAtMost);
  window.end_ns = task_.clock().Now();
  idle_windows_.push_back(window);
  idle_recording_ = sql::Concatenate(std::move(idle_recording_), Drain());
}

base::Result<void> QuietRun::StartAfresh(Rig::Before before) {
  HONE_CHECK_OK(rig_.Refresh(before));
  written_ = false;
  just_started_ = true;
  user_.Reconnect();
  WatchStart();
  return {};
}

base::Result<void> QuietRun::UndoWrites() { return written_ ? StartAfresh() : base::Result<void>(); }

// A request that does as little as possible: the readiness request, or else one for what is nowhere.
std::string QuietRun::LeastPath() const {
  if (project_.service.ready) {
    const auto path = project_.service.ready->path.Expand(rig_.context().values);
    if (path && !path->starts_with("http")) return *path;
  }
  return "/hone-asks-for-nothing";
}

// What such a request costs, less its own time in the database.
void QuietRun::CalibrateTransport() {
  constexpr base::Nanos kTimeout = 2'000'000'000;
  constexpr int kNotFound = 404;
  constexpr int kNotAllowed = 405;
  auto connection = net::HttpConnection::Open(rig_.address(), task_.clock().Now() + kTimeout);
  if (!connection) return;
  net::HttpRequest request;
  request.target = rig_.context().base_path + LeastPath();
  if (rig_.proxy() != nullptr) rig_.proxy()->StartRecording();
  sql::QuietPhase phase;
  const auto before = host::SampleProcess(rig_.service_pid());
  for (int i = 0; i < kTransportRequests; ++i) {
    const auto answer = connection->Exchange(request, task_.clock().Now() + kTimeout);
    if (!answer) return;
    // A page for all paths, or a limiter, does something.
    if (!project_.service.ready && answer->status != kNotFound && answer->status != kNotAllowed) return;
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

base::Result<Asked> QuietRun::AskIn(sql::RequestWindow window, const project::Scenario& scenario,
                                    const project::Assignment& assignment) {
  window.transport_ns = transport_.transport_ns;
  window.transport_trips = transport_.transport_trips;
  window.transport_cpu_ns = transport_.transport_cpu_ns;
  const auto before = host::SampleProcess(rig_.service_pid());
  rig_.upstreams().Drain();
  window.start_ns = task_.clock().Now();
  just_started_ = false;
  HONE_TRY(Asked asked, user_.Ask(scenario, assignment));
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
  // Behind the end of its work: to read an answer takes time.
  if (asked.answer) {
    AnswerElements elements = ReadElements(asked.answer->body);
    window.body_elements = elements.count;
    if (elements.values) listed_.emplace(window.start_ns, *std::move(elements.values));
  }
  NoteStubCalls(window);
  windows_.push_back(std::move(window));
  asked_.push_back(assignment);
  return asked;
}

sql::RequestWindow QuietRun::WindowFor(const project::Scenario& scenario, const project::Assignment& assignment,
                                       bool cold) const {
  sql::RequestWindow window{.cold = cold};
  std::string variant;
  for (const project::Variable& variable : scenario.vars) {
    const std::string& value = assignment.at(variable.name);
    if (std::holds_alternative<project::Sizes>(variable.values)) {
      std::from_chars(value.data(), value.data() + value.size(), window.size);
    } else if (!project::FollowsSize(variable)) {
      variant += variable.name + '\0' + value + '\0';
    }
  }
  window.variant = redactor_.Token(variant);
  return window;
}

base::Result<QuietRun::Heard> QuietRun::AskRepeatedly(size_t index, const project::Assignment& assignment, int repeats,
                                                      bool may_refuse) {
  const project::Scenario& scenario = project_.scenarios[index];
  const size_t most = MostRequests(index);
  for (int i = 0; i < repeats && windows_.size() + refused_ < most; ++i) {
    HONE_TRY(const Asked asked, AskIn(WindowFor(scenario, assignment, i == 0), scenario, assignment));
    if (asked.wrong && i == 0 && may_refuse && IsRefusedForRows()) {
      ForgetLast();
      return Heard::kRefused;
    }
    used_up_ = asked.wrong && i > 0 && scenario.writes && IsOfState(windows_.back().status);
    if (used_up_) return Heard::kEnough;
    if (asked.wrong && !Bears(index, asked)) return Heard::kEnough;
  }
  return Heard::kAnswers;
}

// Whether the last request was refused for the rows that it names. 403 says so where others of the endpoint were let
// in.
bool QuietRun::IsRefusedForRows() const {
  constexpr int kForbidden = 403;
  const int status = windows_.back().status;
  return IsOfState(status) || (status == kForbidden && std::ranges::any_of(windows_, &sql::RequestWindow::ok));
}

// No request of this endpoint's exchange: its statements are nobody's.
void QuietRun::ForgetLast() {
  windows_.pop_back();
  asked_.pop_back();
  stub_calls_.windows.pop_back();
}

bool QuietRun::Bears(size_t index, const Asked& asked) {
  const int status = windows_.back().status;
  const bool refused = status == 401 || status == 403 || status == 429;
  if (!refused && ++failures_ < kFailuresAtMost) return true;
  quiet_.not_judged.push_back(Unusable(project::EndpointName(project_.scenarios[index]), asked.answer, *asked.wrong));
  return false;
}

size_t QuietRun::MostRequests(size_t index) const {
  const auto limit = dry_.tried[index].request_limit;
  return limit ? static_cast<size_t>(std::max<int64_t>(*limit * 3 / 4 - 2, 1)) : SIZE_MAX;
}

// Other values for each size: what one accepted another would be refused with. The sizes take turns, so that where
// there are few values each has some.
base::Result<std::vector<project::Assignment>> QuietRun::SetsToAskOnce(const project::Scenario& scenario) const {
  constexpr project::QuietOptions kMany = {.per_size = 20, .different = 60};
  const project::Variable* size = scenario.SizeVariable();
  if (size == nullptr) return project::QuietAssignments(scenario, dry_.learned, kQuietSeed, kMany);
  std::vector<std::vector<project::Assignment>> by_size;
  const std::vector<int64_t> sizes = dry_.learned.SizesOf(scenario);
  for (const int64_t value : sizes) {
    const uint64_t seed = kQuietSeed + static_cast<uint64_t>(value);
    HONE_TRY(std::vector<project::Assignment> all, project::QuietAssignments(scenario, dry_.learned, seed, kMany));
    std::erase_if(all, [&](const project::Assignment& each) { return each.at(size->name) != std::to_string(value); });
    // Where there are few they come in the same order for each size.
    const size_t first = all.size() * by_size.size() / sizes.size();
    std::ranges::rotate(all, all.begin() + static_cast<std::ptrdiff_t>(first));
    by_size.push_back(std::move(all));
  }
  std::vector<project::Assignment> sets;
  for (size_t turn = 0; turn < kMany.per_size; ++turn) {
    for (std::vector<project::Assignment>& all : by_size) {
      if (turn < all.size()) sets.push_back(std::move(all[turn]));
    }
  }
  return sets;
}

base::Result<void> QuietRun::AskEachOnce(size_t index) {
  const project::Scenario& scenario = project_.scenarios[index];
  HONE_TRY(const std::vector<project::Assignment> sets, SetsToAskOnce(scenario));
  const size_t most = MostRequests(index);
  std::map<int64_t, int> answered;  // by size
  size_t refused = 0;
  for (const project::Assignment& set : sets) {
    sql::RequestWindow window = WindowFor(scenario, set, false);
    int& known = answered[window.size];
    window.cold = known == 0;
    if (known > kTypicalRepeats) {
      spare_.push_back(set);
      continue;
    }
    if (windows_.size() + refused >= most) break;
    HONE_TRY(const Asked asked, AskIn(std::move(window), scenario, set));
    if (!asked.wrong) {
      ++known;
    } else if (IsRefusedForRows()) {
      ForgetLast();
      ++refused;
    } else if (!Bears(index, asked)) {
      return {};
    }
  }
  if (std::ranges::all_of(answered, [](const auto& entry) { return entry.second > kWarmRepeats; })) return {};
  const std::string reason =
      refused == 0 ? fmt::format("it accepts each set of values once, and has no more than {}", sets.size())
                   : fmt::format(
                         "{} of {} requests were refused for their rows' state, and what is left of a size is "
                         "too little",
                         refused, windows_.size() + refused);
  quiet_.not_judged.push_back(
      {project::EndpointName(scenario), reason, "A seed with more rows that it can be asked for"});
  return {};
}

base::Result<void> QuietRun::AskAll(size_t index) {
  const project::Scenario& scenario = project_.scenarios[index];
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, dry_.learned, kQuietSeed, {.per_size = 2}));
  const project::Variable* size = scenario.SizeVariable();
  const std::string typical =
      size == nullptr ? "" : std::to_string(project::UsualSize(scenario, dry_.learned.SizesOf(scenario)));
  // They show how counts grow, and are not what is usual: fewer requests than of any other.
  const std::vector<project::Assignment> kept = dry_.learned.Sets(scenario);
  const auto among_kept = [&](const project::Assignment& assignment) {
    return std::ranges::find(kept, project::WithoutSize(scenario, assignment)) != kept.end();
  };
  // Where there is nothing else they are what is usual, too.
  const bool nothing_else = std::ranges::all_of(assignments, among_kept);
  const auto is_kept = [&](const project::Assignment& assignment) { return !nothing_else && among_kept(assignment); };
  // Without sizes all others are typical ones together.
  const auto others = nothing_else ? std::ssize(assignments) : std::ssize(assignments) - std::ssize(kept);
  const auto drawn = std::max<std::ptrdiff_t>(others, 1);
  const int extra = size == nullptr ? kTypicalRepeats / static_cast<int>(drawn) : 0;
  // Of more the endpoint would be known too little.
  const size_t bearable = assignments.size() / 4;
  for (const project::Assignment& assignment : assignments) {
    const bool is_typical = size != nullptr && assignment.at(size->name) == typical;
    const int warm = is_kept(assignment) ? kKeptRepeats : kWarmRepeats + (is_typical ? kTypicalRepeats : extra);
    HONE_TRY(const Heard heard, AskRepeatedly(index, assignment, 1 + warm, refused_ < bearable));
    if (heard == Heard::kEnough) return {};
    refused_ += heard == Heard::kRefused ? 1 : 0;
  }
  if (refused_ > 0) {
    quiet_.caveats.push_back(
        fmt::format("{} of the {} sets of values that {} was asked with were refused for their rows' state", refused_,
                    assignments.size(), project::EndpointName(scenario)));
  }
  return {};
}

TypicalCost QuietRun::Typical(const sql::Exchange& exchange) const {
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

QuietRun::MachineUse QuietRun::UseSoFar() const {
  MachineUse use{.noise = host::SampleNoise(), .own_cpu_ns = host::SampleOwnCost().cpu_ns};
  if (const auto service = host::SampleProcess(rig_.service_pid())) use.own_cpu_ns += service->cpu_ns;
  if (rig_.cluster() != nullptr) {
    if (const auto database = host::SampleTree(rig_.cluster()->pid())) use.own_cpu_ns += database->cpu_ns;
  }
  return use;
}

double QuietRun::ForeignShare(const MachineUse& before, const MachineUse& after) {
  const auto grown = [](const std::optional<int64_t>& from, const std::optional<int64_t>& to) {
    return from && to ? *to - *from : 0;
  };
  const int64_t busy = grown(before.noise.busy_ns, after.noise.busy_ns) - (after.own_cpu_ns - before.own_cpu_ns);
  const int64_t taken = std::max<int64_t>(busy, 0) + grown(before.noise.steal_ns, after.noise.steal_ns);
  const auto all = static_cast<double>(after.noise.at - before.noise.at) * std::thread::hardware_concurrency();
  return all > 0 ? static_cast<double>(taken) / all : 0;
}

void QuietRun::ForgetRequests() {
  windows_.clear();
  listed_.clear();
  asked_.clear();
  spare_.clear();
  stub_calls_ = {};
  failures_ = 0;
  refused_ = 0;
  used_up_ = false;
}

base::Result<evidence::Capture> QuietRun::KeepExchange(const std::string& endpoint, const sql::Exchange& exchange) {
  evidence::Capture capture;
  capture.kind = sql::kExchangeKind;
  capture.scope.service = project_.service.name;
  capture.scope.endpoint = endpoint;
  capture.phase = evidence::Phase::kQuiet;
  capture.start_ns = windows_.empty() ? 0 : windows_.front().start_ns;
  capture.end_ns = windows_.empty() ? 0 : windows_.back().drained_ns;
  capture.through_proxy = rig_.proxy() != nullptr;
  capture.lost = exchange.lost;
  return measurer_.Keep(capture, sql::Encode(exchange));
}

std::vector<AskedValues> QuietRun::AskedValuesOf(const project::Scenario& scenario) const {
  std::vector<AskedValues> asked;
  for (size_t i = 0; i < windows_.size() && i < asked_.size(); ++i) {
    if (const auto request = project::BuildRequest(scenario, asked_[i], rig_.context(), 0))
      asked.push_back({windows_[i].start_ns, windows_[i].drained_ns, ValuesOf(*request)});
  }
  return asked;
}

base::Result<void> QuietRun::MeasureEndpoint(size_t index) {
  const project::Scenario& scenario = project_.scenarios[index];
  QuietEndpoint endpoint{.scenario = index, .endpoint = project::EndpointName(scenario)};
  const size_t problems = quiet_.not_judged.size();
  ForgetRequests();
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  if (rig_.proxy() != nullptr) Drain();
  auto metrics_before = Scrape();
  MachineUse before = UseSoFar();
  const bool choosy = dry_.tried[index].choosy();
  HONE_CHECK_OK(choosy ? AskEachOnce(index) : AskAll(index));
  endpoint.refuses = used_up_;
  if (used_up_) {
    // What it accepted before it takes so often only: a lot of which each request takes some.
    ForgetRequests();
    HONE_CHECK_OK(StartAfresh());
    Drain();
    metrics_before = Scrape();
    before = UseSoFar();
    HONE_CHECK_OK(AskEachOnce(index));
  }
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
    phase.default_size = project::UsualSize(scenario, dry_.learned.SizesOf(scenario));
  }
  phase.requests = windows_;
  phase.listed = listed_;
  phase.idle = idle_windows_;
  const sql::Recording whole = sql::Concatenate(idle_recording_, recording);
  endpoint.exchange = sql::BuildExchange(whole, std::move(phase), redactor_);
  endpoint.failed = quiet_.not_judged.size() > problems;
  endpoint.refuses = endpoint.refuses || refused_ > 0;
  endpoint.typical = Typical(endpoint.exchange);
  HONE_TRY(endpoint.capture, KeepExchange(endpoint.endpoint, endpoint.exchange));
  HONE_CHECK_OK(KeepStubCalls(endpoint));
  endpoint.slow = sql::SlowStatements(whole, endpoint.exchange);
  endpoint.literal_texts = LiteralTextsOf(recording, AskedValuesOf(scenario));
  Drafts drafts = sql::Judge(endpoint.exchange, endpoint.capture, RuleOptionsOf(project_)).findings;
  if (auto calls = JudgeCallsInGaps(endpoint.exchange, endpoint.capture.id, endpoint.stub_calls,
                                    sql::TypicalSize(endpoint.exchange)))
    drafts.push_back(*std::move(calls));
  const std::vector<uint32_t> loops = LoopsOf(endpoint.exchange, drafts);
  endpoint.loops = sql::LoopSamples(whole, endpoint.exchange, loops);
  held_.Heed(recording);
  base::Result<void> sought;
  if (auto checks = CheckLoops(endpoint, endpoint.exchange, loops)) {
    endpoint.checks = *std::move(checks);
    sought = FindCallers(endpoint, scenario, endpoint.exchange, Suspects(drafts, endpoint.exchange, endpoint.slow));
  } else {
    sought = std::unexpected(checks.error());
  }
  NoteSteady(endpoint, whole);
  NotePage(endpoint, whole);
  NoteLarge(endpoint, whole);
  quiet_.endpoints.push_back(std::move(endpoint));
  return sought;
}

void QuietRun::NoteStubCalls(const sql::RequestWindow& window) {
  CallWindow noted{.size = window.size, .cold = window.cold, .ok = window.ok};
  for (const std::vector<base::Nanos>& calls : rig_.upstreams().Drain()) {
    // Those of a request that was refused, and asked again with a new token, are not its.
    const size_t before = noted.times.size();
    std::ranges::copy_if(calls, std::back_inserter(noted.times), [&](base::Nanos at) { return at >= window.start_ns; });
    noted.calls.push_back(static_cast<int64_t>(noted.times.size() - before));
  }
  stub_calls_.windows.push_back(std::move(noted));
}

base::Result<void> QuietRun::KeepStubCalls(QuietEndpoint& endpoint) {
  if (project_.stubs.empty()) return {};
  for (const project::Stub& stub : project_.stubs) stub_calls_.stubs.push_back(stub.name);
  endpoint.stub_calls = std::exchange(stub_calls_, {});
  evidence::Capture capture = endpoint.capture;
  capture.kind = kStubCallsKind;
  capture.lost.clear();
  HONE_TRY(endpoint.stub_capture, measurer_.Keep(std::move(capture), Encode(endpoint.stub_calls)));
  return {};
}

base::Result<Quiet> QuietRun::Run(const std::vector<size_t>& selected, double later_seconds) {
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

base::Result<void> QuietRun::CountAll(const std::vector<size_t>& selected, double later_seconds) {
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
    if (scenario.writes) HONE_CHECK_OK(StartAfresh());
    written_ = scenario.writes;
    HONE_CHECK_OK(MeasureEndpoint(ordered[i]));
  }
  HONE_CHECK_OK(EndAudit());
  if (!experiments_) return {};
  HONE_CHECK_OK(CountLastPages());
  HONE_CHECK_OK(TryLargeReads());
  return CountThinned();
}

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
                             uint64_t& sequence, const std::vector<golang::Module>& modules, double later_seconds,
                             bool experiments) {
  return QuietRun(project, dry, rig, measurer, redactor, task, sequence, modules, experiments)
      .Run(selected, later_seconds);
}

}  // namespace hone::ops
