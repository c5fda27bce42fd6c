// How long a service's connections were held, as evidence: the capture "sql.holds".
//
// A connection is held from the first message of a transaction to the ReadyForQuery that ends it (transaction status
// 'I'), or, outside of a transaction, for a single statement: what the wire shows of a pool's connection in use. Times
// are CLOCK_MONOTONIC nanoseconds. Nothing of a statement or value is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hone::sql {

inline constexpr std::string_view kHoldsKind = "sql.holds";

struct Hold {
  uint32_t connection = 0;
  base::Nanos start_ns = 0;  // its first message passed
  base::Nanos end_ns = 0;
  base::Nanos waited_ns = 0;  // before that, at the proxy's gate
  uint32_t round_trips = 0;
  bool operator==(const Hold&) const = default;
};

struct ConnectionLife {
  uint32_t connection = 0;
  base::Nanos opened_ns = 0;  // 0: before the log began
  base::Nanos ready_ns = 0;   // its start-up was over; 0: before the log began, or never
  base::Nanos closed_ns = 0;  // 0: still open when the log ended
  bool operator==(const ConnectionLife&) const = default;
};

struct HoldLog {
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  std::vector<Hold> holds = {};  // that began and ended within the log, by end
  std::vector<ConnectionLife> connections = {};
  int64_t dropped = 0;  // holds that did not fit
  bool operator==(const HoldLog&) const = default;
};

// Deterministic: equal logs have equal bytes.
std::string Encode(const HoldLog& log);
// kInput where the bytes are not Encode's.
base::Result<HoldLog> DecodeHolds(std::string_view bytes);

// The part of a log between two times: holds that began in it, connections that were open in it.
HoldLog Between(const HoldLog& log, base::Nanos start_ns, base::Nanos end_ns);

// Gathers a log from what happens at the proxy. Calls for one connection come in the order of time; belongs to one
// thread at a time.
class HoldRecorder {
 public:
  // Begins anew at `now`, with room for `most` holds; `open` are the connections that there are.
  void Start(base::Nanos now, const std::vector<uint32_t>& open, size_t most);
  HoldLog Stop(base::Nanos now);
  bool running() const { return running_; }

  void Opened(uint32_t connection, base::Nanos now);
  void Ready(uint32_t connection, base::Nanos now);
  void Closed(uint32_t connection, base::Nanos now);
  void Held(uint32_t connection, base::Nanos now, base::Nanos waited);
  void RoundTrips(uint32_t connection, size_t count);
  void Released(uint32_t connection, base::Nanos now);

 private:
  bool running_ = false;
  size_t most_ = 0;
  HoldLog log_ = {};
  std::unordered_map<uint32_t, Hold> under_way_ = {};
  std::unordered_map<uint32_t, size_t> lives_ = {};  // connection -> index into log_.connections
};

}  // namespace hone::sql
