// The reply to one statement, held back for a moment so that a dump of the client's goroutines shows who waits for it.
//
// A caller arms it and waits; one of the proxy's threads takes the first execution that matches and releases it when
// told to, or after its time. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace hone::sql {

class ReplyHold {
 public:
  // Whether a statement's text is the one that is wanted. Called on the proxy's threads, by one at a time.
  using Matches = std::function<bool(std::string_view text)>;

  // The next execution that matches is to be held, for `at_most`; one that is held already is released.
  void Arm(Matches matches, base::Nanos at_most);
  // Nothing is held any more, nothing will be. False where nothing was at this moment: what was, had its time.
  bool Release();
  // Waits until a reply is held, or it was and its time is over: true; false at `deadline` of base::SystemClock(), or
  // once it was released.
  bool WaitTaken(base::Nanos deadline);

  // The proxy's side. Whether this execution, sent by `session` at `now`, is the one: its reply is to stay where it is.
  bool Take(uint32_t session, std::string_view text, base::Nanos now);
  // When the reply to `session` must go on whatever happens; empty: it is not held (any more).
  std::optional<base::Nanos> Until(uint32_t session) const;
  // The reply to `session` goes on its way.
  void Passed(uint32_t session);

 private:
  enum class State { kIdle, kArmed, kHeld, kPassed };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> armed_ = false;  // so that a proxy that holds nothing takes no lock for it
  State state_ = State::kIdle;
  Matches matches_ = {};
  base::Nanos at_most_ = 0;
  base::Nanos until_ = 0;
  uint32_t session_ = 0;  // whose reply is held
};

}  // namespace hone::sql
