#include "ops/report_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "ops/report_sessions.h"
#include "sql/analysis.h"
#include "sql/mapped_texts.h"
#include "sql/plan_rules.h"
#include "sql/rules.h"
#include "sql/session_state.h"
#include "sql/thresholds.h"
#include "sql/transaction.h"
#include "stats/quantile_interval.h"

namespace hone::ops {
namespace {

// Whether a scenario was answered. One of which too few requests are left, but all of those answered, has run its
// statements.
bool IsAnswered(const CheckFacts& facts, size_t scenario) {
  const auto counted = std::ranges::find(facts.quiet.endpoints, scenario, &QuietEndpoint::scenario);
  if (counted == facts.quiet.endpoints.end()) return false;
  const std::vector<sql::RequestWindow>& requests = counted->exchange.requests;
  return !counted->failed || (!requests.empty() && std::ranges::all_of(requests, &sql::RequestWindow::ok));
}

// Endpoints that were not asked, by none of their scenarios, which may use what no other uses.
std::vector<std::string> Unasked(const project::Project& project, const CheckFacts& facts) {
  std::set<std::string> answered;
  for (size_t i = 0; i < project.scenarios.size(); ++i) {
    if (IsAnswered(facts, i)) answered.insert(project::EndpointName(project.scenarios[i]));
  }
  std::vector<std::string> unasked = facts.unasked;
  for (const project::Scenario& scenario : project.scenarios) {
    std::string name = project::EndpointName(scenario);
    if (!answered.contains(name) && !base::Has(unasked, name)) unasked.push_back(std::move(name));
  }
  return unasked;
}

// Of the indexes that no statement used those that what was not asked may use, by all that the sources hold.
std::vector<size_t> MayBeUsed(const CheckFacts& facts, const std::vector<std::string>& unasked) {
  std::vector<size_t> maybe;
  if (unasked.empty()) return maybe;
  const std::vector<sql::IndexEntry>& entries = facts.unused_indexes.entries;
  for (const size_t index : sql::FindUnused(entries)) {
    if (facts.mapped || entries[index].use->alone) maybe.push_back(index);
  }
  return maybe;
}

// The indexes that are no finding, as something was not asked.
std::optional<std::string> UnusedIndexNote(const project::Project& project, const CheckFacts& facts) {
  std::vector<std::string> unasked = Unasked(project, facts);
  std::vector<std::string> names;
  for (const size_t index : MayBeUsed(facts, unasked)) names.push_back(facts.unused_indexes.entries[index].name);
  if (names.empty()) return std::nullopt;
  constexpr size_t kNamed = 3;
  const size_t more = unasked.size() - std::min(unasked.size(), kNamed);
  unasked.resize(std::min(unasked.size(), kNamed));
  return fmt::format("no statement of this run used {}; what was not asked may: {}{}", fmt::join(names, ", "),
                     fmt::join(unasked, ", "), more > 0 ? fmt::format(" and {} more", more) : std::string());
}

// The stubs that are called while a transaction is open: of a finding that there is, or in one of their own.
void AddCallsInGaps(const QuietEndpoint& endpoint, evidence::Judgement& judgement) {
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

// How often a typical request executes the query of that id; 0: it does not.
double ExecutionsOf(const sql::Exchange& exchange, const std::string& id) {
  const auto query = std::ranges::find(exchange.queries, id, &sql::Query::id);
  if (query == exchange.queries.end()) return 0;
  const auto accounts = sql::AccountQuery(exchange, static_cast<uint32_t>(query - exchange.queries.begin()));
  std::vector<double> calls;
  for (const size_t i : sql::WarmRequests(exchange, sql::TypicalSize(exchange)))
    calls.push_back(static_cast<double>(accounts[i].statements));
  return calls.empty() ? 0 : stats::MedianOf(calls).value;
}

class DatabaseReporter {
 public:
  DatabaseReporter(const project::Project& project, const CheckFacts& facts, const SourceMap& sources,
                   ReportDraft& draft)
      : project_(project), facts_(facts), sources_(sources), draft_(draft) {}

  base::Result<void> JudgeStatements();
  base::Result<void> JudgePlans();

 private:
  base::Result<std::optional<int64_t>> DriverTime();
  base::Result<void> JudgeUnused();
  void WithholdTimes(const QuietEndpoint& endpoint, evidence::Judgement& judgement);

  const project::Project& project_;
  const CheckFacts& facts_;
  const SourceMap& sources_;
  ReportDraft& draft_;
};

// What the driver needs for a round trip: the least that any endpoint shows.
base::Result<std::optional<int64_t>> DatabaseReporter::DriverTime() {
  std::optional<int64_t> least;
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || std::ssize(sql::DriverGaps(endpoint.exchange)) < sql::kLeastDriverGaps) continue;
    HONE_TRY(const evidence::Measurement gap, draft_.measurer().Measure({.metric = "sql.driver_gap",
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

// On a busy machine a budget may be broken, and a transaction idle, because of others than the service: counts stand,
// times are not judged, but those that are far over.
void DatabaseReporter::WithholdTimes(const QuietEndpoint& endpoint, evidence::Judgement& judgement) {
  const bool far_over = endpoint.typical.db_ns > kFarOver * project_.budgets.database_ns;
  const std::string reason =
      fmt::format("other programs used more than {:.0f} % of the machine meanwhile", kBusyMachine * 100);
  const bool surely_idle = sql::IsSurelyIdle(endpoint.exchange);
  const auto is_sure = [&](const std::string& rule) {
    return (far_over && rule == "budget.db") || (surely_idle && rule == "sql.idle_in_transaction");
  };
  const auto withhold = [&](std::string_view rule, std::string_view subject) {
    const auto findings = std::erase_if(judgement.findings, [&](const evidence::FindingDraft& draft) {
      return std::string_view(draft.rule).starts_with(rule) && !is_sure(draft.rule);
    });
    // What is uncertain then is so for the machine's sake.
    const auto uncertain = std::erase_if(
        judgement.not_judged, [&](const evidence::NotJudged& entry) { return entry.subject.starts_with(subject); });
    if (findings + uncertain == 0) return;
    draft_.AddNotJudged({std::string(subject) + endpoint.endpoint, reason, "Run it when the machine has less to do"});
  };
  withhold("budget.", sql::kBudgetSubject);
  withhold("sql.idle_in_transaction", sql::kIdleSubject);
}

// RuleOptions::built of an endpoint.
std::set<std::string> BuiltQueries(const SourceMap& sources, const std::vector<LiteralText>& texts,
                                   const sql::RuleOptions& options) {
  std::set<std::string> built;
  for (const LiteralText& sent : texts) {
    if (sources.BuildsWithValues(sent)) built.insert(sent.query);
  }
  // bun writes all parameters into its texts, the same for all requests or not.
  for (const std::string& query : sources.QueriesBuiltFrom(texts)) {
    if (options.LibraryOf(query) == "bun") built.insert(query);
  }
  return built;
}

base::Result<void> DatabaseReporter::JudgeStatements() {
  sql::RuleOptions options = RuleOptionsOf(project_);
  HONE_TRY(options.driver_ns, DriverTime());
  options.library = sources_.DatabaseLibrary();
  options.builder = sources_.UsesBuilder();
  options.left_by_all = LeftByAll(facts_.quiet);
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
    options.parameterised.clear();
    for (uint32_t i = 0; i < endpoint.exchange.queries.size(); ++i) {
      const std::string& text = endpoint.exchange.queries[i].text;
      if (sql::LiteralTexts(endpoint.exchange, i) > 0 && sources_.WritesParameters(text))
        options.parameterised.insert(text);
    }
    options.needed_rows.clear();
    for (const UnneededRows& rows : endpoint.unneeded_rows) options.needed_rows[rows.query] = rows.capture;
    options.built = BuiltQueries(sources_, endpoint.literal_texts, options);
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
    mapped.TakeFrom(judgement, endpoint.exchange, options);
    const bool busy = endpoint.foreign_share > kBusyMachine;
    if (busy) WithholdTimes(endpoint, judgement);
    if (!busy && endpoint.stub_capture.id != 0) AddCallsInGaps(endpoint, judgement);
    HONE_CHECK_OK(draft_.Take(judgement));
  }
  options.library_of = std::move(library_of);
  HONE_CHECK_OK(draft_.Take({.findings = std::move(mapped).Told(options)}));
  return JudgeSessions(facts_, options, draft_);
}

base::Result<void> DatabaseReporter::JudgeUnused() {
  const UnusedIndexes& indexes = facts_.unused_indexes;
  if (indexes.capture.id == 0) return {};
  std::vector<size_t> unused = sql::FindUnused(indexes.entries);
  const std::vector<size_t> maybe = MayBeUsed(facts_, Unasked(project_, facts_));
  std::erase_if(unused, [&](size_t index) { return std::ranges::find(maybe, index) != maybe.end(); });
  return draft_.Take(sql::JudgeUnusedIndexes(indexes.entries, unused, indexes.capture));
}

base::Result<void> DatabaseReporter::JudgePlans() {
  for (const StudiedPlan& plan : facts_.plans.studied) {
    const double executions = ExecutionsOf(facts_.quiet.endpoints[plan.endpoint].exchange, plan.study.query);
    HONE_CHECK_OK(draft_.Take(sql::JudgePlan(plan.study, plan.capture, plan.exchange, executions)));
  }
  for (const auto& columns : facts_.plans.columns)
    HONE_CHECK_OK(draft_.Take(sql::JudgeColumns(columns.proof, columns.capture)));
  for (const auto& counts : facts_.plans.counts)
    HONE_CHECK_OK(draft_.Take(sql::JudgeExistence(counts.proof, counts.capture)));
  const StudiedIndexes& indexes = facts_.plans.indexes;
  if (indexes.capture.id != 0) HONE_CHECK_OK(draft_.Take(sql::JudgeIndexes(indexes.entries, indexes.capture)));
  for (const evidence::NotJudged& entry : facts_.plans.not_judged) draft_.AddNotJudged(entry);
  return JudgeUnused();
}

// All that is known of the service's statements.
std::vector<const sql::Exchange*> Exchanges(const CheckFacts& facts) {
  std::vector<const sql::Exchange*> exchanges;
  if (facts.sessions.start.capture.id != 0) exchanges.push_back(&facts.sessions.start.exchange);
  for (const QuietEndpoint& endpoint : facts.quiet.endpoints) exchanges.push_back(&endpoint.exchange);
  return exchanges;
}

}  // namespace

base::Result<void> JudgeDatabase(const project::Project& project, const CheckFacts& facts, const SourceMap& sources,
                                 ReportDraft& draft) {
  DatabaseReporter reporter(project, facts, sources, draft);
  HONE_CHECK_OK(reporter.JudgeStatements());
  return reporter.JudgePlans();
}

std::vector<std::string> DatabaseCaveats(const project::Project& project, const CheckFacts& facts) {
  std::vector<std::string> caveats;
  if (!project.database) return caveats;
  if (auto note = UnusedIndexNote(project, facts)) caveats.push_back(*std::move(note));
  const project::Pooler pooler = project.database->pooler;
  // Only where nothing tells whether there is one in production.
  if (pooler == project::Pooler::kUnknown) std::ranges::move(SessionNotes(facts), std::back_inserter(caveats));
  const bool pooled = pooler == project::Pooler::kTransaction;
  const auto prepared = [](const sql::Statement& statement) {
    return statement.request != sql::kNoRequest && statement.protocol == sql::Protocol::kPrepared;
  };
  const auto prepares = [&](const QuietEndpoint& endpoint) {
    return std::ranges::any_of(endpoint.exchange.statements, prepared);
  };
  if (pooled && std::ranges::any_of(facts.quiet.endpoints, prepares)) {
    caveats.emplace_back(
        "the driver prepares statements by name: PgBouncer in transaction mode carries them from version 1.21 on, with "
        "max_prepared_statements above 0; where the pooler does not, pgx works with default_query_exec_mode=exec");
  }
  const std::vector<const sql::Exchange*> exchanges = Exchanges(facts);
  for (std::string& caveat : ErrorCaveats(facts.sessions, exchanges)) caveats.push_back(std::move(caveat));
  for (const QuietEndpoint& endpoint : facts.quiet.endpoints) {
    for (const std::string& sqlstate : sql::PreparedFailures(endpoint.exchange))
      caveats.push_back(fmt::format("prepared statements of {} failed so (SQLSTATE {})", endpoint.endpoint, sqlstate));
  }
  std::string timeouts = TimeoutCaveat(facts.sessions, exchanges, pooled);
  if (!timeouts.empty()) caveats.push_back(std::move(timeouts));
  return caveats;
}

}  // namespace hone::ops
