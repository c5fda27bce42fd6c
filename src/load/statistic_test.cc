#include "load/statistic.h"

#include <gtest/gtest.h>

#include <random>

#include "base/clock.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

using base::Nanos;

Stamps At(Nanos done, Nanos response) {
  return {.intended = done - response,
          .ready = done - response,
          .dequeued = done - response,
          .written = done - response,
          .done = done};
}

TEST(Statistic, ValuesGoIntoTheSecondInWhichTheyEnded) {
  Statistic statistic(1);
  statistic.Record(0, false, At(5 * base::kSecond + 1, 100), {Outcome::kOk, 200});
  statistic.Record(0, false, At(5 * base::kSecond + 2, 100), {Outcome::kOk, 200});
  statistic.Record(0, false, At(9 * base::kSecond, 300), {Outcome::kOk, 200});
  const auto slices = statistic.TakeSlices();
  ASSERT_EQ(slices.size(), 8U);  // two seconds of four timings
  EXPECT_EQ(slices.front().start, 5 * base::kSecond);
  EXPECT_EQ(slices.front().counts, (SparseCounts{{100, 2}}));
  EXPECT_EQ(slices.back().start, 9 * base::kSecond);
  EXPECT_EQ(statistic.counts()[0].statuses.at(200), 3);
  EXPECT_TRUE(statistic.TakeSlices().empty());
}

TEST(Statistic, WhatWasNeverTakenUpHasOnlyAResponseTime) {
  Statistic statistic(1);
  statistic.Record(0, false, {.intended = base::kSecond, .done = 2 * base::kSecond}, {Outcome::kCensored, 0});
  const auto slices = statistic.TakeSlices();
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].timing, Timing::kResponse);
  EXPECT_EQ(statistic.counts()[0].ended[static_cast<size_t>(Outcome::kCensored)], 1);
}

TEST(Statistic, MergedThreadsAreOneThread) {
  std::mt19937_64 random(21);
  Statistic whole(2);
  std::vector<Statistic> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(2);
  Nanos now = base::kSecond;
  for (int i = 0; i < 20000; ++i) {
    now += static_cast<Nanos>(random() % 1'000'000);
    const auto stamps = At(now, static_cast<Nanos>(random() >> (34 + random() % 20)));
    const auto endpoint = static_cast<uint32_t>(random() % 2);
    const Ending ending = random() % 10 == 0 ? Ending{Outcome::kReset, 0} : Ending{Outcome::kOk, 200};
    const bool warmup = now < 3 * base::kSecond;
    whole.Record(endpoint, warmup, stamps, ending);
    threads[random() % 3].Record(endpoint, warmup, stamps, ending);
  }
  std::vector<std::vector<Slice>> parts;
  for (Statistic& thread : threads) parts.push_back(thread.TakeSlices());
  EXPECT_EQ(MergeSlices(std::move(parts)), whole.TakeSlices());
}

}  // namespace
}  // namespace hone::load
