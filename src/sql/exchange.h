// The quiet phase of one endpoint as evidence: requests and the statements that they caused, redacted, in the capture
// format "sql.exchange".
//
// Requests are sent one at a time against a quiet service, so every statement between a request's start and the end of
// its drain is the request's or the background's; nothing is guessed. Times are CLOCK_MONOTONIC nanoseconds. All of
// this is plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "evidence/redaction.h"
#include "sql/recording.h"

namespace hone::sql {

inline constexpr std::string_view kExchangeKind = "sql.exchange";

// What a statement is for, as far as its text tells.
enum class QueryClass {
  kRead,
  kWrite,
  kConstant,  // no table, no parameter: SELECT 1, a ping, SHOW
  kControl,   // BEGIN, COMMIT, SET, DISCARD, LISTEN, PREPARE, ...
  kOther,     // DDL, COPY, and what no parser knows
};

// Whether it asks the database for something: neither a control statement nor a ping.
constexpr bool IsWork(QueryClass query_class) {
  return query_class != QueryClass::kControl && query_class != QueryClass::kConstant;
}

// One distinct statement: the fingerprint and the normalised text together are its key.
struct Query {
  std::string id = {};           // 16 hex digits of the key's hash: the "query" parameter of the methods
  std::string fingerprint = {};  // libpg_query's, or "lex-..." from the lexer
  std::string text = {};         // literals are $n, lists squashed, no comments: holds no data value
  QueryClass query_class = QueryClass::kOther;
  std::vector<std::string> reads = {};  // tables, ascending
  std::vector<std::string> writes = {};
};

struct RowValue {
  uint16_t column = 0;
  uint32_t token = 0;  // index into Exchange::tokens
  auto operator<=>(const RowValue&) const = default;
};

inline constexpr int32_t kNoRequest = -1;
inline constexpr int32_t kLeftOut = -2;  // of QuietPhase::owners: no part of the exchange

struct Statement {
  int32_t request = kNoRequest;  // index into Exchange::requests
  bool background = false;       // the service's own, whoever was asking
  uint32_t connection = 0;
  uint32_t round_trip = 0;  // index into Exchange::round_trips
  uint32_t query = 0;       // index into Exchange::queries
  Protocol protocol = Protocol::kSimple;
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  std::string text_token = {};            // keyed hash of the text as sent, without comments
  std::string comment_token = {};         // the same with them; empty: there are none
  bool had_literals = false;              // in the text as sent
  int64_t list_items = 0;                 // how many values its lists (IN, ARRAY) and rows its VALUES have in the text
  int64_t array_items = 0;                // how many elements the longest array among its parameters has
  std::vector<uint32_t> parameters = {};  // indexes into Exchange::tokens
  std::vector<RowValue> row_values = {};  // only those that are some statement's parameter: all that provenance needs
  int64_t rows = 0;
  int64_t rows_listed = -1;  // that stand in the answer (ListedValues); -1: not known
  int64_t bytes = 0;
  std::string sqlstate = {};
  bool executed = true;
  bool fetch = false;
  bool in_transaction = false;

  // An execution of `other` that some request caused.
  bool IsCall(uint32_t other) const { return query == other && request != kNoRequest && !background; }
};

struct RoundTrip {
  int32_t request = kNoRequest;
  bool background = false;
  uint32_t connection = 0;
  TripKind kind = TripKind::kOther;
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  uint32_t statements = 0;
  bool overlapped = false;
  // Indexes into Exchange::queries: named statements that its connection had prepared before and prepares again, and
  // those that it closes.
  std::vector<uint32_t> prepared_again = {};
  std::vector<uint32_t> closed = {};
};

// One request as its driver saw it.
struct RequestWindow {
  int64_t size = -1;         // the value of the scenario's size variable; -1: it has none
  std::string variant = {};  // a token of the other variables' values
  bool cold = false;         // the first of its (size, variant)
  bool ok = true;            // the expected status, and every check held
  int status = 0;
  base::Nanos start_ns = 0;
  base::Nanos first_byte_ns = 0;
  base::Nanos end_ns = 0;      // the last byte of the answer
  base::Nanos drained_ns = 0;  // the database was quiet again
  int64_t body_bytes = 0;
  int64_t service_cpu_ns = -1;   // of the whole service process from start to drained; -1: unknown
  int64_t pool_wait_ns = -1;     // waited for a connection; -1: unknown
  int64_t transport_ns = -1;     // what a request costs that does nothing, calibrated; -1: unknown
  int64_t transport_trips = 0;   // round trips of that request: their driver's work is in transport_ns
  int64_t transport_cpu_ns = 0;  // CPU of the service for it
  int64_t body_elements = -1;    // of the longest list in the answer; -1: unknown
};

// A time without requests: what runs in it is the background.
struct IdleWindow {
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
};

// The size variable of requests between which rows were taken out of the database (steady_loop.h); a size is how many
// the loop's source had left. No scenario's variable can have that name.
inline constexpr std::string_view kRowsLeft = "rows left";

// Likewise, where elements were taken out of lists in its rows.
inline constexpr std::string_view kElementsLeft = "elements left";

struct Exchange {
  // Whether rows or elements were taken out of the database between its requests.
  bool IsThinned() const { return size_variable == kRowsLeft || size_variable == kElementsLeft; }

