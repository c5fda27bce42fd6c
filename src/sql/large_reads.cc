#include "sql/large_reads.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "sql/analysis.h"
#include "sql/existence.h"
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

bool Writes(const Exchange& exchange) {
  return std::ranges::any_of(exchange.statements, [&](const Statement& statement) {
    return statement.request != kNoRequest && !statement.background &&
           exchange.queries[statement.query].query_class == QueryClass::kWrite;
  });
}

// The last request of each set of values, that of the last one first.
std::vector<size_t> RequestsOfValues(const Exchange& exchange, const std::vector<size_t>& typical) {
  std::set<std::string_view> known;
  std::vector<size_t> requests;
  for (const size_t request : std::views::reverse(typical)) {
    if (known.insert(exchange.requests[request].variant).second) requests.push_back(request);
  }
  return requests;
}

int64_t LargestSize(const Exchange& exchange) {
  int64_t largest = 0;
  for (const RequestWindow& window : exchange.requests) largest = std::max(largest, window.size);
  return largest;
}

// What is larger is not read into memory to be looked at.
constexpr int64_t kMostReadBytes = int64_t{64} << 20;

bool IsLarge(const Statement& statement) {
  return statement.rows > 0 && statement.bytes <= kMostReadBytes &&
         (statement.bytes >= kLeastUnusedBytes || static_cast<double>(statement.rows) >= kLeastUnusedRows);
}

// Of more than `most` the first, the last, and those evenly between.
template <typename T>
void Spread(std::vector<T>& all, size_t most) {
  if (all.size() <= most || most < 2) return;
  for (size_t i = 0; i < most; ++i) all[i] = all[i * (all.size() - 1) / (most - 1)];
  all.resize(most);
}

// The reads that each request of a size executes once, with those of their executions that are `wanted`, the ones that
// return the most bytes first: `most` of them at most, from the largest to the least.
template <typename Wanted>
std::vector<LargeRead> SingleReads(const Recording& recording, const Exchange& exchange, int64_t size, size_t most,
                                   Wanted wanted) {
  const std::vector<size_t> typical = WarmRequests(exchange, size);
  if (typical.empty() || Writes(exchange)) return {};
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  const std::vector<size_t> requests = RequestsOfValues(exchange, typical);
  std::vector<LargeRead> reads;
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    if (exchange.queries[query].query_class != QueryClass::kRead) continue;
    const auto runs_once = [&](size_t request) { return OnlyExecution(exchange, query, request).has_value(); };
    if (!std::ranges::all_of(typical, runs_once)) continue;
    std::vector<std::pair<size_t, size_t>> executions;  // requests, and the statements' places
    for (const size_t request : requests) {
      const size_t place = *OnlyExecution(exchange, query, request);
      if (wanted(exchange.statements[place])) executions.emplace_back(request, place);
    }
    std::ranges::stable_sort(executions, std::greater(),
                             [&](const auto& execution) { return exchange.statements[execution.second].bytes; });
    Spread(executions, most);
    LargeRead large{.query = query};
    for (const auto& [request, place] : executions) {
      const Statement& statement = exchange.statements[place];
      auto sample = place < recorded.size() ? AsSent(recording, *recorded[place]) : std::nullopt;
      if (!sample) continue;
      sample->query = query;
      if (large.executions.empty()) large.bytes = statement.bytes;
      large.feeds_another =
          large.feeds_another || FeedsAnother(exchange, query, request, static_cast<double>(statement.rows));
      large.executions.push_back({{*std::move(sample), statement.rows}, request});
    }
    if (!large.executions.empty()) reads.push_back(std::move(large));
  }
  return reads;
}

}  // namespace

std::vector<LargeRead> LargeReads(const Recording& recording, const Exchange& exchange) {
  std::vector<LargeRead> reads = SingleReads(recording, exchange, TypicalSize(exchange), kMostTriedValues, IsLarge);
  // A list may be asked for with few of what it can have many of.
  if (const int64_t largest = LargestSize(exchange); reads.empty() && largest > TypicalSize(exchange))
    reads = SingleReads(recording, exchange, largest, kMostTriedValues, IsLarge);
  std::ranges::stable_sort(reads, std::greater(), &LargeRead::bytes);
  return reads;
}

std::vector<LargeRead> CountingReads(const Recording& recording, const Exchange& exchange) {
  std::vector<bool> counts;
  for (const Query& query : exchange.queries) counts.push_back(CountedRows(query.text).has_value());
  return SingleReads(recording, exchange, TypicalSize(exchange), kMostCountedValues,
                     [&](const Statement& statement) { return counts[statement.query]; });
}

}  // namespace hone::sql
