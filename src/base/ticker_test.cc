#include "base/ticker.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/clock.h"

namespace hone::base {
namespace {

TEST(Ticker, TicksUntilItIsStopped) {
  std::atomic<int> ticks = 0;
  Ticker ticker(kMillisecond, [&] {
    ++ticks;
    ticks.notify_all();
  });
  for (int seen = 0; seen < 3; seen = ticks.load()) ticks.wait(seen);
  ticker.Stop();
  const int after = ticks.load();
  ticker.Stop();
  EXPECT_EQ(ticks.load(), after);
}

TEST(Ticker, StopIsHeardBetweenTicks) {
  constexpr Nanos kAnHour = 3'600'000'000'000;
  int ticks = 0;
  Ticker ticker(kAnHour, [&] { ++ticks; });
  ticker.Stop();  // or the test would take an hour
  EXPECT_EQ(ticks, 0);
}

}  // namespace
}  // namespace hone::base
