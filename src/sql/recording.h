// What the proxy noted down while recording: statements and round trips with raw texts and values.
//
// It lives in memory only: BuildExchange (exchange.h) turns it into the redacted form that may be stored.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace hone::sql {

enum class Protocol { kSimple, kUnnamed, kPrepared };

// What a round trip (all that a client sent up to a Sync, a simple Query or a function call) was for.
enum class TripKind {
  kExecute,   // at least one Execute
  kSimple,    // a simple Query
  kPrepare,   // only the first use of named statements on this connection: Parse, Describe
  kDescribe,  // Parse, Describe or Close without an Execute that is no first use
  kStartup,   // the session's beginning
  kOther,     // a lone Sync, a function call
};

// A value of a parameter or a column in the form in which binary and text of one type agree.
struct RecordedValue {
  std::string canonical = {};
  bool traceable = false;  // may show provenance: no NULL, no boolean, not empty, at most 64 bytes
};

// The parameters of one execution as they were sent: raw, so that the statement can be run again with them.
struct RecordedBind {
  std::vector<uint32_t> oids = {};                      // of their types, as far as the wire showed them
  std::vector<int16_t> formats = {};                    // as in Bind: none means text, one is everyone's
  std::vector<std::optional<std::string>> values = {};  // an empty optional is NULL
};

struct RecordedCell {
  uint16_t column = 0;
  uint32_t value = 0;  // index into Recording::values
};

struct RecordedStatement {
  uint32_t connection = 0;
  uint32_t round_trip = 0;  // index into Recording::round_trips
  uint32_t text = 0;        // index into Recording::texts
  uint32_t part = 0;        // which statement of that text: a simple Query may hold several
  Protocol protocol = Protocol::kSimple;
  base::Nanos start_ns = 0;                       // the first byte of its round trip was read
  base::Nanos end_ns = 0;                         // its completion was read
  std::vector<uint32_t> parameters = {};          // indexes into Recording::values
  std::shared_ptr<const RecordedBind> bind = {};  // empty: none, too long, or beyond what a recording keeps
  std::vector<RecordedCell> cells = {};           // of the first rows, values of at most 64 bytes
  int64_t rows = 0;
  int64_t bytes = 0;          // of its rows and COPY data as sent by the server
  std::string sqlstate = {};  // empty: it succeeded
  bool executed = true;       // false: Parse or Bind failed
  bool fetch = false;         // goes on with a suspended portal: not a statement of its own
  bool in_transaction = false;
};

struct RecordedTrip {
  uint32_t connection = 0;
  TripKind kind = TripKind::kOther;
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;  // ReadyForQuery was read
  uint32_t statements = 0;
  bool overlapped = false;  // sent before an earlier one of its connection was answered: costs no latency of its own
  // Indexes into Recording::texts: named statements that its connection had prepared before and prepares again, and
  // those that it closes.
  std::vector<uint32_t> prepared_again = {};
  std::vector<uint32_t> closed = {};
};

struct Recording {
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  std::vector<std::string> texts = {};
  std::vector<RecordedValue> values = {};
  std::vector<RecordedTrip> round_trips = {};
  std::vector<RecordedStatement> statements = {};
  std::map<std::string, int64_t> lost = {};  // "unparsed_bytes", "dropped_events"; always present, 0 is the good case
};

// `second` behind `first` as one recording: connections are the same, everything else is numbered on.
Recording Concatenate(Recording first, const Recording& second);

// Whether a statement's text holds nothing but blanks, semicolons and comments (a ping): the server runs nothing for
// it.
bool IsEmptyStatement(std::string_view text);

}  // namespace hone::sql
