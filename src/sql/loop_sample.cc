#include "sql/loop_sample.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sql/plan_sample.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

// The executions of one query that can be made again, by warm request.
using CallsByParent = std::map<int32_t, std::vector<const RecordedStatement*>>;

std::map<uint32_t, CallsByParent> CallsOf(const Recording& recording, const Exchange& exchange,
                                          const std::vector<uint32_t>& queries) {
  const std::vector<const RecordedStatement*> recorded = InOrder(recording);
  std::map<uint32_t, CallsByParent> calls;
  for (size_t i = 0; i < exchange.statements.size() && i < recorded.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    const bool again = statement.request != kNoRequest && !statement.background && statement.executed &&
                       !statement.fetch && statement.sqlstate.empty() && recorded[i]->bind != nullptr;
    if (!again || std::ranges::find(queries, statement.query) == queries.end()) continue;
    const RequestWindow& request = exchange.requests[static_cast<size_t>(statement.request)];
    if (request.ok && !request.cold) calls[statement.query][statement.request].push_back(recorded[i]);
  }
  return calls;
}

std::vector<uint32_t> VaryingOf(const std::vector<std::shared_ptr<const RecordedBind>>& calls) {
  std::vector<uint32_t> varying;
  for (size_t p = 0; !calls.empty() && p < calls[0]->values.size(); ++p) {
    const bool differs = std::ranges::any_of(
        calls, [&](const auto& call) { return call->values.size() > p && call->values[p] != calls[0]->values[p]; });
    if (differs) varying.push_back(static_cast<uint32_t>(p) + 1);
  }
  return varying;
}

std::optional<LoopSample> SampleOf(const Recording& recording, const CallsByParent& calls) {
  const auto most = std::ranges::max_element(calls, {}, [](const auto& entry) { return entry.second.size(); });
  if (most == calls.end()) return std::nullopt;
  const RecordedStatement& first = *most->second.front();
  LoopSample sample;
  std::set<std::vector<std::optional<std::string>>> known;
  for (const RecordedStatement* call : most->second) {
    if (call->text != first.text || call->part != first.part) return std::nullopt;
    if (call->bind->values.size() != first.bind->values.size()) return std::nullopt;
    if (sample.calls.size() < kMostCallsOfSample && known.insert(call->bind->values).second)
      sample.calls.push_back(call->bind);
  }
  auto sent = AsSent(recording, first);
  sample.varying = VaryingOf(sample.calls);
  if (!sent || sample.varying.empty()) return std::nullopt;
  sample.text = std::move(sent->text);
  return sample;
}

}  // namespace

std::vector<LoopSample> LoopSamples(const Recording& recording, const Exchange& exchange,
                                    const std::vector<uint32_t>& queries) {
  std::vector<LoopSample> samples;
  for (const auto& [query, calls] : CallsOf(recording, exchange, queries)) {
    if (exchange.queries[query].query_class != QueryClass::kRead) continue;
    auto sample = SampleOf(recording, calls);
    if (!sample) continue;
    sample->query = query;
    samples.push_back(*std::move(sample));
  }
  return samples;
}

}  // namespace hone::sql