  std::string endpoint = {};
  std::string size_variable = {};
  int64_t default_size = -1;  // the size at which budgets are judged; -1: the median of the sizes
  std::vector<RequestWindow> requests = {};
  std::vector<IdleWindow> idle = {};
  std::vector<Query> queries = {};
  std::vector<std::string> tokens = {};
  std::vector<RoundTrip> round_trips = {};
  std::vector<Statement> statements = {};  // by start
  std::map<std::string, int64_t> lost = {};
};

// An element of the longest list of an answer.
struct ListedElement {
  std::string id = {};                          // what tells it apart from the others
  std::vector<std::string> others = {};         // its other texts and whole numbers
  std::vector<std::string> whole_numbers = {};  // those of them that are numbers
};

// What an answer lists. Raw values: in memory only.
struct ListedValues {
  std::vector<ListedElement> elements = {};
  std::unordered_set<std::string> all = {};  // whole numbers and texts anywhere in the answer
};

// What is known of a quiet phase beside the recording.
struct QuietPhase {
  std::string endpoint = {};
  std::string size_variable = {};
  int64_t default_size = -1;
  std::vector<RequestWindow> requests = {};  // in order of time; not overlapping, but with owners
  std::vector<IdleWindow> idle = {};         // likewise
  // Where it is known otherwise than by the times whose a round trip is: of each of the recording's an index into
  // `requests`, kNoRequest, or kLeftOut. Empty: by the times.
  std::vector<int32_t> owners = {};
  std::map<base::Nanos, ListedValues> listed = {};  // by the request's start; without an entry nothing is known
};

// Redacts, fingerprints and attributes a recording. After it nothing of a value is left but keyed hashes.
Exchange BuildExchange(const Recording& recording, QuietPhase phase, const evidence::Redactor& redactor);

// Sets `request` and `background` of every statement and round trip: what starts between a request's start and its
// drained end is the request's. A statement whose query was seen in an idle window is the background's where a request
// has more of it than the fewest that any request of the same size and temperature has; a cold request that stands
// alone is held against the warm ones of its size as well. Where even those fewest may be the background's, by how
// often it came in the idle windows and how long the shortest of the requests took, all are. Called by BuildExchange.
void Attribute(Exchange& exchange);

// Deterministic: equal exchanges have equal bytes.
std::string Encode(const Exchange& exchange);
// kInput where the bytes are not Encode's.
base::Result<Exchange> Decode(std::string_view bytes);

// What one request took of its database, background left out.
struct RequestAccount {
  int64_t statements = 0;
  int64_t round_trips = 0;    // that cost latency: not sent behind an unanswered one; without the two kinds below
  int64_t prepare_trips = 0;  // first uses of a statement on a connection, and beginnings of sessions
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t errors = 0;
  base::Nanos db_ns = 0;  // the union of the times of all its round trips up to the answer's end, first uses included
};

// One for each request, in order.
std::vector<RequestAccount> Account(const Exchange& exchange);
// The same for one query alone. `round_trips` are those that hold it and were not sent behind an unanswered one, and
// those before them that only asked what the statement is.
std::vector<RequestAccount> AccountQuery(const Exchange& exchange, uint32_t query);

}  // namespace hone::sql
