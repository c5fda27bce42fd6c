#include "base/clock.h"

#include <cerrno>
#include <ctime>

namespace hone::base {
namespace {

class MonotonicClock final : public Clock {
 public:
  Nanos Now() const override {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return Nanos{now.tv_sec} * kSecond + now.tv_nsec;
  }

  void SleepUntil(Nanos deadline) override {
    const timespec until{deadline / kSecond, deadline % kSecond};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
  }
};

}  // namespace

Clock& SystemClock() {
  static MonotonicClock clock;
  return clock;
}

int64_t WallSeconds() { return std::time(nullptr); }

std::string FormatUtc(int64_t wall_seconds) {
  const std::time_t time = wall_seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, length};
}

}  // namespace hone::base
