// A delay for replies: what a network between the service and its database would add to round trips.
//
// ReplyDelay says which replies wait and for how long; a DelayLine wakes an event loop when their time is over. No byte
// is altered and the order stays: while a reply waits, nothing is read from that server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/files.h"

namespace hone::sql {

class Relay;

// Thread-safe.
class ReplyDelay {
 public:
  // Whether a statement's text is one whose replies are to wait. Called on a proxy's threads, by one at a time.
  using Matches = std::function<bool(std::string_view text)>;

  // From now on the reply to each round trip waits for `delay` (0: none does); with `matches`, to each that executes
  // such a statement. Start-ups do not.
  void Set(base::Nanos delay, Matches matches);

  // The proxy's side.
  base::Nanos delay() const { return delay_.load(std::memory_order_relaxed); }
  bool WantsEveryTrip() const { return delay() > 0 && !by_text_.load(std::memory_order_relaxed); }
  bool Wants(std::string_view text);
  void Waited(base::Nanos waited);  // a reply went on its way

  // Of the replies that waited since the last Set.
  struct Totals {
    int64_t replies = 0;
    base::Nanos waited = 0;  // all together
  };
  Totals totals() const;

 private:
  std::atomic<base::Nanos> delay_ = 0;
  std::atomic<bool> by_text_ = false;
  mutable std::mutex mutex_;
  Matches matches_ = {};
  Totals totals_ = {};
};

// Belongs to one thread.
class DelayLine {
 public:
  // False where the kernel gives no timer. Its descriptor is readable when a reply's time is over.
  bool Open();
  int fd() const { return timer_.get(); }

  // `relay`'s reply waits until then.
  void Add(Relay* relay, base::Nanos until);
  // `relay` is gone.
  void Remove(const Relay* relay);
  // Those whose time is over at `now`, in the order of their times; sets the timer for the next one.
  std::vector<Relay*> TakeDue(base::Nanos now);

 private:
  struct Entry {
    base::Nanos until = 0;
    Relay* relay = nullptr;
  };
  void Arm() const;

  base::FileDescriptor timer_;
  std::vector<Entry> waiting_;  // by time
};

}  // namespace hone::sql
