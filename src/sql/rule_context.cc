#include "sql/rule_context.h"

#include <fmt/format.h>

#include <utility>

#include "sql/analysis.h"

namespace hone::sql {

RuleContext::RuleContext(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options)
    : exchange_(&exchange),
      capture_(&capture),
      options_(&options),
      typical_(TypicalSize(exchange)),
      typical_requests_(WarmRequests(exchange, typical_)) {
  for (uint32_t query = 0; query < exchange.queries.size(); ++query)
    growths_.push_back(IsWork(query) ? JudgeGrowth(exchange, query) : Growth());
}

bool RuleContext::IsWork(uint32_t query) const { return sql::IsWork(exchange_->queries[query].query_class); }

std::string_view RuleContext::LibraryOf(uint32_t query) const {
  return options_->LibraryOf(exchange_->queries[query].text);
}

evidence::MeasurementSpec RuleContext::Spec(std::string metric, std::string unit, std::optional<uint32_t> query,
                                            std::map<std::string, std::string> parameters, std::string method) const {
  evidence::MeasurementSpec spec;
  spec.scope.endpoint = exchange_->endpoint;
  if (query) {
    spec.scope.query = exchange_->queries[*query].text;
    parameters["query"] = exchange_->queries[*query].id;
  }
  const bool second = metric.starts_with("budget.logic") || metric == "budget.unattributed";
  spec.method = !method.empty() ? std::move(method) : metric + (second ? "@2" : "@1");
  spec.metric = std::move(metric);
  spec.unit = std::move(unit);
  spec.captures = {capture_->id};
  spec.parameters = std::move(parameters);
  return spec;
}

evidence::FindingDraft RuleContext::Draft(std::string rule, evidence::Severity severity, uint32_t query) const {
  evidence::FindingDraft draft;
  draft.rule = std::move(rule);
  draft.severity = severity;
  draft.subject = {
      .kind = "query", .name = exchange_->queries[query].text, .endpoint = exchange_->endpoint, .file = {}, .line = 0};
  return draft;
}

void RuleContext::AddTime(evidence::FindingDraft& draft, const std::string& metric, std::optional<uint32_t> query,
                          std::map<std::string, std::string> parameters) const {
  draft.time_loopback_ns = draft.support.size() + 1;
  draft.time_ns = draft.support.size();
  draft.ceiling = draft.time_ns;
  std::map<std::string, std::string> configured = parameters;
  configured["round_trip_ns"] = std::to_string(options_->round_trip_ns);
  draft.support.push_back(Spec(metric, "ns", query, std::move(configured)));
  draft.support.push_back(Spec(metric, "ns", query, std::move(parameters)));
}

void RuleContext::AddSavedTime(evidence::FindingDraft& draft, uint32_t query, const std::string& kind,
                               std::optional<int64_t> size) const {
  std::map<std::string, std::string> parameters = {{"kind", kind}};
  if (size) parameters["size"] = std::to_string(*size);
  AddTime(draft, "sql.saved_time", query, std::move(parameters));
}

evidence::NotJudged RuleContext::Refusal(std::string reason, std::string what_would_do,
                                         std::string_view of_what) const {
  const std::string subject =
      of_what.empty() ? exchange_->endpoint : fmt::format("{} of {}", of_what, exchange_->endpoint);
  return {.subject = subject, .reason = std::move(reason), .what_would_do = std::move(what_would_do)};
}

}  // namespace hone::sql
