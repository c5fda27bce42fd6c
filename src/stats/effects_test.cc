// Proportions, paired effects and lines against published or independently computed values.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "stats/paired.h"
#include "stats/proportion.h"
#include "stats/regression.h"

namespace hone::stats {
namespace {

// R 4: prop.test(15, 50, correct = FALSE) and binom.test(15, 50).
TEST(Proportion, AgreesWithR) {
  const Interval wilson = WilsonInterval(15, 50);
  EXPECT_NEAR(wilson.lo, 0.1910, 1e-4);
  EXPECT_NEAR(wilson.hi, 0.4375, 1e-4);
  const Interval exact = ClopperPearsonInterval(15, 50);
  EXPECT_NEAR(exact.lo, 0.1786, 1e-4);
  EXPECT_NEAR(exact.hi, 0.4461, 1e-4);
}

TEST(Proportion, EndsAreSharp) {
  for (const auto interval : {WilsonInterval, ClopperPearsonInterval}) {
    EXPECT_EQ(interval(0, 100, 0.95).lo, 0);
    EXPECT_EQ(interval(100, 100, 0.95).hi, 1);
    EXPECT_LT(interval(0, 100, 0.95).hi, 0.05);
    EXPECT_EQ(interval(0, 0, 0.95).hi, 1);
  }
}

// Student's own data (sleep, R): differences with mean 1.58 and interval [0.7001, 2.4599].
TEST(Paired, StudentsSleepData) {
  const double differences[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
  std::vector<double> a(10, 1);
  std::vector<double> b;
  for (const double difference : differences) b.push_back(std::exp(difference));
  const Effect effect = PairedRatio(a, b);
  ASSERT_TRUE(effect.interval);
  EXPECT_NEAR(std::log(effect.value), 1.58, 1e-12);
  EXPECT_NEAR(std::log(effect.interval->lo), 0.7001, 1e-4);
  EXPECT_NEAR(std::log(effect.interval->hi), 2.4599, 1e-4);
}

// Hollander and Wolfe's depression data (R: wilcox.test(y, x, paired = TRUE, conf.int = TRUE)): estimate -0.46, 95 %
// [-0.786, -0.010].
TEST(Paired, HodgesLehmannAsPublished) {
  const std::vector<double> x = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> y = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  std::vector<double> differences;
  for (size_t i = 0; i < x.size(); ++i) differences.push_back(y[i] - x[i]);
  const Effect effect = HodgesLehmann(differences);
  EXPECT_NEAR(effect.value, -0.46, 1e-9);
  ASSERT_TRUE(effect.interval);
  EXPECT_NEAR(effect.interval->lo, -0.786, 1e-9);
  EXPECT_NEAR(effect.interval->hi, -0.010, 1e-9);
}

TEST(Paired, TooFewPairsHaveNoInterval) {
  const std::vector<double> one = {1};
  EXPECT_FALSE(PairedRatio(one, one).interval);
  EXPECT_EQ(PairedRatio(one, one).value, 1);
  const std::vector<double> five = {1, 2, 3, 4, 5};
  EXPECT_FALSE(HodgesLehmann(five).interval);
  EXPECT_EQ(HodgesLehmann(five).value, 3);
  EXPECT_EQ(HodgesLehmann({}).pairs, 0);
}

TEST(Paired, CoverAsOftenAsTheySay) {
  std::mt19937_64 random(9);
  std::lognormal_distribution<double> noise(0, 0.2);
  for (const size_t pairs : {8U, 20U, 80U}) {
    int student = 0;
    int rank = 0;
    const int rounds = 1000;
    for (int round = 0; round < rounds; ++round) {
      std::vector<double> a(pairs);
      std::vector<double> b(pairs);
      for (size_t i = 0; i < pairs; ++i) {
        a[i] = noise(random);
        b[i] = 1.3 * noise(random);
      }
      const Effect t = PairedRatio(a, b);
      const Effect w = HodgesLehmannRatio(a, b);
      ASSERT_TRUE(t.interval && w.interval);
      student += t.interval->lo <= 1.3 && 1.3 <= t.interval->hi;
      rank += w.interval->lo <= 1.3 && 1.3 <= w.interval->hi;
    }
    // Three standard errors of a share of 0.95 over 1,000 rounds are 2.1 %.
    EXPECT_GT(student, 0.929 * rounds) << pairs;
    EXPECT_GT(rank, 0.929 * rounds) << pairs;
  }
}

TEST(LeastSquares, CollinearPointsAreExact) {
  const std::vector<double> rows = {1, 2, 5, 10, 25, 50, 7};
  std::vector<double> statements;
  for (const double row : rows) statements.push_back(3 + 2 * row);
  const auto line = LeastSquares(rows, statements);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->slope, 2);
  EXPECT_EQ(line->intercept, 3);
  ASSERT_TRUE(line->slope_interval && line->intercept_interval);
  EXPECT_EQ(line->slope_interval->lo, 2);
  EXPECT_EQ(line->slope_interval->hi, 2);
  EXPECT_EQ(line->intercept_interval->lo, 3);
  EXPECT_EQ(line->residual_sd, 0);
  const std::vector<double> flat(rows.size(), 4);
  EXPECT_EQ(LeastSquares(rows, flat)->slope, 0);
}

TEST(LeastSquares, WithoutASlopeThereIsNone) {
  const std::vector<double> same = {2, 2, 2};
  const std::vector<double> y = {1, 2, 3};
  EXPECT_FALSE(LeastSquares(same, y));
  EXPECT_FALSE(TheilSen(same, y));
  EXPECT_FALSE(LeastSquares({}, {}));
  const std::vector<double> two = {1, 2};
  ASSERT_TRUE(LeastSquares(two, two));
  EXPECT_FALSE(LeastSquares(two, two)->slope_interval);
}

// Anscombe's first set (R: lm, confint): 3.0001 + 0.5001 x, slope [0.2334, 0.7668], intercept [0.4557, 5.5444],
// sd 1.2366.
TEST(LeastSquares, AnscombesFirstSet) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const auto line = LeastSquares(x, y);
  ASSERT_TRUE(line && line->slope_interval && line->intercept_interval);
  EXPECT_NEAR(line->slope, 0.50009, 1e-5);
  EXPECT_NEAR(line->intercept, 3.00009, 1e-5);
  EXPECT_NEAR(line->slope_interval->lo, 0.2333, 2e-4);
  EXPECT_NEAR(line->slope_interval->hi, 0.7668, 2e-4);
  EXPECT_NEAR(line->intercept_interval->lo, 0.4557, 2e-4);
  EXPECT_NEAR(line->intercept_interval->hi, 5.5444, 2e-4);
  EXPECT_NEAR(line->residual_sd, 1.2366, 1e-4);
}

TEST(TheilSen, OneWildPointDoesNotMoveIt) {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<double> y;
  for (const double value : x) y.push_back(1 + 2 * value);
  y[4] = 1000;
  const auto line = TheilSen(x, y);
  ASSERT_TRUE(line && line->slope_interval);
  EXPECT_EQ(line->slope, 2);
  EXPECT_EQ(line->intercept, 1);
  EXPECT_LE(line->slope_interval->lo, 2);
  EXPECT_GE(line->slope_interval->hi, 2);
}

TEST(TheilSen, CoversAsOftenAsItSays) {
  std::mt19937_64 random(13);
  std::normal_distribution<double> noise(0, 3);
  int covered = 0;
  const int rounds = 500;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> x;
    std::vector<double> y;
    for (int i = 0; i < 30; ++i) {
      x.push_back(i);
      y.push_back(0.5 * i + noise(random));
    }
    const auto line = TheilSen(x, y);
    ASSERT_TRUE(line && line->slope_interval);
    covered += line->slope_interval->lo <= 0.5 && 0.5 <= line->slope_interval->hi;
  }
  EXPECT_GT(covered, 0.92 * rounds);
}

}  // namespace
}  // namespace hone::stats
