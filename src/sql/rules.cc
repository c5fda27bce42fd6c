#include "sql/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/analysis.h"
#include "sql/growth.h"
#include "sql/rule_context.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using evidence::FindingDraft;
using evidence::Judgement;
using evidence::NotJudged;
using evidence::Severity;

constexpr std::string_view kSteadyRows = "its queries return as few rows at the largest size as at the smallest";

class Analysis {
 public:
  Analysis(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options)
      : exchange_(&exchange), options_(&options), context_(exchange, capture, options) {}

  Judgement Run() {
    if (!IsSound()) return std::move(judgement_);
    if (ReadsNothing()) {
      Refuse("its queries returned no row", "A seed or variables for which the answer is not empty");
      JudgeWithoutRows();
      return std::move(judgement_);
    }
    Measurements();
    JudgeLoops(context_, judgement_);
    if (SizesChangeNothing()) {
      Refuse(std::string(kSteadyRows),
             "A seed or variables with more rows to return, or a size variable that the answer follows",
             "loops over rows");
    }
    for (uint32_t query = 0; query < exchange_->queries.size(); ++query) JudgeQuery(query);
    JudgePreparing(context_, judgement_);
    JudgeSessionState(context_, judgement_);
    JudgeSchemaChanges(context_, judgement_);
    if (options_->driven) return std::move(judgement_);
    JudgeTransactions(context_, judgement_);
    JudgeUnusedRows(context_, judgement_);
    Budgets();
    return std::move(judgement_);
  }

 private:
  // What statements do whatever they return.
  void JudgeWithoutRows() {
    for (uint32_t query = 0; query < exchange_->queries.size(); ++query) {
      if (context_.IsWork(query) && !options_->driven) JudgeTexts(context_, query, judgement_);
    }
    JudgePreparing(context_, judgement_);
    JudgeSessionState(context_, judgement_);
    JudgeSchemaChanges(context_, judgement_);
  }

  // What makes every count of this capture worthless.
  bool IsSound() {
    const auto lost = [&](const std::string& name) {
      const auto it = exchange_->lost.find(name);
      return it != exchange_->lost.end() && it->second > 0;
    };
    if (lost("unparsed_bytes")) {
      Refuse("the proxy relayed bytes that it did not understand",
             "A plain connection to the database (sslmode=disable)");
    } else if (lost("dropped_events")) {
      Refuse("more statements ran than a recording holds", "Fewer or smaller requests in the quiet phase");
    } else if (std::ranges::any_of(exchange_->requests, [](const RequestWindow& request) { return !request.ok; })) {
      Refuse("some of its requests failed or did not pass their checks",
             "A scenario whose every answer is as expected");
    } else if (!options_->driven && WorkOutlivesRequests()) {
      Refuse(
          "a transaction of a request goes on while the next ones are answered, so that what each does cannot be told "
          "apart",
          "Fewer rows to work on, or its work (behind a 202) as a scenario of its own that waits for it");
    } else if (WarmRequests(*exchange_).size() < kLeastRowCounts) {
      Refuse("it was asked fewer than three times after the first",
             options_->driven ? "A driver that asks for each address again, at least three times in all"
                              : "More repetitions in the quiet phase");
    }
    return judgement_.not_judged.empty();
  }

  // Whether transactions begun for one request have statements in the time of later ones, as those of a job do that is
  // started behind a 202: in a tenth of the requests or more.
  bool WorkOutlivesRequests() const {
    std::map<uint32_t, int32_t> last;  // by connection: the request of its last statement
    size_t outlived = 0;
    for (const Statement& statement : exchange_->statements) {
      const uint32_t connection = exchange_->round_trips[statement.round_trip].connection;
      const auto before = last.find(connection);
      // BEGIN may count as the background's: whoever polls begins transactions, too.
      const bool within = before != last.end() && statement.in_transaction && !statement.background;
      if (within && before->second != statement.request) ++outlived;
      const bool begins = exchange_->queries[statement.query].query_class == QueryClass::kControl;
      if (begins || !statement.background) last[connection] = statement.request;
    }
    return 10 * outlived >= exchange_->requests.size() && outlived > 1;
  }

