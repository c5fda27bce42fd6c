// For tests: a transport with a clock of its own, to a simulated server whose every completion time is known.
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/transport.h"

namespace hone::load {

// Nothing takes time but what the server takes and, where asked for, the generator's oversleeping.
class SimulatedTransport : public Transport {
 public:
  // When a request that is written at `now` is answered in full.
  using Server = std::function<base::Nanos(base::Nanos now)>;

  SimulatedTransport(uint32_t slots, Server server, base::Nanos oversleep = 0)
      : server_(std::move(server)), oversleep_(oversleep), answered_(slots, false) {}

  base::Nanos Now() const override { return now_; }
  base::Nanos CpuTime() const override { return cpu_; }
  void set_cpu_per_wait(base::Nanos cpu) { cpu_per_wait_ = cpu; }

  int Connect(uint32_t slot) override {
    events_.emplace(now_, Ready{slot, false, true, false});
    return 0;
  }
  int ConnectError(uint32_t) override { return 0; }
  int64_t Write(uint32_t slot, std::string_view bytes) override {
    events_.emplace(server_(now_), Ready{slot, true, false, false});
    return static_cast<int64_t>(bytes.size());
  }
  int64_t Read(uint32_t slot, std::span<char> buffer) override {
    if (!answered_[slot]) return -EAGAIN;
    answered_[slot] = false;
    constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    std::copy(kResponse.begin(), kResponse.end(), buffer.begin());
    return static_cast<int64_t>(kResponse.size());
  }
  void Close(uint32_t slot) override {
    answered_[slot] = false;
    std::erase_if(events_, [&](const auto& event) { return event.second.slot == slot; });
  }
  std::span<const Ready> Wait(base::Nanos deadline) override {
    cpu_ += cpu_per_wait_;
    ready_.clear();
    const bool event_first = !events_.empty() && events_.begin()->first <= deadline;
    now_ = std::max(now_, event_first ? events_.begin()->first : deadline + oversleep_);
    while (!events_.empty() && events_.begin()->first <= now_) {
      const Ready ready = events_.begin()->second;
      events_.erase(events_.begin());
      if (ready.readable) answered_[ready.slot] = true;
      ready_.push_back(ready);
    }
    return ready_;
  }

 private:
  Server server_;
  base::Nanos oversleep_;
  base::Nanos now_ = 1'000'000'000'000;
  base::Nanos cpu_ = 0;
  base::Nanos cpu_per_wait_ = 0;
  std::multimap<base::Nanos, Ready> events_ = {};
  std::vector<bool> answered_;
  std::vector<Ready> ready_ = {};
};

}  // namespace hone::load
