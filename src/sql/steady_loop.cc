#include "sql/steady_loop.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "sql/analysis.h"
#include "sql/growth.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

constexpr size_t kMostLoops = 3;
constexpr size_t kMostSources = 3;
constexpr int64_t kLeastSourceRows = 3;

// Whether it runs several times with other parameters and is not known to grow.
bool IsSteady(const Exchange& exchange, uint32_t query) {
  if (!IsWork(exchange.queries[query].query_class)) return false;
  const Growth growth = JudgeGrowth(exchange, query);
  return !growth.same_parameters && !growth.against;
}

// With the warm request that makes the most calls.
SteadyLoop MostCalls(const Exchange& exchange, uint32_t query) {
  SteadyLoop most{.query = query};
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  for (const size_t request : WarmRequests(exchange)) {
    if (accounts[request].round_trips <= most.calls) continue;
    most.request = request;
    most.calls = accounts[request].round_trips;
  }
  return most;
}

// What returned rows before the loop began, and runs with one set of parameters only: each once, in order.
std::vector<LoopSource> SourcesOf(const Recording& recording, const Exchange& exchange, const SteadyLoop& loop) {
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  std::map<uint32_t, size_t> first;  // by query: index into the exchange's statements
  std::vector<uint32_t> several;
  bool begun = false;
  for (size_t i = 0; i < exchange.statements.size() && i < recorded.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    if (statement.request != static_cast<int32_t>(loop.request) || statement.background) continue;
    begun = begun || statement.query == loop.query;
    if (!begun) first.try_emplace(statement.query, i);
    const auto known = first.find(statement.query);
    if (known == first.end()) continue;
    const Statement& before = exchange.statements[known->second];
    if (before.parameters != statement.parameters || before.text_token != statement.text_token)
      several.push_back(statement.query);
  }
  std::vector<size_t> in_order;
  for (const auto& [query, i] : first) in_order.push_back(i);
  std::ranges::sort(in_order);
  std::vector<LoopSource> sources;
  for (const size_t i : in_order) {
    const Statement& statement = exchange.statements[i];
    const bool whole = statement.executed && !statement.fetch && statement.sqlstate.empty() && statement.rows > 0 &&
                       exchange.queries[statement.query].query_class == QueryClass::kRead;
    if (!whole || std::ranges::find(several, statement.query) != several.end()) continue;
    auto sample = AsSent(recording, *recorded[i]);
    if (!sample) continue;
    sample->query = statement.query;
    sources.push_back({*std::move(sample), statement.rows});
  }
  return sources;
}

// Keeps the source that the loop's parameters come from, where it is known; where that runs in a loop itself, the one
// that its own come from.
void KeepCause(const Exchange& exchange, uint32_t loop, std::vector<LoopSource>& sources) {
  Provenance provenance = FindProvenance(exchange, loop);
  if (!IsCause(provenance)) return;
  const auto is_cause = [&](const LoopSource& each) { return each.statement.query == *provenance.source; };
  for (size_t i = 0; i < exchange.queries.size() && std::ranges::none_of(sources, is_cause); ++i) {
    Provenance outer = FindProvenance(exchange, *provenance.source);
    if (!IsCause(outer)) break;
    provenance = std::move(outer);
  }
  std::erase_if(sources, std::not_fn(is_cause));
}

}  // namespace

std::vector<SteadyLoop> FindSteadyLoops(const Recording& recording, const Exchange& exchange) {
  std::vector<SteadyLoop> loops;
  for (uint32_t query = 0; query < exchange.queries.size(); ++query) {
    SteadyLoop loop = MostCalls(exchange, query);
    if (static_cast<double>(loop.calls) < kLeastCalls || !IsSteady(exchange, query)) continue;
    loop.certain = IsCause(FindProvenance(exchange, query));
    loops.push_back(std::move(loop));
  }
  std::ranges::stable_sort(loops, {}, [](const SteadyLoop& loop) { return std::pair(!loop.certain, -loop.calls); });
  loops.resize(std::min(loops.size(), kMostLoops));
  for (SteadyLoop& loop : loops) {
    loop.sources = SourcesOf(recording, exchange, loop);
    std::erase_if(loop.sources, [&](const LoopSource& source) { return source.statement.query == loop.query; });
    if (!loop.certain) loop.holders.assign(loop.sources.rbegin(), loop.sources.rend());
    loop.holders.resize(std::min(loop.holders.size(), kMostSources));
    std::erase_if(loop.sources, [](const LoopSource& source) { return source.rows < kLeastSourceRows; });
    KeepCause(exchange, loop.query, loop.sources);
    std::ranges::stable_sort(loop.sources, {},
                             [&](const LoopSource& source) { return std::abs(source.rows - loop.calls); });
    loop.sources.resize(std::min(loop.sources.size(), kMostSources));
  }
  std::erase_if(loops, [](const SteadyLoop& loop) { return loop.sources.empty() && loop.holders.empty(); });
  return loops;
}

std::vector<int64_t> RowsToKeep(int64_t rows) {
  constexpr int64_t kMany = 8;
  if (rows < kLeastSourceRows) return {};
  return {rows, (rows + 1) / 2, rows >= kMany ? (rows + 3) / 4 : 1};
}

}  // namespace hone::sql
