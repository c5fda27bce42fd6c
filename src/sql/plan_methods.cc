#include "sql/plan_methods.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/analysis.h"
#include "sql/effects.h"
#include "sql/exchange.h"
#include "sql/plan_candidates.h"
#include "sql/plan_study.h"
#include "stats/paired.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using Captures = std::span<const evidence::CaptureBytes>;

Result<std::string> TextOf(const Parameters& parameters, const std::string& name) {
  const auto it = parameters.find(name);
  if (it == parameters.end()) return Fail(Code::kInput, "This measurement needs the parameter " + name);
  return it->second;
}

// The parameter `name` as an index below `size`.
Result<size_t> Index(const Parameters& parameters, const std::string& name, size_t size) {
  HONE_TRY(const std::string text, TextOf(parameters, name));
  size_t index = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || rest != text.data() + text.size() || index >= size)
    return Fail(Code::kInput, "The capture has no such " + name, text);
  return index;
}

Result<PlanStudy> StudyOf(Captures captures, size_t wanted = 1) {
  if (captures.size() != wanted) return Fail(Code::kInput, "A plan is measured from its own capture");
  return DecodeStudy(captures[0].bytes);
}

Result<Trial> TrialOf(const PlanStudy& study, const Parameters& parameters) {
  HONE_TRY(const size_t index, Index(parameters, "trial", study.trials.size()));
  return study.trials[index];
}

Computed Exactly(double value, std::string n_of) {
  return {.value = value, .interval = {}, .n = 1, .n_of = std::move(n_of)};
}

// A count of one node.
template <typename F>
Result<Computed> OfNode(Captures captures, const Parameters& parameters, F count) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const size_t node, Index(parameters, "node", study.plan.nodes.size()));
  return Exactly(count(study.plan, node), "plans");
}

Result<Computed> RowsRead(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, [](const Plan& plan, size_t node) { return ReadRows(plan.nodes[node]); });
}

Result<Computed> RowsRemoved(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, DiscardedRows);
}

Result<Computed> RowsSkipped(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, SkippedRows);
}

Result<Computed> Selectivity(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, [](const Plan& plan, size_t node) {
    const double read = ReadRows(plan.nodes[node]);
    return read > 0 ? 1 - DiscardedRows(plan, node) / read : 1;
  });
}

Result<Computed> EstimatedRows(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, [](const Plan& plan, size_t node) { return plan.nodes[node].estimated_rows; });
}

Result<Computed> ActualRows(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, [](const Plan& plan, size_t node) { return plan.nodes[node].rows; });
}

Result<Computed> EstimateErrorMethod(Captures captures, const Parameters& parameters, uint64_t) {
  return OfNode(captures, parameters, [](const Plan& plan, size_t node) { return EstimateError(plan.nodes[node]); });
}

Result<Computed> Spilled(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  return Exactly(static_cast<double>(SpilledBytes(study.plan)), "plans");
}

Result<Computed> TableRows(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const std::string name, TextOf(parameters, "table"));
  const auto table =
      std::ranges::find_if(study.tables, [&](const TableFacts& each) { return each.schema + "." + each.name == name; });
  if (table == study.tables.end()) return Fail(Code::kInput, "The capture has no such table", name);
  return Exactly(static_cast<double>(table->rows), "tables");
}

// Of the checks of one foreign key.
template <typename F>
Result<Computed> OfKey(Captures captures, const Parameters& parameters, F value, const char* n_of) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const std::string name, TextOf(parameters, "constraint"));
  const auto check = std::ranges::find(study.plan.key_checks, name, &KeyCheck::constraint);
  if (check == study.plan.key_checks.end()) return Fail(Code::kInput, "The plan checks no such key", name);
  return Exactly(value(*check), n_of);
}

Result<Computed> KeyCalls(Captures captures, const Parameters& parameters, uint64_t) {
  return OfKey(captures, parameters, [](const KeyCheck& check) { return check.calls; }, "plans");
}

Result<Computed> KeyTime(Captures captures, const Parameters& parameters, uint64_t) {
  return OfKey(
      captures, parameters, [](const KeyCheck& check) { return check.time_ms * base::kNsPerMs; }, "executions");
}

