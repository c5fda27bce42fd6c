// What a long operation carries with it: a deadline, a way to be cancelled, and somewhere to say how far it is.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace hone::base {

// One step of progress: what happens now, and how long the whole operation still takes (negative: unknown). An empty
// one is a sign of life: the step before goes on.
struct Progress {
  std::string what;
  double remaining_seconds = -1;
};

// Shared by reference between the caller and everything that works for it. Cancel() may be called from any thread and
// from a signal handler; the rest belongs to the thread that runs the operation.
class Task {
 public:
  using Sink = std::function<void(const Progress&)>;

  Task() = default;
  explicit Task(Sink sink, Clock& clock = SystemClock()) : sink_(std::move(sink)), clock_(&clock) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  void set_deadline(Nanos deadline) { deadline_ = deadline; }
  Nanos deadline() const { return deadline_; }
  Clock& clock() const { return *clock_; }

  // kCancelled after Cancel(), kTimeout after the deadline. Long loops ask at least every 100 ms.
  Result<void> Check() const {
    if (cancelled()) return Fail(Code::kCancelled, "Interrupted");
    if (clock_->Now() >= deadline_) return Fail(Code::kTimeout, "The time for this operation is over");
    return {};
  }

  void Report(const Progress& progress) const {
    if (sink_) sink_(progress);
  }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::atomic<bool> cancelled_ = false;
  Nanos deadline_ = std::numeric_limits<Nanos>::max();
  Sink sink_;
  Clock* clock_ = &SystemClock();
};

}  // namespace hone::base
