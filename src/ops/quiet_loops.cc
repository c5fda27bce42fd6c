// What the quiet phase does for loops: who asks, what a delay shows, and what fewer rows in the database show.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "ops/quiet_phase.h"
#include "sql/analysis.h"
#include "sql/delay_check.h"
#include "sql/fingerprint.h"
#include "sql/loop_sample.h"
#include "sql/thresholds.h"

namespace hone::ops {

std::vector<uint32_t> QuietRun::LoopsOf(const sql::Exchange& exchange, const Drafts& drafts) {
  std::vector<uint32_t> loops;
  for (const evidence::FindingDraft& draft : drafts) {
    const auto query = std::ranges::find(exchange.queries, draft.subject.name, &sql::Query::text);
    if (draft.rule == "sql.n_plus_one" && query != exchange.queries.end())
      loops.push_back(static_cast<uint32_t>(query - exchange.queries.begin()));
  }
  return loops;
}

namespace {

// How often each request executed the query that did so as every request did: warm, and answered as expected.
std::map<size_t, int64_t> CallsByRequest(const sql::Exchange& exchange, uint32_t query) {
  std::map<size_t, int64_t> calls;
  for (const sql::Statement& statement : exchange.statements) {
    if (statement.query != query || statement.request < 0 || statement.background) continue;
    const auto request = static_cast<size_t>(statement.request);
    const sql::RequestWindow& window = exchange.requests[request];
    if (window.ok && !window.cold) ++calls[request];
  }
  return calls;
}

// The last of those.
std::optional<size_t> RequestWith(const sql::Exchange& exchange, uint32_t query) {
  const std::map<size_t, int64_t> calls = CallsByRequest(exchange, query);
  return calls.empty() ? std::nullopt : std::optional(calls.rbegin()->first);
}

// The one of that size that executed it neither more nor less often than most: by it others can be foretold.
std::optional<size_t> TypicalRequestWith(const sql::Exchange& exchange, uint32_t query, int64_t size) {
  std::vector<std::pair<int64_t, size_t>> requests;
  for (const auto& [request, calls] : CallsByRequest(exchange, query)) {
    if (exchange.requests[request].size == size) requests.emplace_back(calls, request);
  }
  if (requests.empty()) return std::nullopt;
  const auto middle = requests.begin() + std::ssize(requests) / 2;
  std::ranges::nth_element(requests, middle);
  return middle->second;
}

// Whether the service got as many rows of the source as were left: otherwise another table was thinned, of the same
// name.
bool FollowsThinning(const sql::Exchange& exchange, const std::string& source) {
  const std::string normalised = sql::Fingerprint(source).query.text;
  bool any = false;
  for (const sql::Statement& statement : exchange.statements) {
    if (statement.request < 0 || statement.background || exchange.queries[statement.query].text != normalised) continue;
    any = true;
    if (statement.rows != exchange.requests[static_cast<size_t>(statement.request)].size) return false;
  }
  return any;
}

// What is tried with fewer rows, or fewer elements in them: once for all loops of an endpoint.
template <typename Steady>
std::string TrialOf(const Steady& steady) {
  return steady.source.statement.text + (steady.elements ? " (its elements)" : "");
}

// The loops that only fewer rows show.
Drafts FoundByThinning(const QuietEndpoint& endpoint, const ThinnedExchange& thinned, const sql::RuleOptions& options) {
  evidence::Judgement judgement = sql::Judge(endpoint.exchange, endpoint.capture, options);
  const size_t added = sql::AddLoops(judgement, sql::Judge(thinned.exchange, thinned.capture, options));
  return {judgement.findings.end() - static_cast<std::ptrdiff_t>(added), judgement.findings.end()};
}

}  // namespace

base::Result<std::vector<CheckedLoop>> QuietRun::CheckLoops(const QuietEndpoint& endpoint,
                                                            const sql::Exchange& exchange,
                                                            const std::vector<uint32_t>& loops) {
  std::vector<CheckedLoop> checks;
  const base::Nanos delay_ns = project_.budgets.round_trip_ns;
  const Tried& tried = dry_.tried[endpoint.scenario];
  if (rig_.proxy() == nullptr || endpoint.failed || delay_ns <= 0 || tried.request_limit || tried.choosy())
    return checks;
  for (size_t i = 0; i < loops.size() && i < sql::kMostDelayChecks; ++i) {
    const auto request = TypicalRequestWith(exchange, loops[i], sql::TypicalSize(exchange));
    if (!request) continue;
    const sql::Query& query = exchange.queries[loops[i]];
    auto check = probe_.Probe(project_.scenarios[endpoint.scenario], asked_[*request], query, delay_ns);
    Drain();
    HONE_CHECK_OK(check);
    if (!*check) {
      ++unchecked_loops_;
      continue;
    }
    (*check)->endpoint = endpoint.endpoint;
    (*check)->size = exchange.requests[*request].size;
    evidence::Capture capture{.kind = std::string(sql::kDelayKind), .scope = endpoint.capture.scope};
    capture.scope.query = query.text;
    capture.phase = evidence::Phase::kQuiet;
    capture.through_proxy = true;
    HONE_TRY(const evidence::Capture kept, measurer_.Keep(std::move(capture), sql::EncodeCheck(**check)));
    if (sql::IsUsable(**check))
      checks.push_back({query.id, kept.id});
    else
      ++unchecked_loops_;
  }
  return checks;
}

std::set<std::string> QuietRun::Suspects(const Drafts& drafts, const sql::Exchange& exchange,
                                         const std::vector<sql::StatementSample>& slow) {
  constexpr size_t kMostQueries = 8;
  // What may be a finding by its plan, and no budget tells already.
  constexpr double kSlow = 1e6;
  std::set<std::string> suspects;
  for (const auto& draft : drafts) {
    if (draft.subject.kind == "query" && suspects.size() < kMostQueries) suspects.insert(draft.subject.name);
  }
  for (const sql::StatementSample& sample : slow) {
    if (sample.request_ns >= kSlow && suspects.size() < kMostQueries)
      suspects.insert(exchange.queries[sample.query].text);
  }
  return suspects;
}

base::Result<void> QuietRun::FindCallers(QuietEndpoint& endpoint, const project::Scenario& scenario,
                                         const sql::Exchange& exchange, const std::set<std::string>& suspects) {
  constexpr int kTries = 2;  // on a busy machine a dump may come too late
  if (!held_.usable() || endpoint.failed) return {};
  // What a service answers before it refuses is not spent on this.
  const auto limit = dry_.tried[endpoint.scenario].request_limit;
  if (limit && static_cast<int64_t>(windows_.size() + 2 * suspects.size()) > *limit) return {};
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    const sql::Query& suspect = exchange.queries[query];
    const auto request = suspects.contains(suspect.text) ? RequestWith(exchange, query) : std::nullopt;
    if (!request) continue;
    std::optional<QueryCaller> caller;
    for (int tries = 0; tries < kTries && !caller && held_.usable(); ++tries) {
      project::Assignment assignment = asked_[*request];
      const bool choosy = dry_.tried[endpoint.scenario].choosy();
      if (choosy) {
        if (spare_.empty()) break;
        assignment = std::move(spare_.back());
        spare_.pop_back();
      }
      HONE_TRY(caller, held_.Find(scenario, assignment, suspect, endpoint.capture.scope, choosy));
      (void)rig_.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + kDrainAtMost);
      Drain();
    }
    if (caller) endpoint.callers.push_back(*std::move(caller));
  }
  return {};
}

