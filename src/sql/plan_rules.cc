#include "sql/plan_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "evidence/claim.h"
#include "sql/effects.h"
#include "sql/plan_candidates.h"
#include "sql/thresholds.h"
#include "stats/paired.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using evidence::FindingDraft;
using evidence::MeasurementSpec;

constexpr std::string_view kFirstPage = "first_page";

// The proven trial with the shortest median of those that change the database or its settings.
std::optional<size_t> BestTrial(const PlanStudy& study) {
  std::optional<size_t> best;
  double shortest = 0;
  for (size_t i = 0; i < study.trials.size(); ++i) {
    if (study.trials[i].kind == kFirstPage || !IsProven(study.trials[i])) continue;
    const double median = stats::MedianOf(study.trials[i].with_ns).value;
    if (best && median >= shortest) continue;
    best = i;
    shortest = median;
  }
  return best;
}

// Whether the whole interval of the time with / the time without is at most that.
bool TakesAtMost(double part, const Trial& trial) {
  const stats::Effect effect = RatioOfPositive(trial.without_ns, trial.with_ns);
  return effect.interval && effect.interval->hi <= part;
}

bool IsLatePage(const PlanStudy& study, const Trial& first_page) {
  if (!study.last_page || study.over_budget) return IsProven(first_page);
  return !first_page.without_ns.empty() && stats::MedianOf(first_page.without_ns).value >= kLeastLatePageNs &&
         TakesAtMost(kMostTimeOfFirstPage, first_page);
}

// A trial of memory that makes the temporary files of a plan go, although it is no faster for it: they are in the
// system's cache here. Empty: there is none.
std::optional<size_t> SpillTrial(const PlanStudy& study) {
  if (SpilledBytes(study.plan) < kLeastSpilledBytes) return std::nullopt;
  for (size_t i = 0; i < study.trials.size(); ++i) {
    const Trial& trial = study.trials[i];
    const bool whole = trial.with_ns.size() >= kLeastTrialPairs && trial.without_ns.size() == trial.with_ns.size();
    if (trial.kind == "memory" && whole && SpilledBytes(trial.plan) == 0) return i;
  }
  return std::nullopt;
}

// What the study's own plan proposes by this statement: where the plan loses most. A trial of memory has none of its
// own.
Proposal ProposalOf(const PlanStudy& study, const std::string& statement) {
  for (const bool estimates : {true, false}) {
    for (Proposal& proposal : estimates ? ProposeStatistics(study) : ProposeIndexes(study)) {
      if (proposal.statement == statement) return std::move(proposal);
    }
  }
  return {};
}

const TableFacts* TableOf(const PlanStudy& study, const Proposal& proposal) {
  const auto it = std::ranges::find_if(study.tables, [&](const TableFacts& table) {
    return table.name == proposal.table && table.schema == proposal.schema;
  });
  return it == study.tables.end() ? nullptr : &*it;
}

// What every write pays for ever must bring something: on a small table, which is read whole in no time, an index must
// save what a request feels, however many times as fast its statement is.
bool IsWorthIt(const PlanStudy& study, const Trial& trial, double executions) {
  if (trial.kind != "index") return true;
  const TableFacts* table = TableOf(study, ProposalOf(study, trial.statement));
  if (table == nullptr || table->rows >= kSmallTableRows) return true;
  const double saved = stats::MedianOf(trial.without_ns).value - stats::MedianOf(trial.with_ns).value;
  return saved * std::max(1.0, executions) >= kLeastIndexSavedNs;
}

// How far the estimates of a table's scans are off at most; empty: none was executed.
std::optional<double> ErrorOfTable(const Plan& plan, const TableFacts& table) {
  std::optional<double> worst;
  for (const PlanNode& node : plan.nodes) {
    if (node.table == table.name && node.schema == table.schema && node.loops > 0)
      worst = std::max(worst.value_or(1), EstimateError(node));
  }
  return worst;
}

bool IsSlower(const Trial& trial) {
  const stats::Effect effect = RatioOfPositive(trial.without_ns, trial.with_ns);
  return effect.interval && effect.interval->lo > 1;
}

// A trial of statistics that mends a gross misestimate, although the statement is no faster for it here. Empty: there
// is none.
std::optional<size_t> EstimateTrial(const PlanStudy& study) {
  for (size_t i = 0; i < study.trials.size(); ++i) {
    const Trial& trial = study.trials[i];
    const bool whole = trial.with_ns.size() >= kLeastTrialPairs && trial.without_ns.size() == trial.with_ns.size();
    if (trial.kind != "statistics" || !whole) continue;
    const Proposal proposal = ProposalOf(study, trial.statement);
    const TableFacts* const table = TableOf(study, proposal);
    if (table == nullptr || EstimateError(study.plan.nodes[proposal.node]) < kGrossEstimateError) continue;
    const auto left = ErrorOfTable(trial.plan, *table);
    if (left && *left <= kMendedEstimateError) return i;
  }
  return std::nullopt;
}

