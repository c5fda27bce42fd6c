#include "ops/perturbation.h"

#include <gtest/gtest.h>

#include "load/capture.h"
#include "stats/histogram.h"

namespace hone::ops {
namespace {

// The capture of a window whose requests all took `service_ns`.
std::string Window(int64_t service_ns) {
  load::LoadResult result;
  result.endpoints = {"GET /x"};
  result.rate = 100;
  result.connections = 1;
  result.threads = 1;
  result.end = 1'000'000'000;
  result.counts.resize(1);
  result.counts[0].arrivals = 50;
  result.counts[0].ended[0] = 50;
  result.counts[0].statuses[200] = 50;
  load::Slice slice;
  slice.outcome = load::Outcome::kOk;
  slice.timing = load::Timing::kService;
  slice.counts = {{static_cast<uint32_t>(stats::Histogram::IndexOf(service_ns)), 50}};
  result.slices = {slice};
  return load::Encode(result);
}

base::Result<evidence::Computed> Compute(const std::vector<std::string>& windows) {
  const evidence::Capture capture;
  std::vector<evidence::CaptureBytes> captures;
  for (const std::string& bytes : windows) captures.push_back({&capture, bytes});
  return ExperimentMethods().front().compute(captures, {{"level", "0.95"}}, 0);
}

TEST(PairedRatio, IsTheRatioOfTheArmsMediansLessOne) {
  const auto computed = Compute({Window(1'000'000), Window(1'200'000), Window(2'000'000), Window(2'400'000)}).value();
  EXPECT_NEAR(computed.value, 0.2, 0.002);  // three significant digits of a histogram
  EXPECT_EQ(computed.n, 2);
  EXPECT_EQ(computed.validity, evidence::Validity::kValid);
  ASSERT_TRUE(computed.interval);
  EXPECT_LE(computed.interval->lo, computed.value);
  EXPECT_GE(computed.interval->hi, computed.value);
}

TEST(PairedRatio, OnePairHasNoInterval) {
  EXPECT_EQ(Compute({Window(1'000'000), Window(1'200'000)})->validity, evidence::Validity::kTooFew);
}

TEST(PairedRatio, HalfAPairIsRefused) { EXPECT_FALSE(Compute({Window(1'000'000)})); }

}  // namespace
}  // namespace hone::ops