  bool ReadsNothing() const {
    bool reads = false;
    for (const Statement& statement : exchange_->statements) {
      if (statement.request == kNoRequest || statement.background) continue;
      if (exchange_->queries[statement.query].query_class == QueryClass::kWrite || statement.rows > 0) return false;
      reads = reads || !exchange_->queries[statement.query].reads.empty();
    }
    return reads;
  }

  // Where more is asked for and no more comes, a loop over rows has nothing to run over.
  bool SizesChangeNothing() const {
    const std::vector<int64_t> sizes = Sizes(*exchange_);
    if (sizes.size() < kLeastRowCounts) return false;
    std::vector<int64_t> rows(exchange_->requests.size(), 0);
    for (const Statement& statement : exchange_->statements) {
      if (statement.request == kNoRequest || statement.background) continue;
      if (exchange_->queries[statement.query].query_class == QueryClass::kWrite) return false;
      rows[static_cast<size_t>(statement.request)] += statement.rows;
    }
    const auto at = [&](int64_t size) {
      int64_t most = 0;
      for (const size_t request : WarmRequests(*exchange_, size)) most = std::max(most, rows[request]);
      return most;
    };
    return at(sizes.back()) > 0 && at(sizes.back()) <= at(sizes.front()) && at(sizes.back()) < sizes.back() / 2;
  }

  void Refuse(std::string reason, std::string what_would_do, std::string_view of_what = {}) {
    judgement_.not_judged.push_back(context_.Refusal(std::move(reason), std::move(what_would_do), of_what));
  }

  // What the logic's layers are measured with.
  std::map<std::string, std::string> OfLogic() const {
    std::map<std::string, std::string> parameters = context_.AtTypicalSize();
    if (options_->driver_ns) parameters["driver_ns"] = std::to_string(*options_->driver_ns);
    return parameters;
  }

  void Measurements() {
    for (const char* metric : {"sql.statements", "sql.round_trips", "sql.prepare_trips", "sql.rows"}) {
      judgement_.measurements.push_back(context_.Spec(metric, "count", std::nullopt, context_.AtTypicalSize()));
    }
    if (options_->driven) return;
    for (const char* metric : {"sql.db_time", "budget.response", "budget.db", "budget.pool"}) {
      judgement_.measurements.push_back(context_.Spec(metric, "ns", std::nullopt, context_.AtTypicalSize()));
    }
    judgement_.measurements.push_back(context_.Spec("budget.logic", "ns", std::nullopt, OfLogic()));
    if (!CpuIsKnown()) return;
    judgement_.measurements.push_back(context_.Spec("budget.logic_cpu", "ns", std::nullopt, OfLogic()));
    judgement_.measurements.push_back(context_.Spec("budget.unattributed", "ns", std::nullopt, OfLogic()));
  }

  void JudgeQuery(uint32_t query) {
    if (!context_.IsWork(query)) return;
    const Growth& growth = context_.growth(query);
    const bool loops = growth.judged && (growth.against || growth.fixed) && !growth.same_parameters;
    if (!loops && IsRepeated(query, growth)) {
      Repeated(query);
    } else if (!growth.judged && !growth.same_parameters && !IsTold(query)) {
      Refuse(growth.reason,
             options_->driven ? "A driver that asks for at least three result sizes, each at least twice"
                              : "A size variable with at least three sizes: `n = { sizes = [...] }`",
             "A statement that runs several times");
    }
    if (!options_->driven) JudgeTexts(context_, query, judgement_);
  }

  bool IsTold(uint32_t query) const { return options_->told_loops.contains(exchange_->queries[query].text); }