Result<Computed> IndexBytes(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const Trial trial, TrialOf(study, parameters));
  return Exactly(static_cast<double>(trial.bytes), "indexes");
}

// The median time of one arm of a trial; without a trial the plan's own.
Result<Computed> Time(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  if (!parameters.contains("trial")) return Exactly(study.plan.execution_ms * base::kNsPerMs, "executions");
  HONE_TRY(const Trial trial, TrialOf(study, parameters));
  HONE_TRY(const std::string arm, TextOf(parameters, "arm"));
  if (arm != "with" && arm != "without") return Fail(Code::kInput, "There is no such arm", arm);
  return MedianWithInterval(arm == "with" ? trial.with_ns : trial.without_ns, "executions");
}

Result<Computed> Speedup(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const Trial trial, TrialOf(study, parameters));
  return FromEffect(RatioOfPositive(trial.with_ns, trial.without_ns));
}

Result<Computed> WriteCost(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures));
  HONE_TRY(const Trial trial, TrialOf(study, parameters));
  return WriteCostOfRow(trial.write_without_ns, trial.write_with_ns, trial.written_rows);
}

// What one execution saves, times the executions of a typical request.
Result<Computed> SavedTimeOfTrial(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PlanStudy study, StudyOf(captures, 2));
  HONE_TRY(const Trial trial, TrialOf(study, parameters));
  HONE_TRY(const Exchange exchange, Decode(captures[1].bytes));
  const auto query = FindQuery(exchange, study.query);
  if (!query) return Fail(Code::kInput, "The exchange has no such statement", study.query);
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, *query);
  std::vector<double> calls;
  for (const size_t i : WarmRequests(exchange, TypicalSize(exchange)))
    calls.push_back(static_cast<double>(accounts[i].statements));
  if (calls.empty()) return FromEffect({});
  const double median = stats::MedianOf(calls).value;
  return FromEffect(stats::HodgesLehmann(Differences(trial.with_ns, trial.without_ns, median > 0 ? 1 / median : 1)));
}

constexpr std::array<evidence::Method, 16> kPlanMethods = {{
    {"plan.rows_read@1", "Rows that a scan read, by EXPLAIN ANALYZE: those it passed on and those its filter removed",
     RowsRead},
    {"plan.rows_removed@1", "Of the rows read those that reached neither the parent nor the join or LIMIT above",
     RowsRemoved},
    {"plan.rows_skipped@1", "Rows that a LIMIT took of its child beyond those it returned: its OFFSET", RowsSkipped},
    {"plan.selectivity@1", "One less rows_removed over rows_read", Selectivity},
    {"plan.estimated_rows@1", "The planner's estimate of a node's rows in one loop", EstimatedRows},
    {"plan.actual_rows@1", "A node's rows in one loop by EXPLAIN ANALYZE", ActualRows},
    {"plan.estimate_error@1", "q-error of a node (Moerkotte, Neumann, Steidl 2009)", EstimateErrorMethod},
    {"plan.spilled_bytes@1", "Temporary blocks written by the whole plan, 8 KiB each", Spilled},
    {"plan.table_rows@1", "count(*) of the table on the clone", TableRows},
    {"plan.key_checks@1", "Calls of a foreign key's trigger, by EXPLAIN ANALYZE", KeyCalls},
    {"plan.key_time@1", "Time in a foreign key's trigger, by EXPLAIN ANALYZE", KeyTime},
    {"plan.index_bytes@1", "pg_relation_size of the index that was built", IndexBytes},
    {"plan.time@1", "Median of the server's execution times, order-statistic interval", Time},
    {"plan.speedup@1", "Hodges-Lehmann ratio of paired execution times, without / with what was tried", Speedup},
    {"plan.write_cost@1", "Hodges-Lehmann difference of paired times of an INSERT, with less without, a row",
     WriteCost},
    {"plan.saved_time@1", "Hodges-Lehmann difference of paired execution times times the executions of a request",
     SavedTimeOfTrial},
}};

}  // namespace

std::span<const evidence::Method> PlanMethods() { return kPlanMethods; }

}  // namespace hone::sql
