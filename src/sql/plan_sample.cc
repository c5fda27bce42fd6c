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

// Of a transaction that wrote more before a statement nothing is run again.
constexpr size_t kMostReplayed = 50;

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

// What the transaction of `last` wrote before it, as far as it can be run again: all of it or nothing.
std::vector<StatementSample> WrittenBefore(const Recording& recording, const Exchange& exchange,
                                           const RecordedStatement& last) {
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  std::vector<StatementSample> before;
  const auto end = std::ranges::find(recorded, &last);
  if (!last.in_transaction || end == recorded.end()) return before;
  for (auto each = std::make_reverse_iterator(end); each != recorded.rend(); ++each) {
    const RecordedStatement& statement = **each;
    if (statement.connection != last.connection) continue;
    if (!statement.in_transaction) break;
    const size_t index = static_cast<size_t>(std::distance(each, recorded.rend())) - 1;
    const bool writes = exchange.queries[exchange.statements[index].query].query_class == QueryClass::kWrite;
    if (!writes || !statement.executed || statement.fetch || !statement.sqlstate.empty()) continue;
    auto sample = AsSent(recording, statement);
    if (!sample || before.size() == kMostReplayed) return {};
    before.push_back(*std::move(sample));
  }
  std::ranges::reverse(before);
  return before;
}

// The execution with the middle time of those that can be run again; nullptr: there is none.
const RecordedStatement* Middle(std::vector<const RecordedStatement*> executions) {
  std::erase_if(executions, [](const RecordedStatement* each) { return !each->bind && !each->parameters.empty(); });
  if (executions.empty()) return nullptr;
  std::ranges::stable_sort(executions, {}, [](const RecordedStatement* each) { return TimeOf(*each); });
  return executions[executions.size() / 2];
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
    const RecordedStatement* middle = Middle(std::move(executions));
    const bool brief = middle != nullptr && TimeOf(*middle) < kLeastPlanNs;
    if (brief && (asked.query_class == QueryClass::kWrite || TimeOf(*middle) < kLeastBriefNs)) continue;
    auto sample = middle != nullptr ? AsSent(recording, *middle) : std::nullopt;
    if (!sample) continue;
    sample->query = query;
    sample->brief = brief;
    if (asked.query_class == QueryClass::kWrite) sample->before = WrittenBefore(recording, exchange, *middle);
    sample->request_ns = time / static_cast<double>(typical.size());
    slow.push_back(*std::move(sample));
  }
  std::ranges::stable_sort(slow, std::greater(), &StatementSample::request_ns);
  return slow;
}

}  // namespace hone::sql
