#include "sql/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/analysis.h"
#include "sql/growth.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using evidence::FindingDraft;
using evidence::Judgement;
using evidence::MeasurementSpec;
using evidence::NotJudged;
using evidence::Severity;

class Analysis {
 public:
  Analysis(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options)
      : exchange_(&exchange),
        capture_(&capture),
        options_(&options),
        typical_(TypicalSize(exchange)),
        typical_requests_(WarmRequests(exchange, typical_)) {}

  Judgement Run() {
    if (!IsSound()) return std::move(judgement_);
    Measurements();
    for (uint32_t query = 0; query < exchange_->queries.size(); ++query) JudgeQuery(query);
    Budgets();
    return std::move(judgement_);
  }

 private:
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
    } else if (WarmRequests(*exchange_).size() < kLeastRowCounts) {
      Refuse("it was asked fewer than three times after the first", "More repetitions in the quiet phase");
    } else if (ReadsNothing()) {
      Refuse("its queries returned no row", "A seed or variables for which the answer is not empty");
    }
    return judgement_.not_judged.empty();
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

  void Refuse(std::string reason, std::string what_would_do, std::string_view of_what = {}) {
    const std::string subject =
        of_what.empty() ? exchange_->endpoint : fmt::format("{} of {}", of_what, exchange_->endpoint);
    judgement_.not_judged.push_back(
        {.subject = subject, .reason = std::move(reason), .what_would_do = std::move(what_would_do)});
  }

  MeasurementSpec Spec(std::string metric, std::string unit, std::optional<uint32_t> query,
                       std::map<std::string, std::string> parameters = {}) const {
    MeasurementSpec spec;
    spec.scope.endpoint = exchange_->endpoint;
    if (query) {
      spec.scope.query = exchange_->queries[*query].text;
      parameters["query"] = exchange_->queries[*query].id;
    }
    spec.method = metric + (metric.starts_with("budget.logic") || metric == "budget.unattributed" ? "@2" : "@1");
    spec.metric = std::move(metric);
    spec.unit = std::move(unit);
    spec.captures = {capture_->id};
    spec.parameters = std::move(parameters);
    return spec;
  }

  std::map<std::string, std::string> AtTypicalSize() const { return {{"size", std::to_string(typical_)}}; }

  // What the logic's layers are measured with.
  std::map<std::string, std::string> OfLogic() const {
    std::map<std::string, std::string> parameters = AtTypicalSize();
    if (options_->driver_ns) parameters["driver_ns"] = std::to_string(*options_->driver_ns);
    return parameters;
  }

  void Measurements() {
    for (const char* metric : {"sql.statements", "sql.round_trips", "sql.prepare_trips", "sql.rows"}) {
      judgement_.measurements.push_back(Spec(metric, "count", std::nullopt, AtTypicalSize()));
    }
    for (const char* metric : {"sql.db_time", "budget.response", "budget.db", "budget.pool"}) {
      judgement_.measurements.push_back(Spec(metric, "ns", std::nullopt, AtTypicalSize()));
    }
    judgement_.measurements.push_back(Spec("budget.logic", "ns", std::nullopt, OfLogic()));
    if (!CpuIsKnown()) return;
    judgement_.measurements.push_back(Spec("budget.logic_cpu", "ns", std::nullopt, OfLogic()));
    judgement_.measurements.push_back(Spec("budget.unattributed", "ns", std::nullopt, OfLogic()));
  }

  void JudgeQuery(uint32_t query) {
    const QueryClass query_class = exchange_->queries[query].query_class;
    if (query_class == QueryClass::kControl || query_class == QueryClass::kConstant) return;
    const Growth growth = JudgeGrowth(*exchange_, query);
    if (growth.judged && growth.against && !growth.same_parameters) {
      if (IsNewInItsTrips(query)) NPlusOne(query, growth);
    } else if (IsRepeated(query, growth)) {
      Repeated(query);
    } else if (!growth.judged && !growth.same_parameters) {
      Refuse(growth.reason, "A size variable with at least three sizes: `n = { sizes = [...] }`",
             "A statement that runs several times");
    }
    if (query_class != QueryClass::kOther &&
        LiteralTexts(*exchange_, query) >= static_cast<int64_t>(kLeastLiteralTexts))
      SimpleProtocol(query);
  }

  // A batch for each item holds several statements in the same round trips: that is one defect, told once.
  bool IsNewInItsTrips(uint32_t query) {
    std::set<uint32_t> trips;
    for (const Statement& statement : exchange_->statements) {
      if (statement.query == query && statement.request != kNoRequest && !statement.background)
        trips.insert(statement.round_trip);
    }
    return told_trips_.insert(std::move(trips)).second;
  }

  FindingDraft Draft(std::string rule, Severity severity, uint32_t query) const {
    FindingDraft draft;
    draft.rule = std::move(rule);
    draft.severity = severity;
    draft.subject = {.kind = "query",
                     .name = exchange_->queries[query].text,
                     .endpoint = exchange_->endpoint,
                     .file = {},
                     .line = 0};
    return draft;
  }

  // Appends the two worths of `kind` and names them.
  void AddSavedTime(FindingDraft& draft, uint32_t query, const std::string& kind, std::optional<int64_t> size) const {
    std::map<std::string, std::string> parameters = {{"kind", kind}};
    if (size) parameters["size"] = std::to_string(*size);
    draft.time_loopback_ns = draft.support.size() + 1;
    draft.time_ns = draft.support.size();
    draft.ceiling = draft.time_ns;
    std::map<std::string, std::string> configured = parameters;
    configured["round_trip_ns"] = std::to_string(options_->round_trip_ns);
    draft.support.push_back(Spec("sql.saved_time", "ns", query, std::move(configured)));
    draft.support.push_back(Spec("sql.saved_time", "ns", query, std::move(parameters)));
  }

  void NPlusOne(uint32_t query, const Growth& growth) {
    FindingDraft draft = Draft("sql.n_plus_one", Severity::kHigh, query);
    draft.title = "One query per row: {m0} round trips at the largest size, growing by {m1}";
    draft.support = {Spec("sql.calls_at_largest", "count", query),
                     Spec("sql.calls_slope", "per_row", query, {{"source", Name(*exchange_, *growth.against)}}),
                     Spec("sql.distinct_parameters", "count", query)};
    const Provenance provenance = FindProvenance(*exchange_, query);
    if (provenance.share >= kProvenanceShare) {
      draft.title += "; {m3} of its parameters come out of earlier rows";
      draft.support.push_back(Spec("sql.provenance", "ratio", query));
    }
    AddSavedTime(draft, query, "n_plus_one", typical_);
    draft.ceiling_basis = "all round trips with this statement but one disappear";
    draft.remedy = exchange_->queries[query].query_class == QueryClass::kWrite
                       ? "Write all rows at once: one statement over `unnest($1::bigint[], ...)` or a multi-row "
                         "`VALUES`, `pgx.CopyFrom` for many rows, or one "
                         "`pgx.Batch` with `SendBatch`"
                       : "Ask once for all rows: collect the keys and use `WHERE key = ANY($1)`, or a `JOIN` in the "
                         "first query; where the statements "
                         "differ, one `pgx.Batch` with `SendBatch`";
    judgement_.findings.push_back(std::move(draft));
  }

  bool IsRepeated(uint32_t query, const Growth& growth) const {
    const Query& asked = exchange_->queries[query];
    if (asked.query_class != QueryClass::kRead || asked.reads.empty()) return false;
    const auto share = [&](const std::vector<size_t>& requests) {
      const std::vector<double> repeats = Repeats(*exchange_, query, requests);
      const auto often = std::ranges::count_if(repeats, [](double extra) { return extra >= kLeastRepeats; });
      return repeats.empty() ? 0 : static_cast<double>(often) / static_cast<double>(repeats.size());
    };
    if (share(WarmRequests(*exchange_)) >= kRepeatingRequests) return true;
    // In a loop over rows there is nothing to repeat at the smallest sizes.
    return growth.against && growth.same_parameters &&
           share(WarmRequests(*exchange_, Sizes(*exchange_).back())) >= kRepeatingRequests;
  }

  void Repeated(uint32_t query) {
    FindingDraft draft = Draft("sql.repeated_query", Severity::kMedium, query);
    const int64_t largest = Sizes(*exchange_).back();
    const std::vector<double> at_typical = Repeats(*exchange_, query, typical_requests_);
    const bool shown_at_typical = !at_typical.empty() && stats::MedianOf(at_typical).value >= kLeastRepeats;
    const int64_t size = shown_at_typical ? typical_ : largest;
    draft.title = "The same query with the same parameters runs {m0} more times than needed in each request";
    draft.support = {Spec("sql.repeats", "count", query, {{"size", std::to_string(size)}})};
    AddSavedTime(draft, query, "repeated", size);
    draft.ceiling_basis = "the repeated round trips disappear";
    draft.remedy =
        "Hoist it: load the value once for the request and pass it on (as an argument or in the request's context)";
    judgement_.findings.push_back(std::move(draft));
  }

  void SimpleProtocol(uint32_t query) {
    FindingDraft draft = Draft("sql.simple_protocol", Severity::kMedium, query);
    draft.title =
        "Sent as text with its values in it: {m0} different texts of one statement, each parsed and planned anew";
    draft.support = {Spec("sql.literal_texts", "count", query), Spec("sql.db_time", "ns", query, AtTypicalSize())};
    draft.ceiling = 1;
    draft.ceiling_basis = "the statement's time in the database, of which parsing and planning are a part";
    draft.remedy =
        "Use parameters (`$1`) instead of values in the text, and leave pgx at its default "
        "`QueryExecModeCacheStatement` instead of "
        "`QueryExecModeSimpleProtocol`";
    judgement_.findings.push_back(std::move(draft));
  }

  bool CpuIsKnown() const {
    return std::ranges::any_of(typical_requests_, [&](size_t i) { return exchange_->requests[i].service_cpu_ns >= 0; });
  }

  void Budgets() {
    if (typical_requests_.size() < kLeastRequests) {
      Refuse("too few requests at its typical size for an interval",
             "At least six repetitions of each size in the quiet phase", "budgets");
      return;
    }
    std::vector<double> db;
    std::vector<double> logic;
    std::vector<double> cpu;
    const int64_t driver_ns = options_->driver_ns.value_or(kDriverNsOfTrip);
    for (const Layers& layers : LayersOf(*exchange_, typical_requests_, driver_ns)) {
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
    if (std::ranges::any_of(typical_requests_, [&](size_t i) { return exchange_->requests[i].transport_ns < 0; })) {
      Refuse("the time of a request that does nothing was not measured", "A calibrated generator",
             "the logic's budget");
      return;
    }
    // A busy machine makes everything late but burns no CPU in the service.
    const bool on_cpu = cpu.empty() || stats::MedianOf(cpu).value >= kLogicOnCpuShare * stats::MedianOf(logic).value;
    if (!on_cpu) return;
    if (IsOver(logic, options_->logic_budget_ns)) {
      LogicBudget();
    } else if (IsUncertain(logic, options_->logic_budget_ns)) {
      Refuse("its time in the logic is about as long as the budget", "A run on a quiet machine, or another budget",
             "budgets");
    }
  }

  static bool IsOver(const std::vector<double>& values, int64_t budget) {
    const stats::QuantileEstimate median = stats::MedianOf(values);
    return median.interval && median.interval->lo > static_cast<double>(budget);
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
    draft.support = {Spec("budget.db", "ns", std::nullopt, AtTypicalSize()),
                     Spec("budget.logic", "ns", std::nullopt, OfLogic()),
                     Spec("budget.pool", "ns", std::nullopt, AtTypicalSize()),
                     Spec("budget.response", "ns", std::nullopt, AtTypicalSize())};
    return draft;
  }

  // The statement that takes most of the database's time of typical requests.
  std::optional<uint32_t> SlowestQuery() const {
    std::optional<uint32_t> slowest;
    double most = 0;
    for (uint32_t query = 0; query < exchange_->queries.size(); ++query) {
      const std::vector<RequestAccount> accounts = AccountQuery(*exchange_, query);
      double total = 0;
      for (const size_t i : typical_requests_) total += static_cast<double>(accounts[i].db_ns);
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
    draft.support.push_back(Spec(metric, "ns", std::nullopt, std::move(parameters)));
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
      draft.support.push_back(Spec("sql.db_time", "ns", slowest, AtTypicalSize()));
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
      draft.support.push_back(Spec("budget.logic_cpu", "ns", std::nullopt, OfLogic()));
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
  const evidence::Capture* capture_;
  const RuleOptions* options_;
  int64_t typical_;
  std::vector<size_t> typical_requests_;
  std::set<std::set<uint32_t>> told_trips_;
  Judgement judgement_;
};

}  // namespace

Judgement Judge(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options) {
  return Analysis(exchange, capture, options).Run();
}

}  // namespace hone::sql
