#include "load/validity.h"

#include <gtest/gtest.h>

#include "load/thresholds.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

using evidence::Validity;

LoadResult Result(int64_t lateness_ns, int64_t response_ns, uint32_t answers = 1000) {
  LoadResult result{.endpoints = {"GET /"}, .cpu = 10, .wall = 100};
  const auto slice = [&](Timing timing, int64_t value) {
    const auto index = static_cast<uint32_t>(stats::Histogram::IndexOf(value));
    result.slices.push_back({.timing = timing, .counts = {{index, answers}}});
  };
  slice(Timing::kResponse, response_ns);
  slice(Timing::kLateness, lateness_ns);
  return result;
}

TEST(Validity, LatenessIsBearableUpToATenthOfTheResponse) {
  EXPECT_EQ(Judge(Result(900'000, 1'000'000)).validity, Validity::kValid);  // below the floor
  EXPECT_EQ(Judge(Result(4'000'000, 50'000'000)).validity, Validity::kValid);
  EXPECT_EQ(Judge(Result(6'000'000, 50'000'000)).validity, Validity::kGeneratorBound);
  EXPECT_FALSE(Judge(Result(6'000'000, 50'000'000)).reason.empty());
}

TEST(Validity, CpuAndCounts) {
  LoadResult busy = Result(0, 1'000'000);
  busy.cpu = 86;
  EXPECT_EQ(Judge(busy).validity, Validity::kGeneratorBound);
  EXPECT_EQ(Judge(Result(0, 1'000'000, kLeastAnswers - 1)).validity, Validity::kTooFew);
  EXPECT_EQ(Judge(Result(0, 1'000'000, kLeastAnswers)).validity, Validity::kValid);
  EXPECT_EQ(Judge(LoadResult()).validity, Validity::kTooFew);
}

TEST(Validity, TheWarmUpDoesNotCount) {
  LoadResult result = Result(0, 1'000'000);
  Slice slice = Result(900'000'000, 1).slices[1];
  slice.warmup = true;
  result.slices.push_back(slice);
  EXPECT_EQ(Judge(result).validity, Validity::kValid);
}

}  // namespace
}  // namespace hone::load
