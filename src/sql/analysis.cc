#include "sql/analysis.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "sql/thresholds.h"

namespace hone::sql {
namespace {

bool Counts(const Statement& statement) { return statement.request != kNoRequest && !statement.background; }

// The executions of `query`, by request.
std::vector<std::vector<const Statement*>> Executions(const Exchange& exchange, uint32_t query) {
  std::vector<std::vector<const Statement*>> executions(exchange.requests.size());
  for (const Statement& statement : exchange.statements) {
    if (Counts(statement) && statement.query == query && statement.executed && !statement.fetch) {
      executions[static_cast<size_t>(statement.request)].push_back(&statement);
    }
  }
  return executions;
}

// What makes two executions the same: the parameters, and the text where it holds values.
using Identity = std::pair<std::string, std::vector<uint32_t>>;
Identity IdentityOf(const Statement& statement) {
  return {statement.had_literals ? statement.text_token : std::string(), statement.parameters};
}

// Whether all of several executions share their value of parameter `p`: then it belongs to the request, not to its
// rows.
bool IsConstant(const std::vector<const Statement*>& executions, size_t p) {
  if (executions.size() < 2) return false;
  return std::ranges::all_of(executions, [&](const Statement* each) {
    return p < each->parameters.size() && each->parameters[p] == executions[0]->parameters[p];
  });
}

bool Touches(const std::vector<std::string>& written, const std::vector<std::string>& read) {
  return std::any_of(written.begin(), written.end(),
                     [&](const std::string& table) { return std::ranges::find(read, table) != read.end(); });
}

// What is neither a reading nor a known write (COPY, CALL) may have written, too.
bool MayWrite(const Query& query, const std::vector<std::string>& tables) {
  return query.query_class == QueryClass::kOther || Touches(query.writes, tables);
}

}  // namespace

std::vector<size_t> WarmRequests(const Exchange& exchange, std::optional<int64_t> size) {
  std::vector<size_t> warm;
  for (size_t i = 0; i < exchange.requests.size(); ++i) {
    const RequestWindow& request = exchange.requests[i];
    if (!request.cold && request.ok && (!size || request.size == *size)) warm.push_back(i);
  }
  return warm;
}

std::vector<int64_t> Sizes(const Exchange& exchange) {
  std::set<int64_t> sizes;
  for (const size_t i : WarmRequests(exchange)) sizes.insert(exchange.requests[i].size);
  return {sizes.begin(), sizes.end()};
}

int64_t TypicalSize(const Exchange& exchange) {
  const std::vector<int64_t> sizes = Sizes(exchange);
  if (sizes.empty() || std::ranges::find(sizes, exchange.default_size) != sizes.end()) return exchange.default_size;
  return sizes[(sizes.size() - 1) / 2];
}

std::optional<uint32_t> FindQuery(const Exchange& exchange, std::string_view id) {
  for (size_t i = 0; i < exchange.queries.size(); ++i) {
    if (exchange.queries[i].id == id) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

std::string Name(const Exchange& exchange, const Against& against) {
  switch (against.kind) {
    case RowSource::kQuery:
      return exchange.queries[against.query].id;
    case RowSource::kOtherRows:
      return "other_rows";
    case RowSource::kAllRows:
      return "rows";
    case RowSource::kSize:
      return "size";
  }
  return {};
}

std::optional<Against> AgainstOf(const Exchange& exchange, std::string_view name) {
  if (name == "other_rows") return Against{RowSource::kOtherRows, 0};
  if (name == "rows") return Against{RowSource::kAllRows, 0};
  if (name == "size") return Against{RowSource::kSize, 0};
  const std::optional<uint32_t> query = FindQuery(exchange, name);
  if (!query) return std::nullopt;
  return Against{RowSource::kQuery, *query};
}

Points CallsAgainst(const Exchange& exchange, uint32_t query, const Against& against) {
  const std::vector<RequestAccount> calls = AccountQuery(exchange, query);
  std::vector<RequestAccount> rows;
  if (against.kind == RowSource::kQuery) rows = AccountQuery(exchange, against.query);
  if (against.kind == RowSource::kAllRows || against.kind == RowSource::kOtherRows) rows = Account(exchange);
  if (against.kind == RowSource::kOtherRows) {
    for (size_t i = 0; i < rows.size(); ++i) rows[i].rows -= calls[i].rows;
  }
  Points points;
  for (const size_t i : WarmRequests(exchange)) {
    const int64_t x = against.kind == RowSource::kSize ? exchange.requests[i].size : rows[i].rows;
    points.x.push_back(static_cast<double>(x));
    points.y.push_back(static_cast<double>(calls[i].round_trips));
  }
  return points;
}

std::vector<double> RowsListed(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  std::vector<double> listed;
  for (const Statement& statement : exchange.statements) {
    const bool asked = std::ranges::find(requests, static_cast<size_t>(statement.request)) != requests.end();
    if (statement.IsCall(query) && asked && statement.rows_listed >= 0)
      listed.push_back(static_cast<double>(statement.rows_listed));
  }
  return listed;
}

bool FeedsAnother(const Exchange& exchange, uint32_t query, size_t request, double rows) {
  double executions = 0;
  for (const Statement& statement : exchange.statements) {
    if (statement.request != static_cast<int32_t>(request) || statement.background || statement.query == query)
      continue;
    ++executions;
    if (2 * static_cast<double>(std::max(statement.list_items, statement.array_items)) >= rows) return true;
  }
  return 2 * executions >= rows;
}

std::vector<double> Repeats(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<std::string>& reads = exchange.queries[query].reads;
  std::vector<double> repeats(exchange.requests.size());
  // By request: what was read and not written since. Reading again within a transaction is another reading.
  std::map<int32_t, std::set<std::pair<bool, Identity>>> known;
  for (const Statement& statement : exchange.statements) {
    if (!Counts(statement) || !statement.executed || statement.fetch) continue;
    auto& of_request = known[statement.request];
    if (statement.query == query) {
      if (!of_request.emplace(statement.in_transaction, IdentityOf(statement)).second)
        ++repeats[static_cast<size_t>(statement.request)];
    } else if (MayWrite(exchange.queries[statement.query], reads)) {
      of_request.clear();
    }
  }
  std::vector<double> chosen;
  for (const size_t i : requests) chosen.push_back(repeats[i]);
  return chosen;
}

bool MayReadWhatItWrote(const Exchange& exchange, uint32_t query) {
  const std::vector<std::string>& reads = exchange.queries[query].reads;
  std::map<int32_t, std::map<Identity, int>> known;  // by request: writes before what was read, when it was first
  std::map<int32_t, int> writes;
  std::set<int32_t> reading;
  for (const Statement& statement : exchange.statements) {
    if (!Counts(statement) || !statement.executed || statement.fetch || !statement.sqlstate.empty()) continue;
    const int before = writes[statement.request];
    if (statement.query == query) {
      const auto [first, is_new] = known[statement.request].try_emplace(IdentityOf(statement), before);
      if (!is_new && first->second < before) reading.insert(statement.request);
    } else if (MayWrite(exchange.queries[statement.query], reads)) {
      ++writes[statement.request];
    }
  }
  return reading.size() > 1;
}

std::vector<double> DistinctParameters(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const auto executions = Executions(exchange, query);
  std::vector<double> distinct;
  for (const size_t i : requests) {
    std::set<Identity> identities;
    for (const Statement* statement : executions[i]) identities.insert(IdentityOf(*statement));
    distinct.push_back(static_cast<double>(identities.size()));
  }
  return distinct;
}

Provenance FindProvenance(const Exchange& exchange, uint32_t query, bool by_coverage) {
  const auto executions = Executions(exchange, query);
  using Column = std::tuple<size_t, uint32_t, uint16_t>;  // parameter, source query, its column
  std::map<Column, int64_t> hits;
  std::map<Column, int64_t> used;  // different values, by request, that became the parameter
  std::map<std::pair<uint32_t, uint16_t>, int64_t> available;  // different values, by request, of the column
  std::map<size_t, int64_t> totals;
  std::vector<std::vector<const Statement*>> sources(exchange.requests.size());
  for (const Statement& statement : exchange.statements) {
    if (Counts(statement) && statement.query != query && !statement.row_values.empty()) {
      sources[static_cast<size_t>(statement.request)].push_back(&statement);
    }
  }
  for (const size_t i : WarmRequests(exchange)) {
    // When each value was first seen in each column.
    std::map<uint32_t, std::map<std::pair<uint32_t, uint16_t>, base::Nanos>> seen;
    for (const Statement* source : sources[i]) {
      for (const RowValue& value : source->row_values) {
        const auto [it, is_new] = seen[value.token].try_emplace({source->query, value.column}, source->end_ns);
        if (!is_new) it->second = std::min(it->second, source->end_ns);
      }
    }
    if (executions[i].empty()) continue;
    for (const auto& [token, columns] : seen) {
      for (const auto& [column, first] : columns) ++available[column];
    }
    std::map<Column, std::set<uint32_t>> met;
    for (const Statement* execution : executions[i]) {
      for (size_t p = 0; p < execution->parameters.size(); ++p) {
        if (IsConstant(executions[i], p)) continue;
        ++totals[p];
        const auto it = seen.find(execution->parameters[p]);
        if (it == seen.end()) continue;
        for (const auto& [column, first] : it->second) {
          if (first > execution->start_ns) continue;
          ++hits[{p, column.first, column.second}];
          met[{p, column.first, column.second}].insert(execution->parameters[p]);
        }
      }
    }
    for (const auto& [column, values] : met) used[column] += static_cast<int64_t>(values.size());
  }
  Provenance best;
  for (const auto& [column, count] : hits) {
    const int64_t total = totals[std::get<0>(column)];
    const double share = static_cast<double>(count) / static_cast<double>(total);
    const double coverage =
        static_cast<double>(used[column]) / static_cast<double>(available[{std::get<1>(column), std::get<2>(column)}]);
    if (share > best.share || (by_coverage && share == best.share && coverage > best.coverage))
      best = {.share = share, .values = total, .source = std::get<1>(column), .coverage = coverage};
  }
  if (!best.source && !totals.empty()) best.values = totals.begin()->second;
  return best;
}

int64_t LiteralTexts(const Exchange& exchange, uint32_t query) {
  std::set<std::string> texts;
  for (const Statement& statement : exchange.statements) {
    if (Counts(statement) && statement.query == query && statement.protocol == Protocol::kSimple &&
        statement.had_literals) {
      texts.insert(statement.text_token);
    }
  }
  return static_cast<int64_t>(texts.size());
}

bool TextsVary(const Exchange& exchange, uint32_t query) {
  std::map<int32_t, std::set<std::string>> of_request;
  for (const Statement& statement : exchange.statements) {
    if (Counts(statement) && statement.query == query && statement.protocol == Protocol::kSimple &&
        statement.had_literals) {
      of_request[statement.request].insert(statement.text_token);
    }
  }
  return std::ranges::any_of(of_request, [&](const auto& one) { return one.second != of_request.begin()->second; });
}

int64_t LoopbackTrip(const Exchange& exchange) {
  int64_t shortest = std::numeric_limits<int64_t>::max();
  for (const RoundTrip& trip : exchange.round_trips) {
    const bool executed = trip.kind == TripKind::kExecute || trip.kind == TripKind::kSimple;
    if (executed && trip.request != kNoRequest && !trip.overlapped)
      shortest = std::min(shortest, trip.end_ns - trip.start_ns);
  }
  return shortest == std::numeric_limits<int64_t>::max() ? 0 : shortest;
}

std::vector<InARow> CallsInARow(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  const auto executions = Executions(exchange, query);
  std::vector<InARow> all;
  for (const size_t i : requests) {
    double one_by_one = 0;
    std::map<uint32_t, base::Nanos> trips;  // a trip's length, by its index
    for (const Statement* statement : executions[i]) {
      base::Nanos& length = trips[statement->round_trip];
      length = std::max(length, statement->end_ns - statement->start_ns);
    }
    for (const auto& [trip, length] : trips) one_by_one += static_cast<double>(length);
    InARow& request = all.emplace_back();
    request.trips = static_cast<double>(trips.size());
    request.calls = static_cast<double>(accounts[i].round_trips);
    // Round trips of one execution: more than one where the driver asks each time what the statement is.
    request.each = trips.empty() ? 1 : std::max(1.0, request.calls / request.trips);
    request.share = one_by_one > 0 ? std::min(1.0, static_cast<double>(accounts[i].db_ns) / one_by_one) : 1;
  }
  return all;
}

std::vector<double> SavedTime(const Exchange& exchange, uint32_t query, bool repeated, int64_t round_trip_ns,
                              const std::vector<size_t>& requests) {
  const std::vector<double> distinct = DistinctParameters(exchange, query, requests);
  const std::vector<InARow> calls = CallsInARow(exchange, query, requests);
  std::vector<double> saved;
  for (size_t k = 0; k < requests.size(); ++k) {
    const double needed = calls[k].each * (repeated ? std::max(1.0, distinct[k]) : 1);
    saved.push_back(std::max(0.0, (calls[k].calls - needed) * calls[k].share * static_cast<double>(round_trip_ns)));
  }
  return saved;
}

std::vector<double> DriverGaps(const Exchange& exchange) {
  std::vector<double> gaps;
  std::map<int32_t, base::Nanos> ends;  // of the last round trip, by request
  for (const RoundTrip& trip : exchange.round_trips) {
    if (trip.request == kNoRequest || trip.background) continue;
    const auto [it, is_first] = ends.try_emplace(trip.request, trip.end_ns);
    if (is_first) continue;
    const RequestWindow& request = exchange.requests[static_cast<size_t>(trip.request)];
    const bool in_answer = trip.start_ns < request.end_ns && !request.cold && request.ok;
    if (trip.start_ns >= it->second && in_answer) gaps.push_back(static_cast<double>(trip.start_ns - it->second));
    it->second = std::max(it->second, trip.end_ns);
  }
  return gaps;
}

namespace {

// By request: the round trips that its answer waited for, those that ran side by side counted for the time that they
// took together.
std::vector<double> TripsInARow(const Exchange& exchange, const std::vector<RequestAccount>& accounts) {
  std::vector<double> trips(exchange.requests.size());
  std::vector<double> one_by_one(exchange.requests.size());
  for (const RoundTrip& trip : exchange.round_trips) {
    if (trip.request == kNoRequest || trip.background || trip.overlapped) continue;
    const auto i = static_cast<size_t>(trip.request);
    const base::Nanos end = std::min(trip.end_ns, exchange.requests[i].end_ns);
    if (trip.start_ns >= end) continue;
    ++trips[i];
    one_by_one[i] += static_cast<double>(end - trip.start_ns);
  }
  for (size_t i = 0; i < trips.size(); ++i) {
    if (one_by_one[i] > 0) trips[i] *= std::min(1.0, static_cast<double>(accounts[i].db_ns) / one_by_one[i]);
  }
  return trips;
}

}  // namespace

std::vector<Layers> LayersOf(const Exchange& exchange, const std::vector<size_t>& requests, int64_t driver_ns) {
  const int64_t driver_cpu_ns = std::min(driver_ns, kDriverCpuNsOfTrip);
  const std::vector<RequestAccount> accounts = Account(exchange);
  const std::vector<double> in_a_row = TripsInARow(exchange, accounts);
  std::vector<Layers> all;
  for (const size_t i : requests) {
    const RequestWindow& request = exchange.requests[i];
    const double trips = std::max(0.0, in_a_row[i] - static_cast<double>(request.transport_trips));
    Layers layers;
    layers.response = static_cast<double>(request.end_ns - request.start_ns);
    layers.db = static_cast<double>(accounts[i].db_ns);
    layers.pool = static_cast<double>(std::max<int64_t>(0, request.pool_wait_ns));
    layers.transport = static_cast<double>(std::max<int64_t>(0, request.transport_ns));
    const double rest = layers.response - layers.db - layers.pool - layers.transport;
    layers.logic = std::max(0.0, rest - trips * static_cast<double>(driver_ns));
    if (request.service_cpu_ns >= 0) {
      const double cpu = static_cast<double>(request.service_cpu_ns - request.transport_cpu_ns) -
                         trips * static_cast<double>(driver_cpu_ns);
      layers.cpu = std::clamp(cpu, 0.0, layers.logic);
    }
    all.push_back(layers);
  }
  return all;
}

}  // namespace hone::sql