// Rows are taken out of a database of Hone's own only, and nobody is asked beyond what is accepted.
void QuietRun::NoteSteady(const QuietEndpoint& endpoint, const sql::Recording& recording) {
  const Tried& tried = dry_.tried[endpoint.scenario];
  if (rig_.cluster() == nullptr || endpoint.failed || tried.request_limit || tried.choosy()) return;
  for (sql::SteadyLoop& loop : sql::FindSteadyLoops(recording, endpoint.exchange)) {
    for (size_t rank = 0; rank < loop.sources.size(); ++rank) {
      steady_.push_back({.endpoint = quiet_.endpoints.size(),
                         .assignment = asked_[loop.request],
                         .source = std::move(loop.sources[rank]),
                         .loop = endpoint.exchange.queries[loop.query].text,
                         .certain = loop.certain,
                         .rank = rank,
                         .calls = loop.calls});
    }
    // Rows are what most loops run over: they come first.
    for (size_t rank = 0; rank < loop.holders.size(); ++rank) {
      steady_.push_back({.endpoint = quiet_.endpoints.size(),
                         .assignment = asked_[loop.request],
                         .source = std::move(loop.holders[rank]),
                         .loop = endpoint.exchange.queries[loop.query].text,
                         .rank = loop.sources.size() + rank,
                         .calls = loop.calls,
                         .elements = true});
    }
  }
}

