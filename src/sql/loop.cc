#include "sql/loop.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace hone::sql {
namespace {

// By request; those that were sent behind an unanswered one left out.
std::vector<std::set<uint32_t>> TripsByRequest(const Exchange& exchange, uint32_t query) {
  std::vector<std::set<uint32_t>> trips(exchange.requests.size());
  for (const Statement& statement : exchange.statements) {
    if (statement.IsCall(query) && !exchange.round_trips[statement.round_trip].overlapped)
      trips[static_cast<size_t>(statement.request)].insert(statement.round_trip);
  }
  return trips;
}

double OverlapOfTrips(const Exchange& exchange, const std::set<uint32_t>& trips) {
  std::vector<std::pair<base::Nanos, base::Nanos>> spans;
  base::Nanos sum = 0;
  for (const uint32_t trip : trips) {
    spans.emplace_back(exchange.round_trips[trip].start_ns, exchange.round_trips[trip].end_ns);
    sum += spans.back().second - spans.back().first;
  }
  std::ranges::sort(spans);
  base::Nanos covered = 0;
  base::Nanos covered_to = 0;
  for (const auto& [start, end] : spans) {
    covered += std::max<base::Nanos>(0, end - std::max(start, covered_to));
    covered_to = std::max(covered_to, end);
  }
  return sum > 0 ? 1 - static_cast<double>(covered) / static_cast<double>(sum) : 0;
}

}  // namespace

std::set<uint32_t> TripsOf(const Exchange& exchange, uint32_t query) {
  const std::vector<std::set<uint32_t>> trips = TripsByRequest(exchange, query);
  std::set<uint32_t> all;
  for (const size_t i : WarmRequests(exchange)) all.insert(trips[i].begin(), trips[i].end());
  return all;
}

Points TripsAgainst(const Exchange& exchange, const std::vector<uint32_t>& queries, const Against& against) {
  std::vector<std::set<uint32_t>> trips(exchange.requests.size());
  for (const uint32_t query : queries) {
    const std::vector<std::set<uint32_t>> more = TripsByRequest(exchange, query);
    for (size_t i = 0; i < trips.size(); ++i) trips[i].insert(more[i].begin(), more[i].end());
  }
  Points points;
  if (queries.empty()) return points;
  points.x = CallsAgainst(exchange, queries[0], against).x;
  for (const size_t i : WarmRequests(exchange)) points.y.push_back(static_cast<double>(trips[i].size()));
  return points;
}

std::optional<stats::Line> PowerLaw(const Points& points) {
  Points logarithms;
  for (size_t i = 0; i < points.x.size(); ++i) {
    if (points.x[i] < 1 || points.y[i] < 1) continue;
    logarithms.x.push_back(std::log(points.x[i]));
    logarithms.y.push_back(std::log(points.y[i]));
  }
  return stats::LeastSquares(logarithms.x, logarithms.y);
}

int64_t Chunks::Roundest() const {
  for (const int64_t step : {100, 10, 5}) {
    const int64_t multiple = (least + step - 1) / step * step;
    if (Holds(multiple) && multiple > 0) return multiple;
  }
  return least;
}

Chunks ChunksOf(const Points& points) {
  constexpr int64_t kLargestChunk = 10'000;
  Chunks chunks;
  if (points.x.empty()) return chunks;
  const double most = std::ranges::max(points.x);
  const auto largest = static_cast<int64_t>(std::min(most, static_cast<double>(kLargestChunk)));
  for (int64_t chunk = 2; chunk <= largest; ++chunk) {
    const auto rest = [&](size_t i) { return points.y[i] - std::ceil(points.x[i] / static_cast<double>(chunk)); };
    bool exact = rest(0) >= 0;
    for (size_t i = 1; exact && i < points.x.size(); ++i) exact = rest(i) == rest(0);
    if (exact && chunks.least == 0) chunks.least = chunk;
    if (!exact && chunks.least != 0) break;
    if (exact) chunks.most = chunk;
  }
  return chunks;
}

std::vector<double> StatementsPerTrip(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<std::set<uint32_t>> trips = TripsByRequest(exchange, query);
  std::vector<double> means;
  for (const size_t i : requests) {
    double statements = 0;
    for (const uint32_t trip : trips[i]) statements += exchange.round_trips[trip].statements;
    means.push_back(trips[i].empty() ? 0 : statements / static_cast<double>(trips[i].size()));
  }
  return means;
}

std::vector<double> OverlapOf(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<std::set<uint32_t>> trips = TripsByRequest(exchange, query);
  std::vector<double> shares;
  for (const size_t i : requests) shares.push_back(OverlapOfTrips(exchange, trips[i]));
  return shares;
}

std::vector<double> ConnectionsOf(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<std::set<uint32_t>> trips = TripsByRequest(exchange, query);
  std::vector<double> counts;
  for (const size_t i : requests) {
    std::set<uint32_t> connections;
    for (const uint32_t trip : trips[i]) connections.insert(exchange.round_trips[trip].connection);
    counts.push_back(static_cast<double>(connections.size()));
  }
  return counts;
}

Share InTransaction(const Exchange& exchange, uint32_t query) {
  Share result;
  int64_t within = 0;
  for (const Statement& statement : exchange.statements) {
    if (!statement.IsCall(query)) continue;
    const RequestWindow& request = exchange.requests[static_cast<size_t>(statement.request)];
    if (request.cold || !request.ok || !statement.executed) continue;
    ++result.of;
    within += statement.in_transaction ? 1 : 0;
  }
  result.share = result.of > 0 ? static_cast<double>(within) / static_cast<double>(result.of) : 0;
  return result;
}

std::vector<double> RowsOfCalls(const Exchange& exchange, uint32_t query) {
  std::vector<double> rows;
  for (const Statement& statement : exchange.statements) {
    if (!statement.IsCall(query)) continue;
    const RequestWindow& request = exchange.requests[static_cast<size_t>(statement.request)];
    if (!request.cold && request.ok) rows.push_back(static_cast<double>(statement.rows));
  }
  return rows;
}

size_t VaryingParameters(const Exchange& exchange, uint32_t query) {
  std::map<int32_t, std::vector<std::set<uint32_t>>> values;  // by request and parameter
  for (const Statement& statement : exchange.statements) {
    if (statement.query != query || statement.request == kNoRequest || statement.background) continue;
    if (exchange.requests[static_cast<size_t>(statement.request)].cold) continue;
    auto& of_request = values[statement.request];
    of_request.resize(std::max(of_request.size(), statement.parameters.size()));
    for (size_t p = 0; p < statement.parameters.size(); ++p) of_request[p].insert(statement.parameters[p]);
  }
  size_t most = 0;
  for (const auto& [request, parameters] : values) {
    const auto varying = std::ranges::count_if(parameters, [](const auto& seen) { return seen.size() > 1; });
    most = std::max(most, static_cast<size_t>(varying));
  }
  return most;
}

bool IsRepeatable(const Exchange& exchange, uint32_t query) {
  // Without what only asks what the statement is: that hangs on the driver's cache and connection.
  const std::vector<std::set<uint32_t>> calls = TripsByRequest(exchange, query);
  std::map<std::pair<int64_t, std::string>, size_t> known;
  bool asked_twice = false;
  for (const size_t i : WarmRequests(exchange)) {
    const RequestWindow& request = exchange.requests[i];
    const auto [it, is_new] = known.try_emplace({request.size, request.variant}, calls[i].size());
    if (it->second != calls[i].size()) return false;
    asked_twice = asked_twice || !is_new;
  }
  return asked_twice;
}

}  // namespace hone::sql