// The scan whose condition no index serves, where nothing else is told of the statement. What takes less is no wall,
// however little it keeps; of a last page it is told that it is one.
std::optional<size_t> ToldUnserved(const PlanStudy& study) {
  if (study.last_page || study.plan.execution_ms < kLeastUnservedMs || BestTrial(study) || SpillTrial(study))
    return std::nullopt;
  return UnservedScan(study);
}

const Trial kNoTrial = {};

// A finding on the plan of a study; `trial` is the one that it rests on, if there is one.
class PlanAnalysis {
 public:
  PlanAnalysis(const PlanStudy& study, const evidence::Capture& plan, const evidence::Capture& exchange,
               std::optional<size_t> trial = {})
      : study_(study),
        plan_(plan),
        exchange_(exchange),
        trial_(trial ? study.trials[*trial] : kNoTrial),
        index_(trial.value_or(0)) {
    draft_.subject = {
        .kind = "query", .name = study_.text, .endpoint = study_.endpoint, .file = {}, .line = 0, .function = {}};
  }

  FindingDraft Draft() {
    draft_.severity = evidence::Severity::kHigh;
    if (trial_.kind == "index") {
      MissingIndex();
    } else if (trial_.kind == "statistics") {
      RowEstimate();
    } else if (trial_.kind == kFirstPage) {
      RowsDiscarded();
    } else {
      Spill();
    }
    AddWorth();
    return std::move(draft_);
  }

  // Of temporary files that cost no time here.
  FindingDraft DraftOfSpill() {
    draft_.severity = evidence::Severity::kLow;
    SpilledWhat();
    const std::string with = CiteTime("with");
    draft_.title += fmt::format(
        "; with enough memory there are none, and here, where they stay in the system's cache, it takes {} instead of "
        "{}",
        with, CiteTime("without"));
    return std::move(draft_);
  }

  // Of an estimate that costs no time here.
  FindingDraft DraftOfEstimate() {
    draft_.severity = evidence::Severity::kLow;
    MisestimatedWhat();
    const std::string with = CiteTime("with");
    draft_.title += fmt::format(
        "; with extended statistics the estimate is near the truth, and the statement takes {} instead of {} here: the "
        "plan that was chosen by the wrong one does not hurt yet",
        with, CiteTime("without"));
    if (IsSlower(trial_)) {
      draft_.remedy =
          "None now: the right estimate leads to a plan that is slower while the tables are in memory. Look again when "
          "they grow: what was tried is " +
          evidence::Quote(trial_.statement);
    }
    return std::move(draft_);
  }

  // Of a scan that no index serves: nothing was tried.
  FindingDraft DraftOfUnserved(size_t node) {
    draft_.severity = evidence::Severity::kMedium;
    draft_.rule = "sql.rows_discarded";
    const TableFacts* table = TableOf(study_, study_.plan.nodes[node]);
    const std::string scanned = ScannedInVain(node, *table);
    draft_.title =
        fmt::format("{}, by a condition on its columns that no usual index serves; it takes {} in the server", scanned,
                    Cite("plan.time", "ns", {}));
    draft_.remedy =
        "Compare the columns themselves (`at >= $1 AND at < $2` instead of `to_char(at, ...) = $1`), so that an index "
        "finds the rows; or keep what is computed in an indexed column of its own (`GENERATED ALWAYS AS (...) "
        "STORED`); "
        "a condition that is always the same can be a partial index's. What that gains was not measured";
    return std::move(draft_);
  }

 private:
  std::string Cite(const std::string& metric, const std::string& unit, std::map<std::string, std::string> parameters,
                   const char* how = "") {
    MeasurementSpec spec;
    spec.metric = metric;
    spec.scope = {.endpoint = study_.endpoint, .query = study_.text};
    spec.unit = unit;
    spec.method = metric + "@1";
    spec.captures = {plan_.id};
    spec.parameters = std::move(parameters);
    draft_.support.push_back(std::move(spec));
    return fmt::format("{{m{}{}}}", draft_.support.size() - 1, how);
  }
  std::map<std::string, std::string> OfTrial() const { return {{"trial", std::to_string(index_)}}; }
  static std::map<std::string, std::string> OfNode(size_t node) { return {{"node", std::to_string(node)}}; }
  std::string CiteTime(const char* arm) {
    return Cite("plan.time", "ns", {{"trial", std::to_string(index_)}, {"arm", arm}});
  }
  std::string CiteTableRows(const TableFacts& table) {
    return Cite("plan.table_rows", "count", {{"table", table.schema + "." + table.name}});
  }
  std::string CiteGain() {
    const std::string speedup = Cite("plan.speedup", "x", OfTrial(), ":ci");
    const std::string with = CiteTime("with");
    return fmt::format("{} as fast, {} instead of {} in the server", speedup, with, CiteTime("without"));
  }

