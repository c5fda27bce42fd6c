// What a load run is to do, and what came of it: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/url.h"

namespace hone::load {

// How requests arrive: evenly, or as a Poisson process (independent users).
enum class Arrivals { kConstant, kPoisson };
std::string_view Name(Arrivals arrivals);  // "constant", "poisson"

struct LoadEndpoint {
  std::string name = {};  // as reports call it: "GET /orders/{id}"
  std::vector<std::string> variants =
      {};  // whole serialised requests (net::Serialise), of which each arrival takes one at random
  std::vector<int> statuses = {200};  // what counts as a success
  double weight = 1;                  // its share of the arrivals is its weight over the sum
  bool head = false;                  // the method is HEAD: its responses have no body
  bool in_order = false;              // each variant once, in turn: no two requests may be the same
};

struct LoadPlan {
  net::Address address = {};
  std::vector<LoadEndpoint> endpoints = {};
  double rate = 0;                       // arrivals a second, of all endpoints together
  base::Nanos warmup = 0;                // load before the window: recorded apart, in no result
  base::Nanos duration = 0;              // of the window
  base::Nanos drain = 2'000'000'000;     // at most this long for what is under way at the end
  base::Nanos timeout = 10'000'000'000;  // of one request, from the moment a connection takes it up
  Arrivals arrivals = Arrivals::kPoisson;
  int connections = 32;  // at most, over all threads
  int threads = 1;
  uint64_t seed = 1;
  base::Nanos spin = 0;  // busy waiting before each send: precise, at the price of CPU
};

// How a request ended. Exactly one for each arrival.
enum class Outcome : uint8_t {
  kOk,       // a complete response with an expected status
  kStatus,   // a complete response with another status
  kRefused,  // no connection
  kReset,    // the connection broke before the response was complete
  kTimeout,
  kProtocol,  // a response that breaks HTTP's rules
  kCensored,  // not ended when the run was
};
inline constexpr int kOutcomes = 7;
std::string_view Name(Outcome outcome);  // "ok", "status", "refused", "reset", "timeout", "protocol", "censored"

// What is timed, in nanoseconds.
enum class Timing : uint8_t {
  kResponse,  // from the intended time to the last byte: what a user waits
  kService,   // from the first byte written to the last byte read
  kLateness,  // the generator's own delay: from the moment the request could have been sent to the moment it was taken
              // up
  kQueue,     // from the intended time to the moment a connection was free: waiting for the connection limit
};
inline constexpr int kTimings = 4;
std::string_view Name(Timing timing);  // "response", "service", "lateness", "queue"

// Counts of one bucket (stats::Histogram::IndexOf) in ascending order of buckets.
using SparseCounts = std::vector<std::pair<uint32_t, uint32_t>>;

// The values of one timing of one endpoint with one outcome that ended within one second.
struct Slice {
  base::Nanos start = 0;  // CLOCK_MONOTONIC, a whole second
  uint32_t endpoint = 0;
  Outcome outcome = Outcome::kOk;
  Timing timing = Timing::kResponse;
  bool warmup = false;
  SparseCounts counts = {};
  auto operator<=>(const Slice&) const = default;
};

// Of arrivals intended within the window: arrivals is the sum of ended.
struct EndpointCounts {
  int64_t arrivals = 0;
  std::array<int64_t, kOutcomes> ended = {};
  std::map<int, int64_t> statuses = {};  // of complete responses
  bool operator==(const EndpointCounts&) const = default;
};

struct LoadResult {
  // From the plan.
  std::vector<std::string> endpoints = {};
  double rate = 0;
  Arrivals arrivals = Arrivals::kPoisson;
  int connections = 0;
  int threads = 0;
  uint64_t seed = 0;
  // The window: arrivals are intended within [start, end).
  base::Nanos start = 0;
  base::Nanos end = 0;
  bool interrupted = false;  // cancelled: `end` is where it stopped
  // What happened.
  std::vector<EndpointCounts> counts = {};  // one an endpoint
  int64_t queued = 0;                       // arrivals that waited because of the connection limit
  int64_t queue_peak = 0;
  int64_t opened = 0;  // connections, of the whole run
  // The generator itself, over the whole run, by all its threads.
  base::Nanos cpu = 0;   // CPU time, less what was spent spinning
  base::Nanos wall = 0;  // summed over threads
  std::vector<Slice> slices = {};
  bool operator==(const LoadResult&) const = default;
};

}  // namespace hone::load
