#include "stats/quantile_interval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace hone::stats {
namespace {

// Tables of order-statistic intervals (Conover, Practical Nonparametric Statistics, example 3.2; binomial sums by
// hand).
TEST(QuantileRanks, MediansAsInTables) {
  EXPECT_FALSE(QuantileRanks(5, 0.5));
  const auto six = QuantileRanks(6, 0.5);
  ASSERT_TRUE(six);
  EXPECT_EQ(six->lo, 1);
  EXPECT_EQ(six->hi, 6);
  const auto twenty = QuantileRanks(20, 0.5);
  ASSERT_TRUE(twenty);
  EXPECT_EQ(twenty->lo, 6);
  EXPECT_EQ(twenty->hi, 15);
  const auto hundred = QuantileRanks(100, 0.5);
  ASSERT_TRUE(hundred);
  EXPECT_EQ(hundred->lo, 40);
  EXPECT_EQ(hundred->hi, 61);
}

TEST(QuantileRanks, ExtremeQuantilesNeedEnoughValues) {
  EXPECT_FALSE(QuantileRanks(367, 0.99));  // 0.99^367 > 0.025
  const auto ranks = QuantileRanks(368, 0.99);
  ASSERT_TRUE(ranks);
  EXPECT_EQ(ranks->hi, 368);
  EXPECT_FALSE(QuantileRanks(0, 0.5));
  EXPECT_FALSE(QuantileRanks(100, 0));
  EXPECT_FALSE(QuantileRanks(100, 1));
}

TEST(QuantileRanks, SymmetricForTheMedian) {
  for (const int64_t n : {7, 50, 51, 999, 100000}) {
    const auto ranks = QuantileRanks(n, 0.5);
    ASSERT_TRUE(ranks);
    EXPECT_EQ(ranks->lo + ranks->hi, n + 1) << n;
  }
}

TEST(QuantileOf, CoversAtLeastAsOftenAsItSays) {
  std::mt19937_64 random(5);
  std::exponential_distribution<double> exponential(1);
  const double truth = -std::log(1 - 0.9);
  int covered = 0;
  const int rounds = 2000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> values(200);
    for (double& value : values) value = exponential(random);
    const auto estimate = QuantileOf(values, 0.9);
    ASSERT_TRUE(estimate.interval);
    covered += estimate.interval->lo <= truth && truth <= estimate.interval->hi;
  }
  // A standard error is 0.5 %.
  EXPECT_GT(covered, 0.935 * rounds);
}

TEST(QuantileOf, SamplesInAnyOrder) {
  const std::vector<double> even = {4, 1, 3, 2};
  EXPECT_EQ(MedianOf(even).value, 2.5);
  EXPECT_EQ(QuantileOf(even, 0.75).value, 3);
  const std::vector<double> odd = {9, 1, 5};
  EXPECT_EQ(MedianOf(odd).value, 5);
  EXPECT_FALSE(MedianOf(odd).interval);
  EXPECT_EQ(MedianOf({}).n, 0);
}

TEST(QuantileOf, AHistogramAgreesWithItsValues) {
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 1);  // below 2,048 buckets are exact
  Histogram histogram;
  for (const double value : values) histogram.Record(static_cast<int64_t>(value));
  for (const double quantile : {0.25, 0.9, 0.99}) {
    const auto exact = QuantileOf(values, quantile);
    const auto estimate = QuantileOf(histogram, quantile);
    EXPECT_EQ(estimate.value, exact.value);
    ASSERT_TRUE(estimate.interval && exact.interval);
    EXPECT_EQ(estimate.interval->lo, exact.interval->lo);
    EXPECT_EQ(estimate.interval->hi, exact.interval->hi);
    EXPECT_EQ(estimate.n, 1000);
  }
  EXPECT_FALSE(QuantileOf(Histogram(), 0.5).interval);
}

}  // namespace
}  // namespace hone::stats
