#include "sql/plan_sample.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "sql/analysis.h"
#include "sql/lexer.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

base::Nanos TimeOf(const RecordedStatement& statement) { return statement.end_ns - statement.start_ns; }

// The executions of typical warm requests, by query.
using ExecutionsByQuery = std::map<uint32_t, std::vector<const RecordedStatement*>>;

ExecutionsByQuery TypicalExecutions(const Recording& recording, const Exchange& exchange) {
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  std::vector<bool> typical(exchange.requests.size());
  for (const size_t i : WarmRequests(exchange, TypicalSize(exchange))) typical[i] = true;
  ExecutionsByQuery executions;
  for (size_t i = 0; i < exchange.statements.size() && i < recorded.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    const bool counts = statement.request != kNoRequest && !statement.background && statement.executed &&
                        !statement.fetch && statement.sqlstate.empty();
    if (counts && typical[static_cast<size_t>(statement.request)]) executions[statement.query].push_back(recorded[i]);
  }
  return executions;
}

std::optional<StatementSample> SampleOf(const Recording& recording, std::vector<const RecordedStatement*> executions) {
  std::erase_if(executions, [](const RecordedStatement* each) { return !each->bind && !each->parameters.empty(); });
  if (executions.empty()) return std::nullopt;
  std::ranges::stable_sort(executions, {}, [](const RecordedStatement* each) { return TimeOf(*each); });
  const RecordedStatement& middle = *executions[executions.size() / 2];
  if (TimeOf(middle) < kLeastPlanNs) return std::nullopt;
  return AsSent(recording, middle);
}

// Of reads and of what looks for the rows that it changes: an INSERT has nothing to look for.
bool HasPlan(const Query& query) {
  if (query.query_class == QueryClass::kRead) return !query.reads.empty();
  const std::vector<Token> tokens = Tokenize(query.text);
  return query.query_class == QueryClass::kWrite && !tokens.empty() &&
         (SameWord(tokens[0].text, "update") || SameWord(tokens[0].text, "delete"));
}

}  // namespace

std::vector<const RecordedStatement*> InOrder(const Recording& recording) {
  // BuildExchange orders statements by their start.
  std::vector<const RecordedStatement*> recorded;
  for (const RecordedStatement& statement : recording.statements) recorded.push_back(&statement);
  std::ranges::stable_sort(recorded, {}, &RecordedStatement::start_ns);
  return recorded;
}

std::optional<StatementSample> AsSent(const Recording& recording, const RecordedStatement& statement) {
  if (!statement.bind && !statement.parameters.empty()) return std::nullopt;
  const std::vector<std::string_view> parts = SplitStatements(recording.texts[statement.text]);
  if (statement.part >= parts.size()) return std::nullopt;
  return StatementSample{.text = std::string(parts[statement.part]), .bind = statement.bind};
}

std::vector<StatementSample> SlowStatements(const Recording& recording, const Exchange& exchange) {
  const std::vector<size_t> typical = WarmRequests(exchange, TypicalSize(exchange));
  const auto total = [&](const std::vector<RequestAccount>& accounts) {
    return std::accumulate(typical.begin(), typical.end(), 0.0,
                           [&](double sum, size_t i) { return sum + static_cast<double>(accounts[i].db_ns); });
  };
  const double all = total(Account(exchange));
  std::vector<StatementSample> slow;
  for (auto& [query, executions] : TypicalExecutions(recording, exchange)) {
    const Query& asked = exchange.queries[query];
    if (!HasPlan(asked)) continue;
    const double time = total(AccountQuery(exchange, query));
    if (time < all * kLeastPlanShare) continue;
    auto sample = SampleOf(recording, std::move(executions));
    if (!sample) continue;
    sample->query = query;
    sample->request_ns = time / static_cast<double>(typical.size());
    slow.push_back(*std::move(sample));
  }
  std::ranges::stable_sort(slow, std::greater(), &StatementSample::request_ns);
  return slow;
}

}  // namespace hone::sql
