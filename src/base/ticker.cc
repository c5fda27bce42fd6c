#include "base/ticker.h"

#include <chrono>
#include <utility>

namespace hone::base {

Ticker::Ticker(Nanos every, std::function<void()> tick)
    : every_(every), tick_(std::move(tick)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Ticker::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Ticker::Run(const std::stop_token& stop) {
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    next += std::chrono::nanoseconds(every_);
    changed_.wait_until(lock, stop, next, [&stop] { return stop.stop_requested(); });
    if (stop.stop_requested()) return;
    tick_();
  }
}

}  // namespace hone::base
