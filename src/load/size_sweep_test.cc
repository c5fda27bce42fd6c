#include "load/size_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "stats/histogram.h"

namespace hone::load {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;

// A service whose response time at a pool size is known: `tail` answers the p99 in ms.
struct SizedService {
  std::function<double(int)> tail;
  double drift = 0.1;  // how much slower or faster a whole round is
  int requests = 120;  // a second
  int seconds = 3;

  SizeWindow Measure(int size, int round, uint64_t seed) const {
    std::mt19937_64 of_round(seed * 131 + static_cast<uint64_t>(round));
    std::mt19937_64 random(seed * 1009 + static_cast<uint64_t>(round) * 37 + static_cast<uint64_t>(size));
    const double slow = std::exp(drift * std::normal_distribution<double>()(of_round));
    // Response times are lognormal with this sigma; their p99 is 2.326 sigma above the median.
    constexpr double kSigma = 0.5;
    std::lognormal_distribution<double> response(std::log(tail(size) * 1e6) - 2.326 * kSigma, kSigma);
    SizeWindow window{.size = size, .round = round};
    for (int second = 0; second < seconds; ++second) {
      std::map<uint32_t, uint32_t> counts;
      for (int i = 0; i < requests; ++i) {
        ++counts[static_cast<uint32_t>(stats::Histogram::IndexOf(static_cast<int64_t>(slow * response(random))))];
      }
      window.seconds.emplace_back(counts.begin(), counts.end());
    }
    return window;
  }
};

struct SweepOutcome {
  SizeDecision decision;
  SweepDone done;
  std::vector<MeasureSize> asked;
};

SweepOutcome Drive(const SizedService& service, SweepSettings settings) {
  SizeSweep sweep(settings);
  SweepOutcome outcome;
  SweepAction action = sweep.Begin();
  while (const auto* next = std::get_if<MeasureSize>(&action)) {
    outcome.asked.push_back(*next);
    action = sweep.Next(service.Measure(next->size, next->round, settings.seed));
  }
  outcome.done = std::get<SweepDone>(action);
  outcome.decision = DecideSize(sweep.windows(), settings.seed, 200).value_or(SizeDecision{});
  return outcome;
}

// Waiting for one of few connections, and many that get into each other's way: the best size lies between.
double Interior(int size) { return 8 + 60.0 / (size * size) + 0.03 * size * size; }
// More never hurts, and from six on it helps no more.
double Plateau(int size) { return size >= 6 ? 10 : 10 * std::pow(6.0 / size, 2); }

// The sizes that are as good as the best to within 3 %, and the smallest of them.
int SmallestGood(const std::function<double(int)>& tail, int largest) {
  double best = tail(1);
  for (int size = 2; size <= largest; ++size) best = std::min(best, tail(size));
  for (int size = 1; size <= largest; ++size) {
    if (tail(size) <= 1.03 * best) return size;
  }
  return largest;
}

void ExpectFound(const std::function<double(int)>& tail, const std::vector<int>& sizes, int largest, int seeds) {
  const int smallest = SmallestGood(tail, largest);
  int right = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    const SweepOutcome outcome =
        Drive({tail}, {.sizes = sizes, .largest = largest, .most_windows = 40, .seed = static_cast<uint64_t>(seed)});
    const int chosen = outcome.decision.chosen;
    // As good as the best as far as anybody could tell, and no more than 1.5 times the smallest such size.
    right += tail(chosen) <= 1.2 * tail(smallest) && chosen <= std::ceil(1.5 * smallest) ? 1 : 0;
  }
  // An interval at 95 % is wrong now and then, and each answer hangs on several.
  EXPECT_GE(right, seeds * 85 / 100);
}

constexpr int kSeeds = 50;

TEST(SizeSweep, FindsAnOptimumBetweenTooFewAndTooMany) { ExpectFound(Interior, {1, 2, 4, 8, 16, 32}, 32, kSeeds); }

TEST(SizeSweep, FindsTheSmallestOfManyThatAreAsGood) { ExpectFound(Plateau, {1, 2, 4, 8, 16, 32}, 32, kSeeds); }

TEST(SizeSweep, GrowsBeyondTheSizesThatItBeganWith) { ExpectFound(Plateau, {1, 2, 3, 4, 5}, 32, kSeeds); }