  bool IsRepeated(uint32_t query, const Growth& growth) const {
    const Query& asked = exchange_->queries[query];
    if (asked.query_class != QueryClass::kRead || asked.reads.empty()) return false;
    const auto share = [&](const std::vector<size_t>& requests) {
      const std::vector<double> repeats = Repeats(*exchange_, query, requests);
      const auto often = std::ranges::count_if(repeats, [](double extra) { return extra >= kLeastRepeats; });
      return repeats.empty() ? 0 : static_cast<double>(often) / static_cast<double>(repeats.size());
    };
    if (share(WarmRequests(*exchange_)) >= kRepeatingRequests) {
      const bool once = std::ranges::all_of(Repeats(*exchange_, query, WarmRequests(*exchange_)),
                                            [](double extra) { return extra <= 1; });
      return !once || !MayReadWhatItWrote(*exchange_, query);
    }
    // In a loop over rows there is nothing to repeat at the smallest sizes, nor where there are no rows.
    if (!growth.against || !growth.same_parameters) return false;
    const std::vector<RequestAccount> accounts = AccountQuery(*exchange_, query);
    std::vector<size_t> looping = WarmRequests(*exchange_, Sizes(*exchange_).back());
    // Without a size most values may have few rows, as most of a loop's may.
    const bool usual =
        exchange_->size_variable.empty() || stats::MedianOf(Repeats(*exchange_, query, looping)).value >= kLeastRepeats;
    std::erase_if(looping, [&](size_t request) { return accounts[request].statements < 2; });
    return usual && share(looping) >= kRepeatingRequests;
  }

  void Repeated(uint32_t query) {
    FindingDraft draft = context_.Draft("sql.repeated_query", Severity::kMedium, query);
    const int64_t largest = Sizes(*exchange_).back();
    const std::vector<double> at_typical = Repeats(*exchange_, query, context_.typical_requests());
    const bool shown_at_typical = !at_typical.empty() && stats::MedianOf(at_typical).value >= kLeastRepeats;
    const int64_t size = shown_at_typical ? context_.typical() : largest;
    const std::vector<double> at_size = Repeats(*exchange_, query, WarmRequests(*exchange_, size));
    if (!at_size.empty() && stats::MedianOf(at_size).value >= kLeastRepeats) {
      draft.title = "The same query runs again with the same parameters in each request; executions too many: {m0}";
      draft.support = {context_.Spec("sql.repeats", "count", query, {{"size", std::to_string(size)}})};
      context_.AddSavedTime(draft, query, "repeated", size);
      draft.ceiling_basis = "the repeated round trips disappear";
    } else {
      draft.title =
          "The same query runs again with the same parameters for each row; executions too many where there are most: "
          "{m0}";
      draft.support = {context_.Spec("sql.most_repeats", "count", query)};
    }
    draft.remedy =
        "Hoist it: load the value once for the request and pass it on (as an argument or in the request's context)";
    judgement_.findings.push_back(std::move(draft));
  }

  bool CpuIsKnown() const {
    return std::ranges::any_of(context_.typical_requests(),
                               [&](size_t i) { return exchange_->requests[i].service_cpu_ns >= 0; });
  }