  std::string ScannedInVain(size_t node, const TableFacts& table) {
    const std::string read = Cite("plan.rows_read", "count", OfNode(node));
    const std::string removed = Cite("plan.rows_removed", "count", OfNode(node));
    return fmt::format("Reads {} rows of {}, which has {}, and throws {} away", read, evidence::Quote(table.name),
                       CiteTableRows(table), removed);
  }
  std::string SortedInVain(size_t node, size_t limit, const TableFacts& table) {
    const std::string read = Cite("plan.rows_read", "count", OfNode(node));
    const std::string rows = CiteTableRows(table);
    const char* const sorted = study_.plan.nodes[node].Removed() > 0 ? "those that it keeps" : "them all";
    return fmt::format("Reads {} rows of {}, which has {}, and sorts {} to return {}", read,
                       evidence::Quote(table.name), rows, sorted, Cite("plan.actual_rows", "count", OfNode(limit)));
  }
  // The server looks for rows that refer to each one that the statement deletes.
  std::string CheckedByScan(const std::string& constraint, const TableFacts& table) {
    const std::map<std::string, std::string> key = {{"constraint", constraint}};
    const std::string calls = Cite("plan.key_checks", "count", key);
    const std::string time = Cite("plan.key_time", "ns", key);
    return fmt::format("Checks the foreign key {} {} times in {}: {}, which has {} rows, has no index on its columns",
                       evidence::Quote(constraint), calls, time, evidence::Quote(table.name), CiteTableRows(table));
  }

  void MissingIndex() {
    draft_.rule = "sql.missing_index";
    const Proposal proposal = ProposalOf(study_, trial_.statement);
    const TableFacts* table = TableOf(study_, proposal);
    if (table == nullptr) return;
    draft_.title = (!proposal.constraint.empty() ? CheckedByScan(proposal.constraint, *table)
                    : proposal.limit             ? SortedInVain(proposal.node, *proposal.limit, *table)
                                                 : ScannedInVain(proposal.node, *table)) +
                   fmt::format("; with an index it is {}", CiteGain());
    const std::string bytes = Cite("plan.index_bytes", "bytes", OfTrial());
    std::string cost = "what it costs a write was not measured: " + trial_.write_reason;
    if (!trial_.write_with_ns.empty())
      cost = Cite("plan.write_cost", "ns", OfTrial(), ":ci") + " more for each row inserted";
    draft_.remedy = fmt::format("{}: built and measured on a clone of the database; {} on disk, {}",
                                evidence::Quote(trial_.statement), bytes, cost);
  }

  void RowEstimate() {
    MisestimatedWhat();
    draft_.title += fmt::format("; with extended statistics it is {}", CiteGain());
  }

  void MisestimatedWhat() {
    draft_.rule = "sql.row_estimate";
    const Proposal proposal = ProposalOf(study_, trial_.statement);
    const size_t node = proposal.node;
    const TableFacts* table = TableOf(study_, proposal);
    if (table == nullptr) return;
    const std::string estimated = Cite("plan.estimated_rows", "count", OfNode(node));
    const std::string actual = Cite("plan.actual_rows", "count", OfNode(node));
    const std::string error = Cite("plan.estimate_error", "x", OfNode(node));
    const std::string rows = CiteTableRows(*table);
    draft_.title = fmt::format("The planner expects {} rows of {}, which has {}, where there are {}, {} off", estimated,
                               evidence::Quote(table->name), rows, actual, error);
    draft_.remedy = evidence::Quote(trial_.statement) +
                    ": the columns depend on each other; made and measured on a clone of the database";
  }

  void RowsDiscarded() {
    draft_.rule = "sql.rows_discarded";
    const std::string skipped = Cite("plan.rows_skipped", "count", OfNode(0));
    const std::string returned = Cite("plan.actual_rows", "count", OfNode(0));
    draft_.title = fmt::format("{} {} rows and throws them away for its `OFFSET`, to return {}; the first page is {}",
                               study_.last_page ? "Asked for the last page that there is, computes" : "Computes",
                               skipped, returned, CiteGain());
    draft_.remedy =
        "Begin behind the last row of the page before: `WHERE (key, id) > ($1, $2) ORDER BY key, id LIMIT $3`, with an "
        "index on these columns; then each page costs what the first one does";
  }

