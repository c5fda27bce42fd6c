#include "load/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace hone::load {
namespace {

LoadPlan Plan(Arrivals arrivals, double rate, double seconds, uint64_t seed = 1) {
  LoadPlan plan;
  plan.endpoints = {{.name = "a", .variants = {"1", "2", "3"}, .weight = 3},
                    {.name = "b", .variants = {"1"}, .weight = 1}};
  plan.arrivals = arrivals;
  plan.rate = rate;
  plan.duration = std::llround(seconds * 1e9);
  plan.seed = seed;
  return plan;
}

std::vector<Arrival> All(const LoadPlan& plan, uint32_t shard = 0, uint32_t shards = 1) {
  Schedule schedule(plan, shard, shards);
  std::vector<Arrival> all;
  while (const auto arrival = schedule.Next()) all.push_back(*arrival);
  EXPECT_FALSE(schedule.Next());
  return all;
}

TEST(Schedule, ConstantArrivalsAreEvenlySpaced) {
  const auto all = All(Plan(Arrivals::kConstant, 1000, 10));
  ASSERT_EQ(all.size(), 10000U);
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].offset, static_cast<base::Nanos>(i) * 1'000'000);
  // Rates that do not divide a second do not drift.
  const auto thirds = All(Plan(Arrivals::kConstant, 3, 1000));
  ASSERT_EQ(thirds.size(), 3000U);
  EXPECT_EQ(thirds[2999].offset, 999'666'666'667);
}

TEST(Schedule, TheShardsTogetherAreTheWhole) {
  for (const Arrivals arrivals : {Arrivals::kConstant, Arrivals::kPoisson}) {
    const LoadPlan plan = Plan(arrivals, 700, 3);
    const auto whole = All(plan);
    for (const uint32_t shards : {2U, 3U, 7U}) {
      std::vector<Arrival> together;
      for (uint32_t shard = 0; shard < shards; ++shard) {
        const auto part = All(plan, shard, shards);
        together.insert(together.end(), part.begin(), part.end());
      }
      std::stable_sort(together.begin(), together.end(),
                       [](const Arrival& a, const Arrival& b) { return a.offset < b.offset; });
      EXPECT_EQ(together, whole);
    }
  }
}

TEST(Schedule, TheSeedIsAllThatDecides) {
  EXPECT_EQ(All(Plan(Arrivals::kPoisson, 500, 2, 42)), All(Plan(Arrivals::kPoisson, 500, 2, 42)));
  EXPECT_NE(All(Plan(Arrivals::kPoisson, 500, 2, 42)), All(Plan(Arrivals::kPoisson, 500, 2, 43)));
}

TEST(Schedule, PoissonArrivalsAreOne) {
  const auto all = All(Plan(Arrivals::kPoisson, 1000, 100));
  // 100,000 expected; five standard deviations of a Poisson count are 1,581.
  EXPECT_NEAR(static_cast<double>(all.size()), 100000, 1581);
  // Kolmogorov and Smirnov's distance of the gaps from the exponential distribution; 1.95 / sqrt(n) is passed once in
  // 1,000 times.
  std::vector<double> gaps;
  for (size_t i = 1; i < all.size(); ++i) gaps.push_back(static_cast<double>(all[i].offset - all[i - 1].offset) / 1e6);
  std::sort(gaps.begin(), gaps.end());
  double distance = 0;
  for (size_t i = 0; i < gaps.size(); ++i) {
    distance = std::max(distance,
                        std::abs(1 - std::exp(-gaps[i]) - static_cast<double>(i) / static_cast<double>(gaps.size())));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(static_cast<double>(gaps.size())));
}

TEST(Schedule, EndpointsByWeightAndVariantsEvenly) {
  const auto all = All(Plan(Arrivals::kConstant, 10000, 10));
  double a = 0;
  double second = 0;
  for (const Arrival& arrival : all) {
    a += arrival.endpoint == 0;
    second += arrival.endpoint == 0 && arrival.variant == 1;
    ASSERT_LT(arrival.variant, arrival.endpoint == 0 ? 3U : 1U);
  }
  // Five standard deviations.
  EXPECT_NEAR(a, 75000, 5 * std::sqrt(100000 * 0.75 * 0.25));
  EXPECT_NEAR(second, 25000, 5 * std::sqrt(100000 * 0.25 * 0.75));
}

TEST(Schedule, AnEndpointWithoutWeightGetsNothing) {
  LoadPlan plan = Plan(Arrivals::kConstant, 1000, 5);
  plan.endpoints[1].weight = 0;
  for (const Arrival& arrival : All(plan)) ASSERT_EQ(arrival.endpoint, 0U);
}

}  // namespace
}  // namespace hone::load