// Whatever comes back, the controller keeps its promises.
TEST(SizeSweep, KeepsItsPromisesUnderAnySeed) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937_64 random(seed);
    const SizedService service{seed % 2 == 0 ? Interior : Plateau, 0.3, 40, 1};
    SweepSettings settings{.largest = 4 + static_cast<int>(random() % 30),
                           .most_windows = 15 + static_cast<int>(random() % 30),
                           .seed = seed};
    settings.sizes = SpreadSizes(1, settings.largest, 3 + static_cast<int>(random() % 4), 2);
    const uint64_t late = random() % 10;
    SizeSweep sweep(settings);
    SweepAction action = sweep.Begin();
    std::map<int, std::set<int>> rounds;
    size_t asked = 0;
    while (const auto* next = std::get_if<MeasureSize>(&action)) {
      ASSERT_LE(++asked, static_cast<size_t>(settings.most_windows)) << seed;
      ASSERT_GE(next->size, 1) << seed;
      ASSERT_LE(next->size, settings.largest) << seed;
      ASSERT_TRUE(rounds[next->size].insert(next->round).second) << "twice in one round, seed " << seed;
      SizeWindow window = service.Measure(next->size, next->round, seed);
      window.valid = random() % 10 >= late;
      action = sweep.Next(std::move(window));
    }
    ASSERT_EQ(sweep.windows().size(), asked) << seed;
    if (!std::get<SweepDone>(action).complete) continue;
    std::map<int, int> valid;
    for (const SizeWindow& window : sweep.windows()) valid[window.size] += window.valid ? 1 : 0;
    for (const auto& [size, of_size] : rounds) ASSERT_GE(valid[size], settings.repeats) << seed;
    const auto decision = DecideSize(sweep.windows(), seed, 50);
    ASSERT_TRUE(decision.has_value()) << seed;
    ASSERT_LE(decision->chosen, decision->best) << seed;
  }
}

TEST(SizeSweep, EveryRoundHoldsEverySizeInAnotherOrder) {
  const SweepOutcome outcome = Drive({Plateau}, {.sizes = {6, 7, 8, 9, 10}, .largest = 10, .seed = 3});
  ASSERT_GE(outcome.asked.size(), 15U);
  std::set<std::vector<int>> orders;
  for (size_t round = 0; round < 3; ++round) {
    std::vector<int> order;
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(outcome.asked[round * 5 + i].round, static_cast<int>(round) + 1);
      order.push_back(outcome.asked[round * 5 + i].size);
    }
    orders.insert(order);
    std::ranges::sort(order);
    EXPECT_THAT(order, ElementsAre(6, 7, 8, 9, 10));
  }
  EXPECT_GT(orders.size(), 1U);
}

TEST(SizeSweep, ASizeWhoseGeneratorWasLateIsMeasuredAgainBesideItsRivals) {
  constexpr size_t kSpoilt = 7;
  SizeSweep sweep({.sizes = {1, 2, 3, 4, 5}, .largest = 5, .most_windows = 18});
  const SizedService service{Plateau};
  SweepAction action = sweep.Begin();
  std::vector<MeasureSize> asked;
  while (const auto* next = std::get_if<MeasureSize>(&action)) {
    SizeWindow window = service.Measure(next->size, next->round, 1);
    window.valid = asked.size() != kSpoilt;
    asked.push_back(*next);
    action = sweep.Next(std::move(window));
  }
  ASSERT_GT(asked.size(), 15U);
  std::set<int> again;
  for (size_t i = 15; i < asked.size(); ++i) {
    EXPECT_EQ(asked[i].round, 4);
    again.insert(asked[i].size);
  }
  EXPECT_TRUE(again.contains(asked[kSpoilt].size));
  EXPECT_TRUE(again.contains(5)) << "the best, with which it is compared";
}

TEST(SizeSweep, TheTimeThatIsLeftGoesToTheRivals) {
  const SweepOutcome outcome = Drive({Plateau}, {.sizes = {1, 2, 4, 6, 7}, .largest = 7, .most_windows = 40});
  std::map<int, int> windows;
  for (const MeasureSize& each : outcome.asked) ++windows[each.size];
  EXPECT_EQ(windows[1], 3);
  EXPECT_GT(windows[outcome.decision.chosen], 6);
  EXPECT_TRUE(outcome.done.complete);
}