base::Result<void> QuietRun::Excuse(const base::Error& error, const std::string& endpoint) {
  if (error.code == base::Code::kCancelled) return std::unexpected(error);
  quiet_.caveats.push_back(fmt::format("{} could not be asked further: {}", endpoint, base::Sentence(error)));
  return {};
}

bool QuietRun::IsSettled(const Steady& steady) const {
  return told_.contains({steady.endpoint, steady.loop}) ||
         tried_.contains({steady.endpoint, TrialOf(steady), steady.loop});
}

bool QuietRun::HoldsLists(const Steady& steady) {
  const auto found = ThinnedElements::Find(*rig_.cluster(), rig_.database_name(), steady.source, steady.calls);
  return found && *found;
}

base::Result<void> QuietRun::CountThinned() {
  constexpr base::Nanos kThinnedAtMost = 60 * base::kSecond;
  if (steady_.empty()) return {};
  HONE_CHECK_OK(rig_.Alive());  // what has died until here did so by itself
  // What is known to run over rows first, then the likeliest sources of each loop.
  std::ranges::stable_sort(
      steady_, {}, [](const Steady& steady) { return std::tuple(!steady.certain, steady.rank, -steady.calls); });
  const base::Nanos began = task_.clock().Now();
  const auto is_late = [&] { return task_.clock().Now() - began > kThinnedAtMost; };
  // While the database is whole. What there is no time for stays, and is said to be left out.
  std::map<std::string, bool> known;
  std::erase_if(steady_, [&](const Steady& steady) {
    if (!steady.elements || is_late()) return false;
    const auto [holds, first] = known.try_emplace(quiet_.endpoints[steady.endpoint].endpoint + TrialOf(steady));
    if (first) holds->second = HoldsLists(steady);
    return !holds->second;
  });
  std::set<std::string> left_out;
  auto before = Rig::Before::kHealthy;
  for (const Steady& steady : steady_) {
    if (IsSettled(steady)) continue;
    const std::string& endpoint = quiet_.endpoints[steady.endpoint].endpoint;
    if (is_late()) {
      left_out.insert(endpoint);
      continue;
    }
    task_.Report({fmt::format("Counting {} with fewer rows", endpoint)});
    if (const auto done = ThinOut(steady, before); !done) HONE_CHECK_OK(Excuse(done.error(), endpoint));
    before = Rig::Before::kAltered;
  }
  if (!left_out.empty()) {
    quiet_.caveats.push_back(fmt::format(
        "there was no time to ask {} with fewer rows, to see whether the statements that run as often in each "
        "request are loops over rows: `hone sql --endpoint` looks at one alone",
        fmt::join(left_out, ", ")));
  }
  return before == Rig::Before::kHealthy ? base::Result<void>() : StartAfresh(Rig::Before::kAltered);
}

base::Result<bool> QuietRun::AskWhileThinning(const Steady& steady, int64_t all, const Keep& keep) {
  const project::Scenario& scenario = project_.scenarios[quiet_.endpoints[steady.endpoint].scenario];
  for (const int64_t wanted : sql::RowsToKeep(all)) {
    const int64_t left = keep(wanted);
    if (left < 0) return false;
    const std::string variant = redactor_.Token(fmt::format("{} {}", left, steady.elements ? "elements" : "rows"));
    const int repeats = 1 + kWarmRepeats + (wanted == all ? kTypicalRepeats : 0);
    for (int i = 0; i < repeats; ++i) {
      HONE_TRY(const Asked asked,
               AskIn({.size = left, .variant = variant, .cold = i == 0}, scenario, steady.assignment));
      if (asked.wrong) return false;
    }
  }
  return !windows_.empty();
}

// The next ones of what is due: whoever uses up what it finds is asked until little is left, so that full batches,
// parts of one and none are seen. False where it uses up nothing, or too few lengths are seen.
base::Result<bool> QuietRun::AskWhileUsedUp(const Steady& steady, ThinnedRows& rows) {
  constexpr int kMostBatches = 16;
  constexpr int kMostInVain = 3;  // what is put off by a year may have to be put off again
  const project::Scenario& scenario = project_.scenarios[quiet_.endpoints[steady.endpoint].scenario];
  HONE_TRY(int64_t left, rows.All());
  left = std::min(left, (1 + kWarmRepeats) * rows.rows() + (rows.rows() + 1) / 2);
  HONE_TRY(const bool kept, rows.KeepOfAll(left));
  std::set<int64_t> lengths;
  for (int i = 0, in_vain = 0; kept && i < kMostBatches && !lengths.contains(0); ++i) {
    const int64_t length = std::min(left, rows.rows());
    lengths.insert(length);
    const std::string variant = redactor_.Token(fmt::format("{} rows", length));
    HONE_TRY(const Asked asked,
             AskIn({.size = length, .variant = variant, .cold = i == 0}, scenario, steady.assignment));
    HONE_TRY(const int64_t now, rows.All());
    in_vain += now >= left ? 1 : 0;
    if (asked.wrong || in_vain > kMostInVain) return false;
    left = now;
  }
  return lengths.size() >= sql::kLeastRowCounts;
}

