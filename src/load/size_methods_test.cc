#include "load/size_methods.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "load/capture.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

// A window of 600 requests around `ms`, as a capture.
std::string Window(double ms, uint64_t seed, base::Nanos lateness = 100'000) {
  std::mt19937_64 random(seed);
  std::vector<int64_t> times;
  for (int i = 0; i < 600; ++i)
    times.push_back(static_cast<int64_t>(ms * 1e6 * (0.5 + 0.001 * static_cast<double>(random() % 1000))));
  LoadResult result{.endpoints = {"GET /"}, .rate = 200, .start = 0, .end = 3'000'000'000, .wall = 3'000'000'000};
  result.counts.push_back({.arrivals = 600, .ended = {600}});
  for (base::Nanos second = 0; second < 3; ++second) {
    SparseCounts counts;
    std::vector<int64_t> of_second(times.begin() + second * 200, times.begin() + (second + 1) * 200);
    std::ranges::sort(of_second);
    for (const int64_t time : of_second) {
      const auto bucket = static_cast<uint32_t>(stats::Histogram::IndexOf(time));
      if (counts.empty() || counts.back().first != bucket) counts.emplace_back(bucket, 0);
      ++counts.back().second;
    }
    result.slices.push_back({second * 1'000'000'000, 0, Outcome::kOk, Timing::kResponse, false, counts});
    const auto late = static_cast<uint32_t>(stats::Histogram::IndexOf(lateness));
    result.slices.push_back({second * 1'000'000'000, 0, Outcome::kOk, Timing::kLateness, false, {{late, 200}}});
  }
  return Encode(result);
}

class SizeMethodsTest : public ::testing::Test {
 protected:
  void Add(int size, int round, std::string bytes) {
    evidence::Capture capture;
    capture.kind = kCaptureKind;
    capture.parameters = {{"pool_size", std::to_string(size)}, {"pool_round", std::to_string(round)}};
    captures_.push_back(capture);
    bytes_.push_back(std::move(bytes));
  }
  void AddRounds(int rounds) {
    for (int round = 1; round <= rounds; ++round) {
      for (const auto& [size, ms] : {std::pair(1, 80.0), std::pair(4, 10.0), std::pair(8, 10.0), std::pair(16, 30.0)})
        Add(size, round, Window(ms, static_cast<uint64_t>(round * 100 + size)));
    }
  }
  evidence::Computed Compute(std::string_view name, const evidence::Parameters& parameters = {}) const {
    std::vector<evidence::CaptureBytes> views;
    for (size_t i = 0; i < captures_.size(); ++i) views.push_back({&captures_[i], bytes_[i]});
    const auto method = std::ranges::find(SizeMethods(), name, &evidence::Method::name);
    const auto computed = method->compute(views, parameters, 1);
    EXPECT_TRUE(computed.has_value()) << name;
    return computed.value_or(evidence::Computed{});
  }

  std::vector<evidence::Capture> captures_;
  std::vector<std::string> bytes_;
};

TEST_F(SizeMethodsTest, TheSmallestOfThoseThatAreAsGoodIsTheSize) {
  AddRounds(3);
  const evidence::Computed size = Compute("pool.size@2");
  EXPECT_EQ(size.validity, evidence::Validity::kValid);
  EXPECT_EQ(size.value, 4);
  ASSERT_TRUE(size.interval);
  EXPECT_EQ(size.interval->hi, 8);
  EXPECT_EQ(Compute("pool.quantile@2").value, 0.99);
  EXPECT_NEAR(Compute("pool.response@2", {{"size", "16"}}).value, 45e6, 1e6);
  const evidence::Computed ratio = Compute("pool.response_ratio@2", {{"size", "16"}});
  EXPECT_NEAR(ratio.value, 3, 0.1);
  EXPECT_GT(ratio.interval->lo, 2.5);
  EXPECT_EQ(ratio.n, 1800);
}

TEST_F(SizeMethodsTest, FewRoundsAreNoEvidence) {
  AddRounds(2);
  EXPECT_EQ(Compute("pool.size@2").validity, evidence::Validity::kTooFew);
  EXPECT_EQ(Compute("pool.response@2", {{"size", "4"}}).validity, evidence::Validity::kTooFew);
}

TEST_F(SizeMethodsTest, RoundsWithALateGeneratorAreLeftOut) {
  AddRounds(2);
  for (const int size : {1, 4, 8, 16}) Add(size, 3, Window(10, 7, 50'000'000));
  EXPECT_EQ(Compute("pool.size@2").validity, evidence::Validity::kGeneratorBound);
  EXPECT_EQ(Compute("pool.response@2", {{"size", "4"}}).validity, evidence::Validity::kTooFew);
}

TEST_F(SizeMethodsTest, OneSizeThatWasSpoiltIsLeftOut) {
  AddRounds(2);
  for (const int size : {1, 4, 8, 16}) Add(size, 3, Window(10, 7, size == 1 ? 50'000'000 : 100'000));
  EXPECT_EQ(Compute("pool.size@2").validity, evidence::Validity::kValid);
  EXPECT_EQ(Compute("pool.size@2").value, 4);
  EXPECT_EQ(Compute("pool.response@2", {{"size", "1"}}).validity, evidence::Validity::kTooFew);
}

TEST_F(SizeMethodsTest, AFastSizeThatWasSpoiltLeavesTheAnswerOpen) {
  AddRounds(2);
  for (const int size : {1, 4, 8, 16}) Add(size, 3, Window(size == 1 ? 80 : 10, 7, size == 1 ? 100'000 : 50'000'000));
  EXPECT_EQ(Compute("pool.size@2").validity, evidence::Validity::kGeneratorBound);
}

TEST_F(SizeMethodsTest, OtherCapturesAreRefused) {
  AddRounds(1);
  captures_[0].parameters.erase("pool_round");
  const evidence::CaptureBytes view{captures_.data(), bytes_[0]};
  for (const evidence::Method& method : SizeMethods()) {
    EXPECT_FALSE(method.compute({&view, 1}, {{"size", "4"}}, 1)) << method.name;
    EXPECT_FALSE(method.compute({&view, 1}, {}, 1)) << method.name;
  }
}

}  // namespace
}  // namespace hone::load
