// What passes through a proxy right now, by statement: for people who watch a service while they click through it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/fingerprint.h"
#include "sql/recording.h"

namespace hone::sql {

struct LiveStatement {
  std::string text = {};  // normalised: holds no data value
  int64_t executions = 0;
  int64_t rows = 0;
  int64_t errors = 0;
  base::Nanos time = 0;       // from its round trip's first byte to its completion, all together
  int64_t most_in_a_row = 0;  // executions of one connection with nothing else and no pause between them
  double per_second = 0;      // of the last kLiveWindow
  bool suspect = false;       // most_in_a_row says a loop
};

struct LiveView {
  int64_t statements = 0;
  int64_t round_trips = 0;
  int64_t rows = 0;
  double statements_per_second = 0;         // of the last kLiveWindow
  std::vector<LiveStatement> by_time = {};  // most time first
};

inline constexpr base::Nanos kLiveWindow = 10'000'000'000;

// From how many executions in a row on a statement is suspected to run in a loop. Whether it does, `hone sql` proves.
inline constexpr int64_t kSuspectInARow = 5;

// Belongs to one thread. Transaction control, pings and what never ran are no statements here.
class LiveTable {
 public:
  // What was recorded since the last call, until `now`.
  void Add(const Recording& recording, base::Nanos now);
  LiveView View(base::Nanos now) const;

 private:
  struct Run {
    std::string key = {};
    int64_t length = 0;
    base::Nanos end_ns = 0;
  };
  struct Interval {
    base::Nanos end_ns = 0;
    std::map<std::string, int64_t> executions = {};  // by key
  };

  Fingerprinter fingerprinter_;
  base::Nanos begun_ = 0;
  int64_t round_trips_ = 0;
  std::map<std::string, LiveStatement> statements_;  // by key
  std::map<uint32_t, Run> runs_;                     // by connection
  std::deque<Interval> recent_;                      // within kLiveWindow
};

}  // namespace hone::sql
