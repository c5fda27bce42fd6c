#include "sql/pool_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <queue>
#include <random>

namespace hone::sql {
namespace {

TEST(PoolModel, ErlangCIsWhatItsTablesSay) {
  EXPECT_DOUBLE_EQ(ErlangC(1, 0.5), 0.5);  // M/M/1: the utilisation
  EXPECT_NEAR(ErlangC(2, 1), 1.0 / 3, 1e-12);
  EXPECT_NEAR(ErlangC(10, 8), 0.40918, 1e-5);
  EXPECT_EQ(ErlangC(4, 4), 1);
  EXPECT_LT(ErlangC(500, 450), ErlangC(500, 460));
  EXPECT_GT(ErlangC(500, 450), 0);
}

TEST(PoolModel, UslIsFoundAgain) {
  const Usl truth{.gamma = 200, .sigma = 0.05, .kappa = 0.01};
  std::vector<Level> levels;
  for (int n = 1; n <= 12; ++n) levels.push_back({n, 10, 10 * n / truth.HoldAt(n)});
  const auto fit = FitUsl(levels);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->gamma, truth.gamma, 1e-6);
  EXPECT_NEAR(fit->sigma, truth.sigma, 1e-8);
  EXPECT_NEAR(fit->kappa, truth.kappa, 1e-8);
  EXPECT_NEAR(fit->Peak(), std::sqrt(0.95 / 0.01), 1e-6);
}

TEST(PoolModel, ConnectionsThatDoNotDisturbEachOtherHaveNoPeak) {
  std::vector<Level> levels;
  for (int n = 1; n <= 6; ++n) levels.push_back({n, 10, 1000.0 * n * (1 + 0.001 * n)});
  const auto fit = FitUsl(levels);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->kappa, 0);
  EXPECT_TRUE(std::isinf(fit->Peak()));
}

TEST(PoolModel, FewLevelsGiveNoFit) {
  EXPECT_FALSE(FitUsl({{1, 10, 100}, {2, 10, 180}}));
  EXPECT_FALSE(FitUsl({{0, 10, 0}, {1, 10, 100}, {2, 10, 180}, {3, 0.01, 2}}));
}

// A queue with `servers` connections, simulated: what the proxy would note down.
HoldLog Simulate(double rate, double hold_s, int servers, double seconds, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> between(rate);
  std::exponential_distribution<double> work(1 / hold_s);
  HoldLog log{.start_ns = 1'000'000'000, .end_ns = 1'000'000'000 + static_cast<int64_t>(seconds * 1e9)};
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int i = 0; i < servers; ++i) {
    free.push(0);
    log.connections.push_back({.connection = static_cast<uint32_t>(i + 1)});
  }
  for (double at = between(random); at < seconds; at += between(random)) {
    const double start = std::max(at, free.top());
    free.pop();
    const double end = start + work(random);
    free.push(end);
    log.holds.push_back({.connection = 1,
                         .start_ns = log.start_ns + static_cast<int64_t>(start * 1e9),
                         .end_ns = log.start_ns + static_cast<int64_t>(end * 1e9),
                         .waited_ns = static_cast<int64_t>((start - at) * 1e9),
                         .round_trips = 2});
  }
  return log;
}

TEST(PoolModel, UseIsWhatWasSimulated) {
  const PoolUse use = UseOf(Simulate(400, 0.01, 50, 60, 1));
  EXPECT_NEAR(use.rate, 400, 8);
  EXPECT_NEAR(use.hold_s, 0.01, 0.0003);
  EXPECT_NEAR(use.busy, 4, 0.2);
  EXPECT_NEAR(use.hold_cv2, 1, 0.1);
  EXPECT_NEAR(use.arrival_cv2, 1, 0.1);
  EXPECT_EQ(use.round_trips, 2);
  EXPECT_EQ(use.open_peak, 50);
  EXPECT_EQ(use.waited_s, 0);
}

TEST(PoolModel, TheSeedKeepsTheWaitInASimulation) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const PoolUse use = UseOf(Simulate(400, 0.01, 50, 30, seed));
    const SeedSize size = SeedOf(use, 0.001, 64);
    ASSERT_TRUE(size.sufficient);
    EXPECT_LE(size.size, 8);
    EXPECT_LE(UseOf(Simulate(400, 0.01, size.size, 60, seed + 100)).waited_s, 0.002);
    EXPECT_GE(UseOf(Simulate(400, 0.01, size.size - 2, 60, seed + 100)).waited_s, 0.001);
  }
}

TEST(PoolModel, ALoadAboveTheCapIsNoMatterOfNumbers) {
  const PoolUse use = UseOf(Simulate(400, 0.05, 100, 20, 1));
  const SeedSize size = SeedOf(use, 0.001, 10);
  EXPECT_FALSE(size.sufficient);
  EXPECT_EQ(size.size, 10);
}

TEST(PoolModel, PeaksAndChurnOfConnections) {
  HoldLog log{.start_ns = 1000, .end_ns = 1000 + 2'000'000'000};
  log.connections = {{1, 0, 0, 5000}, {2, 6000, 7000, 0}, {3, 8000, 9000, 10000}, {4, 8000, 0, 8500}};
  const PoolUse use = UseOf(log);
  EXPECT_EQ(use.open_peak, 2);
  EXPECT_EQ(use.opened_rate, 1) << "one that never was ready does not count";
  EXPECT_EQ(use.rate, 0);
}

}  // namespace
}  // namespace hone::sql
