// A thread that does the same thing again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace hone::base {

// Calls `tick` on a thread of its own every `every` after construction, until it is stopped or destroyed; a tick that
// takes longer delays the next ones. What `tick` writes may be read after Stop.
class Ticker {
 public:
  Ticker(Nanos every, std::function<void()> tick);
  ~Ticker() { Stop(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Waits for no more than a tick that runs already. Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  const Nanos every_;
  const std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace hone::base
