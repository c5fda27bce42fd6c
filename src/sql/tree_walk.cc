#include "sql/tree_walk.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "sql/analysis.h"

namespace hone::sql {
namespace {

using NodeCalls = std::vector<const Statement*>;  // of one request, by start

std::map<size_t, NodeCalls> CallsByRequest(const Exchange& exchange, uint32_t query) {
  std::map<size_t, NodeCalls> calls;
  const std::vector<size_t> warm = WarmRequests(exchange);
  for (const Statement& statement : exchange.statements) {
    const bool counts = statement.IsCall(query) && statement.executed && !statement.fetch;
    if (!counts) continue;
    const auto request = static_cast<size_t>(statement.request);
    if (std::ranges::binary_search(warm, request)) calls[request].push_back(&statement);
  }
  return calls;
}

int64_t RowsOf(const NodeCalls& calls) {
  int64_t rows = 0;
  for (const Statement* call : calls) rows += call->rows;
  return rows;
}

// The positions of parameters that are not the same in all calls.
std::vector<size_t> Varying(const NodeCalls& calls) {
  std::vector<size_t> positions;
  for (size_t i = 0; i < calls.front()->parameters.size(); ++i) {
    const bool varies = std::ranges::any_of(calls, [&](const Statement* call) {
      return call->parameters.size() > i && call->parameters[i] != calls.front()->parameters[i];
    });
    if (varies) positions.push_back(i);
  }
  return positions;
}

// NodeCalls whose parameter no row of a call that had ended before held in that column.
int64_t Roots(const NodeCalls& calls, size_t position, uint16_t column) {
  return std::ranges::count_if(calls, [&](const Statement* call) {
    if (position >= call->parameters.size()) return true;
    const RowValue led = {column, call->parameters[position]};
    return std::ranges::none_of(calls, [&](const Statement* before) {
      return before->end_ns <= call->start_ns && std::ranges::binary_search(before->row_values, led);
    });
  });
}

bool IsWalk(const NodeCalls& calls) {
  std::set<std::vector<uint32_t>> parameters;
  std::set<uint16_t> columns;
  for (const Statement* call : calls) {
    parameters.insert(call->parameters);
    for (const RowValue& value : call->row_values) columns.insert(value.column);
  }
  const int64_t roots = std::ssize(calls) - RowsOf(calls);
  if (parameters.size() != calls.size() || roots < 1) return false;
  if (roots == std::ssize(calls)) return true;
  for (const size_t position : Varying(calls)) {
    const auto leads = [&](uint16_t column) { return Roots(calls, position, column) == roots; };
    if (std::ranges::any_of(columns, leads)) return true;
  }
  return false;
}

}  // namespace

bool WalksTree(const Exchange& exchange, uint32_t query) {
  const std::map<size_t, NodeCalls> requests = CallsByRequest(exchange, query);
  const auto is_deep = [](const auto& request) { return 2 * RowsOf(request.second) >= std::ssize(request.second); };
  return std::ranges::any_of(requests, is_deep) &&
         std::ranges::all_of(requests, [](const auto& request) { return IsWalk(request.second); });
}

bool RunsAtEachNode(const Exchange& exchange, uint32_t query, uint32_t walker) {
  const std::map<size_t, NodeCalls> walks = CallsByRequest(exchange, walker);
  std::map<size_t, NodeCalls> calls = CallsByRequest(exchange, query);
  const auto all = [&](auto count) {
    return std::ranges::all_of(walks,
                               [&](const auto& walk) { return std::ssize(calls[walk.first]) == count(walk.second); });
  };
  const auto walked = [&](const auto& request) { return walks.contains(request.first); };
  if (calls.empty() || !std::ranges::all_of(calls, walked)) return false;
  return (all(RowsOf) || all([](const NodeCalls& walk) { return int64_t{std::ssize(walk)}; }));
}

}  // namespace hone::sql
