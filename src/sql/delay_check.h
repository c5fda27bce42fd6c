// What a known delay of the replies to one statement did to an endpoint's response time, in the capture format
// "sql.delay": how many of its round trips the answer really waits for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "evidence/method.h"

namespace hone::sql {

inline constexpr std::string_view kDelayKind = "sql.delay";

// One request without the delay and one with it, in alternating order.
struct DelayPair {
  base::Nanos without_ns = 0;
  base::Nanos with_ns = 0;
  int64_t replies = 0;        // that waited
  base::Nanos waited_ns = 0;  // all together
};

struct DelayCheck {
  std::string endpoint = {};
  std::string query = {};    // Query::id
  int64_t size = -1;         // of the requests, as RequestWindow::size
  base::Nanos delay_ns = 0;  // asked for
  std::vector<DelayPair> pairs = {};
};

// Deterministic: equal checks have equal bytes.
std::string EncodeCheck(const DelayCheck& check);
// kInput where the bytes are not EncodeCheck's.
base::Result<DelayCheck> DecodeCheck(std::string_view bytes);

// Whether the response times tell what the delay did: enough pairs, and little scatter.
bool IsUsable(const DelayCheck& check);

// The methods by which measurements come from such a capture; those marked * take the endpoint's "sql.exchange" behind
// it. delay.injected@1 (ns that a reply waited, the mean), delay.growth@1 (ns that the response took longer),
// delay.trips@1 (growth / injected: round trips in a row), delay.predicted@1* (the growth that the counted round trips
// foretell), delay.saved_time@1* (ns a request that asking once would save at "round_trip_ns", by the round trips in a
// row that were measured). Valid as long as the process.
std::span<const evidence::Method> DelayMethods();

}  // namespace hone::sql
