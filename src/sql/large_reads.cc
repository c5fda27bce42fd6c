#include "sql/large_reads.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "sql/analysis.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

// The execution of a request, where there is exactly one: an index into the exchange's statements.
std::optional<size_t> OnlyExecution(const Exchange& exchange, uint32_t query, size_t request) {
  std::optional<size_t> only;
  for (size_t i = 0; i < exchange.statements.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    if (!statement.IsCall(query) || statement.request != static_cast<int32_t>(request)) continue;
    if (only || !statement.executed || statement.fetch || !statement.sqlstate.empty()) return std::nullopt;
    only = i;
  }
  return only;
}

}  // namespace

std::vector<LargeRead> LargeReads(const Recording& recording, const Exchange& exchange) {
  const std::vector<size_t> typical = WarmRequests(exchange, TypicalSize(exchange));
  if (typical.empty()) return {};
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  std::vector<LargeRead> reads;
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    if (exchange.queries[query].query_class != QueryClass::kRead) continue;
    const auto runs_once = [&](size_t request) { return OnlyExecution(exchange, query, request).has_value(); };
    if (!std::ranges::all_of(typical, runs_once)) continue;
    const size_t last = *OnlyExecution(exchange, query, typical.back());
    const Statement& statement = exchange.statements[last];
    const auto rows = static_cast<double>(statement.rows);
    if (statement.rows == 0 || (statement.bytes < kLeastUnusedBytes && rows < kLeastUnusedRows)) continue;
    auto sample = last < recorded.size() ? AsSent(recording, *recorded[last]) : std::nullopt;
    if (!sample) continue;
    sample->query = query;
    reads.push_back({.read = {*std::move(sample), statement.rows},
                     .bytes = statement.bytes,
                     .request = typical.back(),
                     .feeds_another = FeedsAnother(exchange, query, typical.back(), rows)});
  }
  std::ranges::stable_sort(reads, std::greater(), &LargeRead::bytes);
  return reads;
}

}  // namespace hone::sql
