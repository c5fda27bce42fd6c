// Time: an injected monotonic clock, and the wall clock for records.
#pragma once

#include <cstdint>
#include <string>

namespace hone::base {

// Nanoseconds of CLOCK_MONOTONIC; shared by everything that is compared with each other.
using Nanos = int64_t;

inline constexpr Nanos kMillisecond = 1'000'000;
inline constexpr Nanos kSecond = 1'000 * kMillisecond;
inline constexpr double kNsPerMs = 1e6;
inline constexpr double kNsPerSecond = 1e9;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos Now() const = 0;
  // Returns at or after `deadline`; precise to the kernel's timers.
  virtual void SleepUntil(Nanos deadline) = 0;
};

// The machine's clock. Thread-safe; lives as long as the process.
Clock& SystemClock();

// Seconds since 1970 of the wall clock, for stamps in the ledger only.
int64_t WallSeconds();

// "2026-11-24T03:00:18Z".
std::string FormatUtc(int64_t wall_seconds);

}  // namespace hone::base
