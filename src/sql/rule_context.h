// What the rules on one endpoint's database work have in common: the exchange, and how findings cite it. Private to
// sql/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/model.h"
#include "sql/exchange.h"
#include "sql/growth.h"
#include "sql/rules.h"

namespace hone::sql {

class RuleContext {
 public:
  // All must outlive it.
  RuleContext(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options);

  const Exchange& exchange() const { return *exchange_; }
  const RuleOptions& options() const { return *options_; }
  int64_t typical() const { return typical_; }
  const std::vector<size_t>& typical_requests() const { return typical_requests_; }
  // Whether a rule may speak of the query: no BEGIN, no SELECT 1.
  bool IsWork(uint32_t query) const;
  // Of each query; those that are no work grow with nothing.
  const Growth& growth(uint32_t query) const { return growths_[query]; }

  // The library that asks the query, as far as it is known: see remedies.h.
  std::string_view LibraryOf(uint32_t query) const;

  // `method` is the metric's name with its version where it is empty.
  evidence::MeasurementSpec Spec(std::string metric, std::string unit, std::optional<uint32_t> query,
                                 std::map<std::string, std::string> parameters = {}, std::string method = {}) const;
  std::map<std::string, std::string> AtTypicalSize() const { return {{"size", std::to_string(typical_)}}; }
  // A finding about one query.
  evidence::FindingDraft Draft(std::string rule, evidence::Severity severity, uint32_t query) const;
  // Appends the two worths of `kind` and names them.
  void AddSavedTime(evidence::FindingDraft& draft, uint32_t query, const std::string& kind,
                    std::optional<int64_t> size) const;
  // Appends the two worths that `method` computes with "round_trip_ns", at the typical size, and names them.
  void AddTime(evidence::FindingDraft& draft, const std::string& metric, std::optional<uint32_t> query,
               std::map<std::string, std::string> parameters) const;
  // `of_what` of the endpoint; empty: the endpoint.
  evidence::NotJudged Refusal(std::string reason, std::string what_would_do, std::string_view of_what = {}) const;

 private:
  const Exchange* exchange_;
  const evidence::Capture* capture_;
  const RuleOptions* options_;
  int64_t typical_;
  std::vector<size_t> typical_requests_;
  std::vector<Growth> growths_;
};

// What a loop that grows with nothing cites for its class.
inline constexpr std::string_view kFixedMetric = "sql.n_plus_one.fixed";

// Every statement whose calls grow with the rows: sql.n_plus_one, with its class.
void JudgeLoops(const RuleContext& context, evidence::Judgement& judgement);

// The texts of a query: sql.simple_protocol and sql.in_list_texts.
void JudgeTexts(const RuleContext& context, uint32_t query, evidence::Judgement& judgement);

// What is prepared again and again: sql.statement_cache_thrash.
void JudgePreparing(const RuleContext& context, evidence::Judgement& judgement);

// Transactions that stay open over something else: sql.idle_in_transaction.
void JudgeTransactions(const RuleContext& context, evidence::Judgement& judgement);

// Rows that a statement returns and the answer does not show: sql.rows_unused.
void JudgeUnusedRows(const RuleContext& context, evidence::Judgement& judgement);

// What requests leave in their sessions, behind a pooler in transaction mode: sql.session_state.
void JudgeSessionState(const RuleContext& context, evidence::Judgement& judgement);

// Requests that change tables, views or functions: sql.schema_change.
void JudgeSchemaChanges(const RuleContext& context, evidence::Judgement& judgement);

}  // namespace hone::sql