TEST(SizeSweep, ASizeThatWasBegunGetsItsRepeatsWhereTheTimeBecomesShort) {
  SizeSweep sweep({.sizes = {1, 2, 3, 5, 10}, .largest = 10, .most_windows = 40});
  const SizedService service{Plateau};
  SweepAction action = sweep.Begin();
  std::map<int, int> windows;
  while (const auto* next = std::get_if<MeasureSize>(&action)) {
    ++windows[next->size];
    if (windows.size() > 5) sweep.Allow(15);
    action = sweep.Next(service.Measure(next->size, next->round, 1));
  }
  ASSERT_EQ(windows.size(), 6U);
  for (const auto& [size, count] : windows) EXPECT_GE(count, 3) << size;
}

TEST(SizeSweep, AGeneratorThatIsAlwaysLateEndsInTime) {
  SizeSweep sweep({.sizes = {1, 2, 3, 4, 5}, .largest = 5, .most_windows = 24});
  SweepAction action = sweep.Begin();
  size_t asked = 0;
  while (const auto* next = std::get_if<MeasureSize>(&action)) {
    ASSERT_THAT(++asked, Le(24U));
    action = sweep.Next({.size = next->size, .round = next->round, .valid = false});
  }
  EXPECT_FALSE(std::get<SweepDone>(action).complete);
  EXPECT_FALSE(DecideSize(sweep.windows(), 1, 100).has_value());
}

TEST(SizeWindows, WhatIsNotAnsweredIsSlowerThanAll) {
  SizedService service{Plateau};
  std::vector<SizeWindow> windows;
  for (int round = 1; round <= 3; ++round) {
    for (const int size : {2, 6}) windows.push_back(service.Measure(size, round, 5));
  }
  // The larger size loses three requests in a hundred.
  for (SizeWindow& window : windows) {
    if (window.size != 6) continue;
    for (SparseCounts& second : window.seconds)
      second.emplace_back(stats::Histogram::IndexOf(stats::Histogram::kHighest), 5);
  }
  const auto decision = DecideSize(windows, 1, 200);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->quantile, 0.99);
  EXPECT_EQ(decision->best, 2);
  EXPECT_FALSE(decision->sizes[1].overlaps);
}

TEST(SizeWindows, FewRequestsGiveALowerQuantile) {
  SizedService service{Plateau, 0.1, 10, 2};
  std::vector<SizeWindow> windows;
  for (int round = 1; round <= 3; ++round) windows.push_back(service.Measure(4, round, 1));
  EXPECT_EQ(QuantileFor(windows), 0.5);
  windows.resize(1);
  EXPECT_EQ(QuantileFor(windows), std::nullopt);
  service.requests = 100;
  windows = {service.Measure(4, 1, 1)};
  EXPECT_EQ(QuantileFor(windows), 0.95);
}

TEST(SizeWindows, ASizeWithTooFewWindowsIsShownButNotChosen) {
  SizedService service{Plateau};
  std::vector<SizeWindow> windows;
  for (int round = 1; round <= 3; ++round) {
    for (const int size : {6, 8, 12}) windows.push_back(service.Measure(size, round, 5));
  }
  windows[0].valid = false;
  const auto decision = DecideSize(windows, 1, 200, 3);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->chosen, 8);
  EXPECT_EQ(decision->sizes[0].windows, 2);
  EXPECT_FALSE(decision->sizes[0].overlaps);
  EXPECT_FALSE(DecideSize(windows, 1, 200, 4).has_value());
}

TEST(SizeWindows, EqualArgumentsGiveEqualDigits) {
  SizedService service{Interior};
  std::vector<SizeWindow> windows;
  for (int round = 1; round <= 3; ++round) {
    for (const int size : {1, 4, 16}) windows.push_back(service.Measure(size, round, 9));
  }
  const auto first = DecideSize(windows, 3, 200);
  const auto second = DecideSize(windows, 3, 200);
  ASSERT_TRUE(first && second);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(first->sizes[i].interval.lo, second->sizes[i].interval.lo);
    EXPECT_EQ(first->sizes[i].ratio_interval.hi, second->sizes[i].ratio_interval.hi);
  }
}

TEST(SpreadSizes, AreSpreadByRatio) {
  EXPECT_THAT(SpreadSizes(1, 32, 6, 0), ElementsAre(1, 2, 3, 6, 14, 32));
  EXPECT_THAT(SpreadSizes(1, 3, 6, 2), ElementsAre(1, 2, 3));
  EXPECT_THAT(SpreadSizes(2, 10, 5, 4), ElementsAre(2, 3, 4, 6, 10));
  EXPECT_THAT(SpreadSizes(4, 4, 5, 4), ElementsAre(4));
}

}  // namespace
}  // namespace hone::load
