#include "load/capture.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "load/engine.h"
#include "load/methods.h"
#include "load/simulated_transport.h"
#include "load/validity.h"
#include "stats/histogram_log.h"

namespace hone::load {
namespace {

using base::Nanos;

// A run of two endpoints, one of which answers 200 where 201 is expected.
LoadResult Simulated(double rate = 1000) {
  LoadPlan plan;
  plan.endpoints = {{.name = "GET /orders/{id}", .variants = {"x"}, .weight = 3},
                    {.name = "POST /a;b,c", .variants = {"y"}, .statuses = {201}}};
  plan.rate = rate;
  plan.warmup = 500'000'000;
  plan.duration = 2'000'000'000;
  SimulatedTransport transport(32, [n = 0](Nanos now) mutable { return now + 1'000'000 + 1000 * (n++ % 777); });
  base::Task task;
  return RunShard(plan, 0, 1, transport, transport.Now() + 123'456'789, task);
}

evidence::Computed Compute(std::string_view name, const std::string& bytes,
                           const evidence::Parameters& parameters = {}) {
  const evidence::Capture capture{.kind = std::string(kCaptureKind)};
  const std::vector<evidence::CaptureBytes> captures = {{&capture, bytes}};
  for (const evidence::Method& method : Methods()) {
    if (method.name != name) continue;
    const auto computed = method.compute(captures, parameters, 0);
    EXPECT_TRUE(computed) << name;
    return computed.value_or(evidence::Computed{});
  }
  ADD_FAILURE() << "no method " << name;
  return {};
}

TEST(Capture, RoundTrips) {
  const LoadResult result = Simulated();
  ASSERT_FALSE(result.slices.empty());
  const std::string bytes = Encode(result);
  EXPECT_EQ(bytes, Encode(Simulated()));
  const auto decoded = Decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(*decoded, result);
  EXPECT_EQ(Encode(*decoded), bytes);
}

TEST(Capture, IsAnHdrHistogramLog) {
  const auto log = stats::ReadHistogramLog(Encode(Simulated()));
  ASSERT_TRUE(log);
  bool found = false;
  for (const auto& interval : log->intervals) found |= interval.tag == "response;POST /a;b,c;status;warmup";
  EXPECT_TRUE(found);
}

TEST(Capture, BrokenBytesAreRefused) {
  const std::string good = Encode(Simulated());
  EXPECT_FALSE(Decode(""));
  EXPECT_FALSE(Decode("#[Histogram log format version 1.3]\n"));
  EXPECT_EQ(Decode("#hone load 2\n").error().code, base::Code::kTooNew);
  for (const std::string_view line : {"#hone counts 9 1", "#hone plan x", "#hone other 1", "#comment",
                                      "#hone counts 0 1 2", "#hone window 1 2 0 3"}) {
    EXPECT_FALSE(Decode(good + std::string(line) + "\n")) << line;
  }
  for (const std::string_view tag :
       {"x", "response;GET /orders/{id};fine", "delay;GET /orders/{id};ok", "response;GET /;ok", "response;ok"}) {
    stats::HistogramLog log{.comments = {"hone load 1", "hone endpoint GET /orders/{id}"}};
    log.intervals.push_back({.tag = std::string(tag)});
    EXPECT_FALSE(Decode(stats::WriteHistogramLog(log))) << tag;
  }
}

TEST(Methods, CountsAddUp) {
  const std::string bytes = Encode(Simulated());
  double ended = Compute("load.answered@1", bytes).value + Compute("load.censored@1", bytes).value;
  for (const std::string name : {"status", "refused", "reset", "timeout", "protocol"})
    ended += Compute("load.failed." + name + "@1", bytes).value;
  const auto sent = Compute("load.sent@1", bytes);
  EXPECT_EQ(sent.value, ended);
  EXPECT_GT(sent.value, 1500);
  double by_endpoint = 0;
  for (const std::string endpoint : {"GET /orders/{id}", "POST /a;b,c"})
    by_endpoint += Compute("load.sent@1", bytes, {{"endpoint", endpoint}}).value;
  EXPECT_EQ(sent.value, by_endpoint);
  EXPECT_EQ(Compute("load.failed_share@1", bytes, {{"endpoint", "POST /a;b,c"}}).value, 1);
}

TEST(Methods, TimesAreThoseOfTheMergedHistogram) {
  const LoadResult result = Simulated();
  const std::string bytes = Encode(result);
  const auto merged = Merged(result, Timing::kResponse, Outcome::kOk, "GET /orders/{id}");
  ASSERT_TRUE(merged);
  const evidence::Parameters endpoint = {{"endpoint", "GET /orders/{id}"}};
  const auto p99 = Compute("load.response.p99@1", bytes, endpoint);
  EXPECT_EQ(p99.value, static_cast<double>(merged->ValueAtQuantile(0.99)));
  EXPECT_EQ(p99.n, merged->count());
  EXPECT_EQ(p99.validity, evidence::Validity::kValid);
  ASSERT_TRUE(p99.interval);
  EXPECT_LE(p99.interval->lo, p99.value);
  EXPECT_GE(p99.interval->hi, p99.value);
  EXPECT_EQ(Compute("load.response.max@1", bytes, endpoint).value, static_cast<double>(merged->Max()));
  // 1,500 answers cannot bound a p99.9 at 95 %.
  EXPECT_EQ(Compute("load.response.p999@1", bytes, endpoint).validity, evidence::Validity::kTooFew);
  EXPECT_GT(Compute("load.response.p50@1", bytes, {{"outcome", "status"}}).n, 100);
  EXPECT_EQ(Compute("load.service.p50@1", bytes, {{"outcome", "reset"}}).validity, evidence::Validity::kTooFew);
}

TEST(Methods, AllAnswerAndNamesDiffer) {
  const std::string bytes = Encode(Simulated());
  std::map<std::string_view, int> names;
  for (const evidence::Method& method : Methods()) {
    EXPECT_EQ(names[method.name]++, 0);
    Compute(method.name, bytes);
  }
  EXPECT_EQ(names.size(), 30U);
}

TEST(Methods, MisspeltParametersAreRefused) {
  const std::string bytes = Encode(Simulated());
  const std::vector<evidence::CaptureBytes> captures = {{nullptr, bytes}};
  const evidence::Method& p50 = Methods().front();
  EXPECT_FALSE(p50.compute(captures, {{"endpont", "GET /"}}, 0));
  EXPECT_FALSE(p50.compute(captures, {{"endpoint", "GET /"}}, 0));
  EXPECT_FALSE(p50.compute(captures, {{"outcome", "fine"}}, 0));
  EXPECT_FALSE(p50.compute({}, {}, 0));
  const evidence::Capture other{.kind = "pprof.cpu"};
  const std::vector<evidence::CaptureBytes> wrong = {{&other, bytes}};
  EXPECT_FALSE(p50.compute(wrong, {}, 0));
}

}  // namespace
}  // namespace hone::load
