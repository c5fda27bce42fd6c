#include "ops/pool_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/pool_bounds.h"
#include "stats/histogram.h"

namespace hone::ops {
namespace {

// Sizes with their p99 in ms; those that `as_good` names overlap the best.
load::SizeDecision Decision(const std::vector<std::pair<int, double>>& sizes, const std::vector<int>& as_good) {
  load::SizeDecision decision{.quantile = 0.99, .best = as_good.back(), .chosen = as_good.front()};
  for (const auto& [size, ms] : sizes) {
    const bool overlaps = std::ranges::find(as_good, size) != as_good.end();
    decision.sizes.push_back({.size = size,
                              .windows = 3,
                              .n = 2000,
                              .value = ms * 1e6,
                              .interval = {ms * 0.9e6, ms * 1.1e6},
                              .pairs = 3,
                              .ratio_interval = {ms * 0.09, ms * 0.11},  // to a best of 10 ms
                              .overlaps = overlaps});
  }
  return decision;
}

std::string Judged(const std::optional<load::SizeDecision>& decision, std::optional<int> current,
                   std::optional<double> waiting = {}, const project::Pool& pool = {}) {
  return JudgePool(decision, current, CapOf(pool), {.rate = 100}, waiting, pool).name;
}

TEST(PoolReport, WithoutADecisionItIsInconclusive) { EXPECT_EQ(Judged(std::nullopt, 4), "inconclusive"); }

TEST(PoolReport, AsGoodAsTheBestIsWellSizedAlsoWhereFewerWouldDo) {
  EXPECT_EQ(Judged(Decision({{1, 90}, {2, 12}, {4, 10}, {8, 10}}, {2, 4, 8}), 8), "well_sized");
  EXPECT_EQ(Judged(Decision({{1, 90}, {2, 12}, {4, 10}, {8, 10}}, {2, 4, 8}), 2), "well_sized");
}

TEST(PoolReport, FewerThanTheSmallestGoodOneStarves) {
  EXPECT_EQ(Judged(Decision({{1, 90}, {2, 40}, {4, 10}, {8, 10}}, {4, 8}), 2), "starved");
}

TEST(PoolReport, MoreThanTheLargestGoodOneIsTooMany) {
  EXPECT_EQ(Judged(Decision({{1, 90}, {2, 10}, {4, 11}, {8, 40}}, {2, 4}), 8), "oversized");
}

TEST(PoolReport, ALittleTooManyIsWellSized) {
  EXPECT_EQ(Judged(Decision({{1, 90}, {4, 10}, {8, 12}}, {4}), 8), "well_sized") << "at least 1.08 times the best";
  EXPECT_EQ(Judged(Decision({{1, 90}, {4, 10}, {8, 13}}, {4}), 8), "oversized") << "at least 1.17 times";
  EXPECT_EQ(Judged(Decision({{2, 12}, {4, 10}, {8, 10}}, {4, 8}), 2), "starved") << "the advice is another size";
}

TEST(PoolReport, WhatWasLeftOutOfTheLaterRoundsIsTooMany) {
  auto decision = Decision({{1, 90}, {2, 10}, {4, 11}, {8, 40}}, {2, 4});
  decision.sizes.back().pairs = 0;
  decision.sizes.back().ratio_interval = {};
  EXPECT_EQ(Judged(decision, 8), "oversized");
  decision.sizes.back().value = 1.05 * 11e6;
  EXPECT_EQ(Judged(decision, 8), "well_sized") << "a little worse is no harm";
}

TEST(PoolReport, ThePresentSizeMustHaveItsWindows) {
  auto decision = Decision({{1, 90}, {2, 10}, {4, 11}, {8, 40}}, {2, 4});
  decision.sizes.back().windows = 2;
  EXPECT_EQ(Judged(decision, 8), "inconclusive");
}

TEST(PoolReport, NoLimitIsTooMany) {
  EXPECT_EQ(Judged(Decision({{1, 10}, {2, 10}}, {1, 2}), std::nullopt), "oversized");
}

TEST(PoolReport, MoreThanTheServerHasIsTooMany) {
  const project::Pool pool{.replicas = 20};
  EXPECT_EQ(Judged(Decision({{1, 90}, {4, 10}, {8, 10}}, {4, 8}), 8, {}, pool), "oversized");
}

TEST(PoolReport, WhereNothingLargerCouldBeTriedThePoolsOwnWaitsTell) {
  const auto decision = Decision({{1, 90}, {2, 40}, {4, 10}}, {4});
  EXPECT_EQ(Judged(decision, 4, 0.05), "well_sized");  // 0.5 ms each at 100 a second
  EXPECT_EQ(Judged(decision, 4, 2.0), "starved");      // 20 ms each
  EXPECT_EQ(Judged(decision, 4), "well_sized");
}

// All connections were held for `share` of the time, 30 ms each.
std::string JudgedByHolds(double share, int current, const project::Pool& pool = {}) {
  const auto decision = Decision({{1, 900}, {2, 400}, {4, 100}}, {4});
  const sql::PoolUse use{
      .seconds = 10, .rate = 100, .hold_s = 0.03, .levels = {{1, 10 * (1 - share), 0}, {4, 10 * share, 0}}};
  return JudgePool(decision, current, CapOf(pool), use, {}, pool).name;
}

TEST(PoolReport, WhereNothingLargerCouldBeTriedTimesInWhichAllWereHeldTell) {
  EXPECT_EQ(JudgedByHolds(0.9, 4), "starved");     // 5.4 ms at least
  EXPECT_EQ(JudgedByHolds(0.1, 4), "well_sized");  // 0.6 ms
  EXPECT_EQ(JudgedByHolds(0.9, 4, {.wait_ns = 10'000'000}), "well_sized");
  EXPECT_EQ(JudgedByHolds(0.9, 4, {.p99_ns = 1'000'000}), "starved") << "waits are no fault of the queries";
  EXPECT_EQ(JudgedByHolds(0.1, 4, {.p99_ns = 1'000'000}), "queries");
  EXPECT_EQ(JudgedByHolds(0.9, 4, {.replicas = 30}), "oversized") << "the server has no more";
}

TEST(PoolReport, WhereNoSizeKeepsTheLoadOrTheBudgetTheQueriesAreTheProblem) {
  const double never = static_cast<double>(stats::Histogram::kHighest) / 1e6;
  EXPECT_EQ(Judged(Decision({{1, never}, {4, never}, {8, never}}, {1, 4, 8}), 8), "queries");
  const auto slow = Decision({{1, 900}, {4, 300}, {8, 310}}, {4, 8});
  EXPECT_EQ(Judged(slow, 8, {}, {.p99_ns = 200'000'000}), "queries");
  EXPECT_EQ(Judged(slow, 8, {}, {.p99_ns = 400'000'000}), "well_sized");
}

}  // namespace
}  // namespace hone::ops
