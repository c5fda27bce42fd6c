// The bytes of "sql.exchange": JSON lines. The first names the format and holds the endpoint; each further one is an
// array whose first element tells what it is.
#include <fmt/format.h>

#include <array>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "sql/exchange.h"

namespace hone::sql {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kExchangeFormat = "hone.sql.exchange/1";
constexpr std::array<std::string_view, 3> kProtocols = {"simple", "unnamed", "prepared"};
constexpr std::array<std::string_view, 6> kTripKinds = {"execute", "simple", "prepare", "describe", "startup", "other"};
constexpr std::array<std::string_view, 5> kClasses = {"read", "write", "constant", "control", "other"};

template <typename Enum, size_t kSize>
std::string_view NameOf(const std::array<std::string_view, kSize>& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

// What Decode throws at itself; never leaves this file.
struct Malformed {
  std::string what;
};

template <typename Enum, size_t kSize>
Enum ValueOf(const std::array<std::string_view, kSize>& names, const Json& json) {
  const std::string name = json.get<std::string>();
  for (size_t i = 0; i < kSize; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  throw Malformed{"unknown name " + name};
}

void AppendLine(std::string& out, const Json& json) {
  // Texts of queries come from the client: bytes that are not UTF-8 are replaced.
  out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
}

Json ToJson(const RequestWindow& r) {
  return {"request",          r.size,           r.variant,       r.cold,         r.ok,
          r.status,           r.start_ns,       r.first_byte_ns, r.end_ns,       r.drained_ns,
          r.body_bytes,       r.service_cpu_ns, r.pool_wait_ns,  r.transport_ns, r.transport_trips,
          r.transport_cpu_ns, r.body_elements};
}

RequestWindow RequestFrom(const Json& j) {
  return {.size = j.at(1).get<int64_t>(),
          .variant = j.at(2).get<std::string>(),
          .cold = j.at(3).get<bool>(),
          .ok = j.at(4).get<bool>(),
          .status = j.at(5).get<int>(),
          .start_ns = j.at(6).get<int64_t>(),
          .first_byte_ns = j.at(7).get<int64_t>(),
          .end_ns = j.at(8).get<int64_t>(),
          .drained_ns = j.at(9).get<int64_t>(),
          .body_bytes = j.at(10).get<int64_t>(),
          .service_cpu_ns = j.at(11).get<int64_t>(),
          .pool_wait_ns = j.at(12).get<int64_t>(),
          .transport_ns = j.at(13).get<int64_t>(),
          .transport_trips = j.at(14).get<int64_t>(),
          .transport_cpu_ns = j.at(15).get<int64_t>(),
          .body_elements = j.size() > 16 ? j.at(16).get<int64_t>() : -1};
}

Json ToJson(const Query& q) {
  return {"query", q.id, q.fingerprint, q.text, NameOf(kClasses, q.query_class), q.reads, q.writes};
}

Query QueryFrom(const Json& j) {
  return {.id = j.at(1).get<std::string>(),
          .fingerprint = j.at(2).get<std::string>(),
          .text = j.at(3).get<std::string>(),
          .query_class = ValueOf<QueryClass>(kClasses, j.at(4)),
          .reads = j.at(5).get<std::vector<std::string>>(),
          .writes = j.at(6).get<std::vector<std::string>>()};
}

// What came into the format later stands at a record's end, and only where there is something: what was written before
// reads as before.
Json ToJson(const RoundTrip& t) {
  Json json = {"trip",     t.request, t.background, t.connection, NameOf(kTripKinds, t.kind),
               t.start_ns, t.end_ns,  t.statements, t.overlapped};
  if (t.prepared_again.empty() && t.closed.empty()) return json;
  json.push_back(t.prepared_again);
  json.push_back(t.closed);
  return json;
}

template <typename Value>
Value Later(const Json& j, size_t index) {
  return index < j.size() ? j.at(index).get<Value>() : Value();
}

RoundTrip TripFrom(const Json& j) {
  return {.request = j.at(1).get<int32_t>(),
          .background = j.at(2).get<bool>(),
          .connection = j.at(3).get<uint32_t>(),
          .kind = ValueOf<TripKind>(kTripKinds, j.at(4)),
          .start_ns = j.at(5).get<int64_t>(),
          .end_ns = j.at(6).get<int64_t>(),
          .statements = j.at(7).get<uint32_t>(),
          .overlapped = j.at(8).get<bool>(),
          .prepared_again = Later<std::vector<uint32_t>>(j, 9),
          .closed = Later<std::vector<uint32_t>>(j, 10)};
}

Json ToJson(const Statement& s) {
  Json values = Json::array();
  for (const RowValue& value : s.row_values) values.push_back({value.column, value.token});
  Json json = {
      "statement", s.request,  s.background, s.connection,   s.round_trip,    s.query, NameOf(kProtocols, s.protocol),
      s.start_ns,  s.end_ns,   s.text_token, s.had_literals, s.parameters,    values,  s.rows,
      s.bytes,     s.sqlstate, s.executed,   s.fetch,        s.in_transaction};
  // What came with later versions, up to the last that says something.
  const bool listed = s.rows_listed >= 0;
  const bool arrays = listed || s.array_items > 0;
  const bool comments = arrays || !s.comment_token.empty();
  if (comments || s.list_items > 0) json.push_back(s.list_items);
  if (comments) json.push_back(s.comment_token);
  if (arrays) json.push_back(s.array_items);
  if (listed) json.push_back(s.rows_listed);
  return json;
}

Statement StatementFrom(const Json& j) {
  Statement s{.request = j.at(1).get<int32_t>(),
              .background = j.at(2).get<bool>(),
              .connection = j.at(3).get<uint32_t>(),
              .round_trip = j.at(4).get<uint32_t>(),
              .query = j.at(5).get<uint32_t>(),
              .protocol = ValueOf<Protocol>(kProtocols, j.at(6)),
              .start_ns = j.at(7).get<int64_t>(),
              .end_ns = j.at(8).get<int64_t>(),
              .text_token = j.at(9).get<std::string>(),
              .comment_token = Later<std::string>(j, 20),
              .had_literals = j.at(10).get<bool>(),
              .list_items = Later<int64_t>(j, 19),
              .array_items = Later<int64_t>(j, 21),
              .parameters = j.at(11).get<std::vector<uint32_t>>(),
              .row_values = {},
              .rows = j.at(13).get<int64_t>(),
              .rows_listed = j.size() > 22 ? j.at(22).get<int64_t>() : -1,
              .bytes = j.at(14).get<int64_t>(),
              .sqlstate = j.at(15).get<std::string>(),
              .executed = j.at(16).get<bool>(),
              .fetch = j.at(17).get<bool>(),
              .in_transaction = j.at(18).get<bool>()};
  for (const Json& value : j.at(12)) s.row_values.push_back({value.at(0).get<uint16_t>(), value.at(1).get<uint32_t>()});
  return s;
}

void ReadHeader(const Json& j, Exchange& exchange) {
  if (j.at("format").get<std::string>() != kExchangeFormat) throw Malformed{"another format"};
  exchange.endpoint = j.at("endpoint").get<std::string>();
  exchange.size_variable = j.at("size_variable").get<std::string>();
  exchange.default_size = j.at("default_size").get<int64_t>();
  exchange.lost = j.at("lost").get<std::map<std::string, int64_t>>();
}

void ReadRecord(const Json& j, Exchange& exchange) {
  const std::string kind = j.at(0).get<std::string>();
  if (kind == "request") {
    exchange.requests.push_back(RequestFrom(j));
  } else if (kind == "idle") {
    exchange.idle.push_back({j.at(1).get<int64_t>(), j.at(2).get<int64_t>()});
  } else if (kind == "query") {
    exchange.queries.push_back(QueryFrom(j));
  } else if (kind == "tokens") {
    exchange.tokens = j.at(1).get<std::vector<std::string>>();
  } else if (kind == "trip") {
    exchange.round_trips.push_back(TripFrom(j));
  } else if (kind == "statement") {
    exchange.statements.push_back(StatementFrom(j));
  } else {
    throw Malformed{"unknown record " + kind};
  }
}

// Every index must name something.
void CheckIndexes(const Exchange& exchange) {
  const auto check = [](bool holds) {
    if (!holds) throw Malformed{"an index names nothing"};
  };
  const auto request_exists = [&](int32_t request) {
    return request == kNoRequest || (request >= 0 && static_cast<size_t>(request) < exchange.requests.size());
  };
  for (const RoundTrip& trip : exchange.round_trips) {
    check(request_exists(trip.request));
    for (const uint32_t query : trip.prepared_again) check(query < exchange.queries.size());
    for (const uint32_t query : trip.closed) check(query < exchange.queries.size());
  }
  for (const Statement& statement : exchange.statements) {
    check(request_exists(statement.request));
    check(statement.round_trip < exchange.round_trips.size());
    check(statement.query < exchange.queries.size());
    for (const uint32_t token : statement.parameters) check(token < exchange.tokens.size());
    for (const RowValue& value : statement.row_values) check(value.token < exchange.tokens.size());
  }
}

Exchange DecodeOrThrow(std::string_view bytes) {
  Exchange exchange;
  bool header = true;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const Json line = Json::parse(bytes.substr(0, end));
    if (header) {
      ReadHeader(line, exchange);
    } else {
      ReadRecord(line, exchange);
    }
    header = false;
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  if (header) throw Malformed{"it is empty"};
  CheckIndexes(exchange);
  return exchange;
}

}  // namespace

std::string Encode(const Exchange& exchange) {
  std::string out;
  AppendLine(out, {{"format", kExchangeFormat},
                   {"endpoint", exchange.endpoint},
                   {"size_variable", exchange.size_variable},
                   {"default_size", exchange.default_size},
                   {"lost", exchange.lost}});
  for (const RequestWindow& request : exchange.requests) AppendLine(out, ToJson(request));
  for (const IdleWindow& idle : exchange.idle) AppendLine(out, Json::array({"idle", idle.start_ns, idle.end_ns}));
  for (const Query& query : exchange.queries) AppendLine(out, ToJson(query));
  AppendLine(out, Json::array({"tokens", exchange.tokens}));
  for (const RoundTrip& trip : exchange.round_trips) AppendLine(out, ToJson(trip));
  for (const Statement& statement : exchange.statements) AppendLine(out, ToJson(statement));
  return out;
}

base::Result<Exchange> Decode(std::string_view bytes) {
  try {
    return DecodeOrThrow(bytes);
  } catch (const Malformed& malformed) {
    return base::Fail(base::Code::kInput, "Not a capture of database work: " + malformed.what);
  } catch (const std::exception&) {
    return base::Fail(base::Code::kInput, "Not a capture of database work as this hone writes it");
  }
}

}  // namespace hone::sql
