#include "sql/transaction.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "sql/analysis.h"
#include "sql/thresholds.h"

namespace hone::sql {
namespace {

// The round trips of one connection in one request, by start; the last statement of each and whether it began within a
// transaction.
struct Step {
  const RoundTrip* trip = nullptr;
  std::optional<uint32_t> query = {};
  std::optional<bool> in_transaction = {};  // unknown where it holds no statement
};
using Steps = std::map<std::pair<int32_t, uint32_t>, std::vector<Step>>;

Steps StepsOf(const Exchange& exchange) {
  std::vector<Step> all;
  for (const RoundTrip& trip : exchange.round_trips) all.push_back({.trip = &trip, .query = {}, .in_transaction = {}});
  for (const Statement& statement : exchange.statements) {
    Step& step = all[statement.round_trip];
    step.query = statement.query;
    step.in_transaction = statement.in_transaction;
  }
  Steps steps;
  for (const Step& step : all) {
    if (step.trip->request != kNoRequest && !step.trip->background)
      steps[{step.trip->request, step.trip->connection}].push_back(step);
  }
  for (auto& [where, of] : steps) {
    std::ranges::stable_sort(of, {}, [](const Step& step) { return step.trip->start_ns; });
    // What only prepares is in a transaction if what follows is.
    for (size_t i = of.size(); i-- > 1;) {
      if (!of[i - 1].in_transaction) of[i - 1].in_transaction = of[i].in_transaction;
    }
  }
  return steps;
}

using Gap = std::function<void(size_t request, const std::vector<Step>& steps, size_t next, const IdleGap& gap)>;

// Calls `gap` for each time between two round trips within a transaction.
void ForEachGap(const Exchange& exchange, const Gap& gap) {
  for (const auto& [where, steps] : StepsOf(exchange)) {
    const auto request = static_cast<size_t>(where.first);
    const base::Nanos end = exchange.requests[request].end_ns;
    for (size_t i = 1; i < steps.size(); ++i) {
      if (!steps[i].in_transaction.value_or(false)) continue;
      const IdleGap idle{request, std::min(steps[i - 1].trip->end_ns, end), std::min(steps[i].trip->start_ns, end)};
      if (idle.end_ns > idle.start_ns) gap(request, steps, i, idle);
    }
  }
}

}  // namespace

std::vector<IdleGap> IdleGaps(const Exchange& exchange) {
  std::vector<IdleGap> gaps;
  ForEachGap(exchange, [&](size_t, const std::vector<Step>&, size_t, const IdleGap& gap) { gaps.push_back(gap); });
  return gaps;
}

std::vector<double> IdleInTransaction(const Exchange& exchange, const std::vector<size_t>& requests) {
  return LongIdleInTransaction(exchange, requests, 0);
}

std::vector<double> LongIdleInTransaction(const Exchange& exchange, const std::vector<size_t>& requests,
                                          base::Nanos least) {
  std::vector<double> idle(exchange.requests.size());
  for (const IdleGap& gap : IdleGaps(exchange)) {
    const base::Nanos lasts = gap.end_ns - gap.start_ns;
    if (lasts >= least) idle[gap.request] += static_cast<double>(lasts);
  }
  std::vector<double> chosen;
  for (const size_t i : requests) chosen.push_back(idle[i]);
  return chosen;
}

bool IsSurelyIdle(const Exchange& exchange) {
  const std::vector<double> idle =
      LongIdleInTransaction(exchange, WarmRequests(exchange, TypicalSize(exchange)), kLeastIdleGapNs);
  return idle.size() >= kLeastRequests && std::ranges::min(idle) >= kSurelyIdleNs;
}

std::optional<uint32_t> LastBeforeIdling(const Exchange& exchange, const std::vector<size_t>& requests,
                                         const std::function<int64_t(const IdleGap&)>& weight) {
  std::map<uint32_t, int64_t> behind;
  ForEachGap(exchange, [&](size_t request, const std::vector<Step>& steps, size_t next, const IdleGap& gap) {
    if (std::ranges::find(requests, request) == requests.end()) return;
    const auto is_work = [&](const Step& step) {
      return step.query && exchange.queries[*step.query].query_class != QueryClass::kControl;
    };
    // The statement before, else the one behind, else whatever was before.
    const Step& chosen = is_work(steps[next - 1]) || !is_work(steps[next]) ? steps[next - 1] : steps[next];
    const int64_t weighs = weight ? weight(gap) : gap.end_ns - gap.start_ns;
    if (chosen.query && weighs > 0) behind[*chosen.query] += weighs;
  });
  if (behind.empty()) return std::nullopt;
  return std::ranges::max_element(behind, {}, &std::pair<const uint32_t, int64_t>::second)->first;
}

}  // namespace hone::sql