  void Budgets() {
    if (context_.typical_requests().size() < kLeastRequests) {
      Refuse("too few requests at its typical size for an interval",
             "At least six repetitions of each size in the quiet phase", "budgets");
      return;
    }
    std::vector<double> db;
    std::vector<double> logic;
    std::vector<double> cpu;
    const int64_t driver_ns = options_->driver_ns.value_or(kDriverNsOfTrip);
    for (const Layers& layers : LayersOf(*exchange_, context_.typical_requests(), driver_ns)) {
      db.push_back(layers.db);
      logic.push_back(layers.logic);
      if (layers.cpu >= 0) cpu.push_back(layers.cpu);
    }
    if (IsOver(db, options_->db_budget_ns)) {
      DbBudget();
    } else if (IsUncertain(db, options_->db_budget_ns)) {
      Refuse("its time in the database is about as long as the budget", "A run on a quiet machine, or another budget",
             "budgets");
    }
    if (std::ranges::any_of(context_.typical_requests(),
                            [&](size_t i) { return exchange_->requests[i].transport_ns < 0; })) {
      Refuse("the time of a request that does nothing was not measured", "A calibrated generator",
             "the logic's budget");
      return;
    }
    // A busy machine makes everything late but burns no CPU in the service.
    const bool on_cpu = cpu.empty() || stats::MedianOf(cpu).value >= kLogicOnCpuShare * stats::MedianOf(logic).value;
    if (!on_cpu) {
      if (IsOver(logic, options_->logic_budget_ns)) {
        Refuse("its answer waits longer than the logic's budget for what is neither the database nor the CPU",
               "See budget.unattributed: another service, a lock or a sleep", "budgets");
      }
      return;
    }
    if (IsOver(logic, options_->logic_budget_ns)) {
      LogicBudget();
    } else if (IsUncertain(logic, options_->logic_budget_ns)) {
      Refuse("its time in the logic is about as long as the budget", "A run on a quiet machine, or another budget",
             "budgets");
    }
  }

  // What a busy machine adds only lengthens: a median that is less than twice the budget is over it only where more
  // than nine requests in ten are.
  static bool IsOver(const std::vector<double>& values, int64_t budget) {
    const auto limit = static_cast<double>(budget);
    const stats::QuantileEstimate median = stats::MedianOf(values);
    if (!median.interval || median.interval->lo <= limit) return false;
    return median.value >= kSurelyOverBudget * limit || stats::QuantileOf(values, kFastestShare).value > limit;
  }

  // The median is over the budget, but may be so by chance.
  static bool IsUncertain(const std::vector<double>& values, int64_t budget) {
    return stats::MedianOf(values).value > static_cast<double>(budget) && !IsOver(values, budget);
  }

  FindingDraft BudgetDraft(std::string rule) const {
    FindingDraft draft;
    draft.rule = std::move(rule);
    draft.severity = Severity::kHigh;
    draft.subject = {
        .kind = "endpoint", .name = exchange_->endpoint, .endpoint = exchange_->endpoint, .file = {}, .line = 0};
    draft.support = {context_.Spec("budget.db", "ns", std::nullopt, context_.AtTypicalSize()),
                     context_.Spec("budget.logic", "ns", std::nullopt, OfLogic()),
                     context_.Spec("budget.pool", "ns", std::nullopt, context_.AtTypicalSize()),
                     context_.Spec("budget.response", "ns", std::nullopt, context_.AtTypicalSize())};
    return draft;
  }

  // The statement that takes most of the database's time of typical requests.
  std::optional<uint32_t> SlowestQuery() const {
    std::optional<uint32_t> slowest;
    double most = 0;
    for (uint32_t query = 0; query < exchange_->queries.size(); ++query) {
      const std::vector<RequestAccount> accounts = AccountQuery(*exchange_, query);
      double total = 0;
      for (const size_t i : context_.typical_requests()) total += static_cast<double>(accounts[i].db_ns);
      if (total > most) {
        most = total;
        slowest = query;
      }
    }
    return slowest;
  }

  // A broken budget is worth what keeping it would save.
  void AddExcess(FindingDraft& draft, const char* metric, int64_t budget_ns) const {
    std::map<std::string, std::string> parameters = OfLogic();
    parameters["budget_ns"] = std::to_string(budget_ns);
    draft.time_ns = draft.time_loopback_ns = draft.support.size();
    draft.support.push_back(context_.Spec(metric, "ns", std::nullopt, std::move(parameters)));
  }

