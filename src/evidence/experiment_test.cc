#include "evidence/experiment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hone::evidence {
namespace {

TEST(ArmOrder, IsBalancedAndFixedByTheSeed) {
  for (const int pairs : {0, 1, 2, 9, 10, 51}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const ExperimentPlan plan{.pairs = pairs, .seed = seed};
      const std::vector<bool> order = ArmOrder(plan);
      ASSERT_EQ(order.size(), static_cast<size_t>(pairs));
      EXPECT_LE(std::abs(2 * std::ranges::count(order, true) - pairs), pairs % 2);
      EXPECT_EQ(order, ArmOrder(plan));
    }
  }
}

TEST(ArmOrder, IsTheSameOnEveryMachine) {
  const std::vector<bool> expected = ArmOrder({.pairs = 10, .seed = 42});
  EXPECT_EQ(expected, (std::vector<bool>{false, false, true, true, false, true, false, true, false, true}));
}

TEST(ArmOrder, DiffersFromSeedToSeed) {
  int first_is_a = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) first_is_a += ArmOrder({.pairs = 10, .seed = seed})[0] ? 1 : 0;
  EXPECT_NEAR(first_is_a, 200, 50);
  int only_is_a = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) only_is_a += ArmOrder({.pairs = 1, .seed = seed})[0] ? 1 : 0;
  EXPECT_NEAR(only_is_a, 200, 50);
}

TEST(Judge, GoesByTheWholeInterval) {
  const ExperimentPlan lower{.direction = Direction::kLowerIsBetter, .least_effect = 0.05};
  const ExperimentPlan higher{.direction = Direction::kHigherIsBetter, .least_effect = 0.05};
  EXPECT_EQ(Judge(lower, {-0.20, -0.06}), Verdict::kImproved);
  EXPECT_EQ(Judge(higher, {-0.20, -0.06}), Verdict::kRegressed);
  EXPECT_EQ(Judge(lower, {0.06, 0.20}), Verdict::kRegressed);
  EXPECT_EQ(Judge(higher, {0.06, 0.20}), Verdict::kImproved);
  EXPECT_EQ(Judge(lower, {-0.05, 0.05}), Verdict::kNoChange);
  EXPECT_EQ(Judge(lower, {-0.04, -0.01}), Verdict::kNoChange);
  EXPECT_EQ(Judge(lower, {-0.20, -0.05}), Verdict::kInconclusive);
  EXPECT_EQ(Judge(lower, {-0.20, 0.20}), Verdict::kInconclusive);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Judge(lower, {nan, nan}), Verdict::kInconclusive);
}

TEST(Verdicts, HaveNames) {
  for (const Verdict verdict : {Verdict::kImproved, Verdict::kRegressed, Verdict::kNoChange, Verdict::kInconclusive}) {
    EXPECT_EQ(VerdictNamed(Name(verdict)), verdict);
  }
  EXPECT_EQ(VerdictNamed("better"), std::nullopt);
}

}  // namespace
}  // namespace hone::evidence
