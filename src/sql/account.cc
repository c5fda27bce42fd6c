#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {
namespace {

using Span = std::pair<base::Nanos, base::Nanos>;

// The total length of the union of intervals: what runs in parallel counts once.
base::Nanos UnionLength(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end());
  base::Nanos total = 0;
  base::Nanos covered_to = 0;
  for (const auto& [start, end] : spans) {
    const base::Nanos from = std::max(start, covered_to);
    if (end > from) total += end - from;
    covered_to = std::max(covered_to, end);
  }
  return total;
}

void AddStatement(const Statement& statement, RequestAccount& account) {
  account.statements += statement.executed && !statement.fetch ? 1 : 0;
  account.rows += statement.rows;
  account.bytes += statement.bytes;
  account.errors += statement.sqlstate.empty() ? 0 : 1;
}

// What of a time the answer waited for: work behind the answer (a goroutine that goes on) is no part of it.
Span Within(const RequestWindow& request, base::Nanos start, base::Nanos end) {
  return {std::min(start, request.end_ns), std::min(end, request.end_ns)};
}

// By round trip: how many there are before it, on its connection and in its request, that only asked what its statement
// is. Drivers without a cache of statements (lib/pq) pay one for each execution.
std::vector<int64_t> DescribedBefore(const Exchange& exchange) {
  struct Asked {
    int32_t request = kNoRequest;
    int64_t trips = 0;
  };
  std::map<uint32_t, Asked> asked;  // by connection
  std::vector<int64_t> before(exchange.round_trips.size());
  for (size_t i = 0; i < exchange.round_trips.size(); ++i) {
    const RoundTrip& trip = exchange.round_trips[i];
    Asked& so_far = asked[trip.connection];
    if (so_far.request != trip.request) so_far = {trip.request, 0};
    if (trip.kind == TripKind::kDescribe) {
      so_far.trips += trip.overlapped || !trip.closed.empty() ? 0 : 1;
    } else {
      before[i] = std::exchange(so_far.trips, 0);
    }
  }
  return before;
}

bool IsFirstUse(TripKind kind) { return kind == TripKind::kPrepare || kind == TripKind::kStartup; }

}  // namespace

std::vector<RequestAccount> Account(const Exchange& exchange) {
  std::vector<RequestAccount> accounts(exchange.requests.size());
  std::vector<std::vector<Span>> spans(exchange.requests.size());
  for (const Statement& statement : exchange.statements) {
    if (statement.request != kNoRequest && !statement.background)
      AddStatement(statement, accounts[static_cast<size_t>(statement.request)]);
  }
  for (const RoundTrip& trip : exchange.round_trips) {
    if (trip.request == kNoRequest || trip.background) continue;
    const size_t request = static_cast<size_t>(trip.request);
    spans[request].push_back(Within(exchange.requests[request], trip.start_ns, trip.end_ns));
    if (trip.overlapped) continue;
    ++(IsFirstUse(trip.kind) ? accounts[request].prepare_trips : accounts[request].round_trips);
  }
  for (size_t i = 0; i < accounts.size(); ++i) accounts[i].db_ns = UnionLength(std::move(spans[i]));
  return accounts;
}

std::vector<RequestAccount> AccountQuery(const Exchange& exchange, uint32_t query) {
  std::vector<RequestAccount> accounts(exchange.requests.size());
  std::vector<std::vector<Span>> spans(exchange.requests.size());
  std::vector<bool> counted(exchange.round_trips.size());
  const std::vector<int64_t> described = DescribedBefore(exchange);
  for (const Statement& statement : exchange.statements) {
    if (statement.query != query || statement.request == kNoRequest || statement.background) continue;
    const size_t request = static_cast<size_t>(statement.request);
    AddStatement(statement, accounts[request]);
    spans[request].push_back(Within(exchange.requests[request], statement.start_ns, statement.end_ns));
    const RoundTrip& trip = exchange.round_trips[statement.round_trip];
    if (counted[statement.round_trip] || trip.overlapped) continue;
    counted[statement.round_trip] = true;
    accounts[request].round_trips += 1 + described[statement.round_trip];
  }
  for (size_t i = 0; i < accounts.size(); ++i) accounts[i].db_ns = UnionLength(std::move(spans[i]));
  return accounts;
}

}  // namespace hone::sql
