#include "sql/tree_walk.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "sql/analysis.h"

namespace hone::sql {
namespace {

using Calls = std::vector<const Statement*>;  // of one request, by start

std::map<size_t, Calls> CallsByRequest(const Exchange& exchange, uint32_t query) {
  std::map<size_t, Calls> calls;
  const std::vector<size_t> warm = WarmRequests(exchange);
  for (const Statement& statement : exchange.statements) {
    const bool counts = statement.IsCall(query) && statement.executed && !statement.fetch;
    if (!counts) continue;
    const auto request = static_cast<size_t>(statement.request);
    if (std::ranges::binary_search(warm, request)) calls[request].push_back(&statement);
  }
  return calls;
}

int64_t RowsOf(const Calls& calls) {
  int64_t rows = 0;
  for (const Statement* call : calls) rows += call->rows;
  return rows;
}

// Calls with no parameter that a column of the rows of calls that had ended before held.
int64_t Roots(const Calls& calls, uint16_t column) {
  return std::ranges::count_if(calls, [&](const Statement* call) {
    return std::ranges::none_of(calls, [&](const Statement* before) {
      return before->end_ns <= call->start_ns && std::ranges::any_of(before->row_values, [&](const RowValue& value) {
               return value.column == column &&
                      std::ranges::find(call->parameters, value.token) != call->parameters.end();
             });
    });
  });
}

bool IsWalk(const Calls& calls) {
  std::set<std::vector<uint32_t>> parameters;
  std::set<uint16_t> columns;
  for (const Statement* call : calls) {
    parameters.insert(call->parameters);
    for (const RowValue& value : call->row_values) columns.insert(value.column);
  }
  const int64_t roots = std::ssize(calls) - RowsOf(calls);
  if (parameters.size() != calls.size() || roots < 1) return false;
  return roots == std::ssize(calls) ||
         std::ranges::any_of(columns, [&](uint16_t column) { return Roots(calls, column) == roots; });
}

}  // namespace

bool WalksTree(const Exchange& exchange, uint32_t query) {
  const std::map<size_t, Calls> requests = CallsByRequest(exchange, query);
  const auto is_deep = [](const auto& request) { return 2 * RowsOf(request.second) >= std::ssize(request.second); };
  return std::ranges::any_of(requests, is_deep) &&
         std::ranges::all_of(requests, [](const auto& request) { return IsWalk(request.second); });
}

bool RunsAtEachNode(const Exchange& exchange, uint32_t query, uint32_t walker) {
  const std::map<size_t, Calls> walks = CallsByRequest(exchange, walker);
  std::map<size_t, Calls> calls = CallsByRequest(exchange, query);
  const auto all = [&](auto count) {
    return std::ranges::all_of(walks,
                               [&](const auto& walk) { return std::ssize(calls[walk.first]) == count(walk.second); });
  };
  return !calls.empty() && (all(RowsOf) || all([](const Calls& walk) { return int64_t{std::ssize(walk)}; }));
}

}  // namespace hone::sql