// Their connections are closed behind it: they would be in the way of who counts, and of what puts the database back.
base::Result<bool> QuietRun::AskWithFewerRows(const Steady& steady) {
  auto rows = ThinnedRows::Find(*rig_.cluster(), rig_.database_name(), steady.source);
  if (!rows || !*rows) return false;
  if (project_.scenarios[quiet_.endpoints[steady.endpoint].scenario].writes) {
    HONE_TRY(const bool used_up, AskWhileUsedUp(steady, **rows));
    if (used_up) return true;
    // Their session is in the way of who puts the database back.
    rows->reset();
    HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
    ForgetRequests();
    Drain();
    rows = ThinnedRows::Find(*rig_.cluster(), rig_.database_name(), steady.source);
    if (!rows || !*rows) return false;
  }
  return AskWhileThinning(steady, (*rows)->rows(), [&](int64_t left) -> int64_t {
    const auto kept = (*rows)->Keep(left, kQuietSeed);
    return kept && *kept ? left : -1;
  });
}

base::Result<bool> QuietRun::AskWithFewerElements(const Steady& steady) {
  auto lists = ThinnedElements::Find(*rig_.cluster(), rig_.database_name(), steady.source, steady.calls);
  if (!lists || !*lists) return false;
  return AskWhileThinning(steady, (*lists)->elements(),
                          [&](int64_t left) { return (*lists)->Keep(left).value_or(-1); });
}

base::Result<void> QuietRun::ThinOut(const Steady& steady, Rig::Before before) {
  QuietEndpoint& endpoint = quiet_.endpoints[steady.endpoint];
  HONE_CHECK_OK(StartAfresh(before));
  tried_.emplace(steady.endpoint, TrialOf(steady), steady.loop);
  ForgetRequests();
  HONE_CHECK_OK(rig_.KeepFresh(kFresh));
  Drain();
  HONE_TRY(const bool answered, steady.elements ? AskWithFewerElements(steady) : AskWithFewerRows(steady));
  const sql::Recording recording = Drain();
  if (!answered) return {};
  const sql::Recording whole = sql::Concatenate(idle_recording_, recording);
  ThinnedExchange thinned{.certain = steady.certain};
  thinned.exchange =
      sql::BuildExchange(whole,
                         {.endpoint = endpoint.endpoint,
                          .size_variable = std::string(steady.elements ? sql::kElementsLeft : sql::kRowsLeft),
                          .default_size = windows_.front().size,
                          .requests = windows_,
                          .idle = idle_windows_},
                         redactor_);
  if (!steady.elements && !FollowsThinning(thinned.exchange, steady.source.statement.text)) return {};
  // What ran in these requests is tried with them; but each loop has a list of its own.
  for (const sql::Query& query : thinned.exchange.queries) {
    if (!steady.elements) tried_.emplace(steady.endpoint, TrialOf(steady), query.text);
  }
  HONE_TRY(thinned.capture, KeepExchange(endpoint.endpoint, thinned.exchange));
  ThinnedExchange& kept = endpoint.thinned.emplace_back(std::move(thinned));
  const Drafts drafts = FoundByThinning(endpoint, kept, RuleOptionsOf(project_));
  const std::vector<uint32_t> loops = LoopsOf(kept.exchange, drafts);
  if (loops.empty()) return {};
  for (const uint32_t loop : loops) told_.emplace(steady.endpoint, kept.exchange.queries[loop].text);
  kept.loops = sql::LoopSamples(whole, kept.exchange, loops);
  held_.Heed(recording);
  HONE_CHECK_OK(StartAfresh(Rig::Before::kAltered));
  HONE_TRY(kept.checks, CheckLoops(endpoint, kept.exchange, loops));
  return FindCallers(endpoint, project_.scenarios[endpoint.scenario], kept.exchange,
                     Suspects(drafts, kept.exchange, {}));
}

}  // namespace hone::ops