  void Spill() {
    SpilledWhat();
    draft_.title += fmt::format("; with enough memory it is {}", CiteGain());
  }

  void SpilledWhat() {
    draft_.rule = "sql.spill";
    const std::string spilled = Cite("plan.spilled_bytes", "bytes", {});
    std::string rows;
    for (const TableFacts& table : study_.tables)
      rows += fmt::format("{}{}: {} rows", rows.empty() ? "" : ", ", evidence::Quote(table.name), CiteTableRows(table));
    draft_.title = fmt::format("Sorts or hashes through {} of temporary files ({})", spilled, rows);
    draft_.remedy = fmt::format(
        "Sort fewer rows or narrower ones, by an index or a `LIMIT`; or {} in the transaction, which every sort and "
        "hash "
        "of it may take. Measured on a clone of the database",
        evidence::Quote(trial_.statement));
  }

  void AddWorth() {
    MeasurementSpec spec;
    spec.metric = "plan.saved_time";
    spec.scope = {.endpoint = study_.endpoint, .query = study_.text};
    spec.unit = "ns";
    spec.method = "plan.saved_time@1";
    spec.captures = {plan_.id, exchange_.id};
    spec.parameters = OfTrial();
    draft_.time_ns = draft_.time_loopback_ns = draft_.ceiling = draft_.support.size();
    draft_.support.push_back(std::move(spec));
    draft_.ceiling_basis = "measured: the server's time without it less that with it, for a request's executions";
  }

  const PlanStudy& study_;
  const evidence::Capture& plan_;
  const evidence::Capture& exchange_;
  const Trial& trial_;
  size_t index_;
  FindingDraft draft_ = {};
};

}  // namespace

bool IsProven(const Trial& trial) { return TakesAtMost(kMostTimeWith, trial); }

evidence::Judgement JudgePlan(const PlanStudy& study, const evidence::Capture& plan, const evidence::Capture& exchange,
                              double executions) {
  evidence::Judgement judgement;
  if (study.plan.nodes.empty()) return judgement;
  if (study.brief) {
    if (const auto estimate = EstimateTrial(study))
      judgement.findings.push_back(PlanAnalysis(study, plan, exchange, *estimate).DraftOfEstimate());
    return judgement;
  }
  const auto spill = SpillTrial(study);
  if (const auto trial = BestTrial(study)) {
    const Trial& best = study.trials[*trial];
    if (IsWorthIt(study, best, executions))
      judgement.findings.push_back(PlanAnalysis(study, plan, exchange, *trial).Draft());
    // What helps more may leave the files where they are.
    if (spill && best.kind != "memory" && SpilledBytes(best.plan) >= kLeastSpilledBytes) {
      PlanAnalysis analysis(study, plan, exchange, *spill);
      judgement.findings.push_back(IsProven(study.trials[*spill]) ? analysis.Draft() : analysis.DraftOfSpill());
    }
  } else if (spill) {
    judgement.findings.push_back(PlanAnalysis(study, plan, exchange, *spill).DraftOfSpill());
  } else if (const auto scan = ToldUnserved(study)) {
    judgement.findings.push_back(PlanAnalysis(study, plan, exchange).DraftOfUnserved(*scan));
  } else if (const auto estimate = EstimateTrial(study)) {
    judgement.findings.push_back(PlanAnalysis(study, plan, exchange, *estimate).DraftOfEstimate());
  }
  for (size_t i = 0; i < study.trials.size(); ++i) {
    if (study.trials[i].kind == kFirstPage && IsLatePage(study, study.trials[i]))
      judgement.findings.push_back(PlanAnalysis(study, plan, exchange, i).Draft());
  }
  return judgement;
}

std::string RemedyOfSlow(const PlanStudy& study) {
  if (const auto best = BestTrial(study)) {
    const std::string& kind = study.trials[*best].kind;
    const char* rule = kind == "index" ? "sql.missing_index" : kind == "statistics" ? "sql.row_estimate" : "sql.spill";
    return fmt::format("See the finding {} on this statement: {} was tried on a clone and helps", evidence::Quote(rule),
                       evidence::Quote(study.trials[*best].statement));
  }
  const auto skips = [&](const Trial& trial) { return trial.kind == kFirstPage && IsLatePage(study, trial); };
  if (std::ranges::any_of(study.trials, skips) || ToldUnserved(study))
    return "See the finding `sql.rows_discarded` on this statement";
  const bool tried = std::ranges::any_of(study.trials, [](const Trial& trial) { return trial.kind == "index"; });
  return std::string(tried ? "No index that was tried on a clone serves this statement. "
                           : "Its plan reads what it needs: no index suggests itself. ") +
         "Ask for fewer rows and columns, or keep a result up to date instead of computing it for each request";
}

}  // namespace hone::sql