  void DbBudget() {
    FindingDraft draft = BudgetDraft("budget.db");
    draft.title =
        "{m0:ci} in the database is over the budget; the answer takes {m3}, logic {m1}, waiting for a connection {m2}";
    if (const auto slowest = SlowestQuery()) {
      draft.title += "; one query takes {m4} of it";
      draft.subject = {.kind = "query",
                       .name = exchange_->queries[*slowest].text,
                       .endpoint = exchange_->endpoint,
                       .file = {},
                       .line = 0};
      draft.support.push_back(context_.Spec("sql.db_time", "ns", slowest, context_.AtTypicalSize()));
    }
    AddExcess(draft, "budget.db_excess", options_->db_budget_ns);
    draft.ceiling = 0;
    draft.ceiling_basis = "the whole time in the database";
    draft.remedy =
        "See the plan of this statement with `EXPLAIN (ANALYZE, BUFFERS)`: an index for its conditions, fewer rows and "
        "columns, or a result that "
        "is kept up to date instead of computed for each request";
    if (const auto slowest = SlowestQuery()) {
      const auto known = options_->remedies.find(exchange_->queries[*slowest].id);
      if (known != options_->remedies.end()) draft.remedy = known->second;
    }
    judgement_.findings.push_back(std::move(draft));
  }

  void LogicBudget() {
    FindingDraft draft = BudgetDraft("budget.logic");
    draft.title =
        "{m1:ci} in the service's own logic is over the budget; the answer takes {m3}, database {m0}, waiting for a "
        "connection {m2}";
    if (CpuIsKnown()) {
      draft.title += "; {m4} of it on the CPU";
      draft.support.push_back(context_.Spec("budget.logic_cpu", "ns", std::nullopt, OfLogic()));
    }
    AddExcess(draft, "budget.logic_excess", options_->logic_budget_ns);
    draft.ceiling = 1;
    draft.ceiling_basis = "the whole time in the logic";
    draft.remedy =
        "See where the time goes with `hone profile`: the findings on CPU and allocation of this endpoint name the "
        "lines";
    judgement_.findings.push_back(std::move(draft));
  }

  const Exchange* exchange_;
  const RuleOptions* options_;
  RuleContext context_;
  Judgement judgement_;
};

}  // namespace

Judgement Judge(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options) {
  return Analysis(exchange, capture, options).Run();
}

std::set<std::string> LoopsIn(const Judgement& judgement) {
  std::set<std::string> texts;
  for (const FindingDraft& draft : judgement.findings) {
    if (draft.rule == "sql.n_plus_one" || draft.rule == "sql.repeated_query") texts.insert(draft.subject.name);
  }
  return texts;
}

size_t AddLoops(Judgement& judgement, Judgement thinned) {
  if (thinned.measurements.empty()) return 0;
  const auto by_rows = [](const NotJudged& entry) {
    return entry.reason == kFewRowCounts || entry.reason == kSteadyRows;
  };
  std::erase_if(judgement.not_judged, by_rows);
  std::ranges::copy_if(thinned.not_judged, std::back_inserter(judgement.not_judged), by_rows);
  // What a loop grows with says more than that it grows with nothing, as all do whose rows were left alone.
  const auto is_fixed = [](const FindingDraft& draft) {
    return std::ranges::any_of(draft.support, [](const auto& spec) { return spec.metric == kFixedMetric; });
  };
  std::erase_if(thinned.findings, is_fixed);
  std::set<std::string> growing;
  for (const FindingDraft& draft : thinned.findings) {
    if (draft.rule == "sql.n_plus_one") growing.insert(draft.subject.name);
  }
  std::erase_if(judgement.findings,
                [&](const FindingDraft& draft) { return is_fixed(draft) && growing.contains(draft.subject.name); });
  const std::set<std::string> told = LoopsIn(judgement);
  size_t added = 0;
  for (FindingDraft& draft : thinned.findings) {
    if (draft.rule != "sql.n_plus_one" || told.contains(draft.subject.name)) continue;
    judgement.findings.push_back(std::move(draft));
    ++added;
  }
  return added;
}

}  // namespace hone::sql
