#include "metrics/prometheus.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "metrics/methods.h"

namespace hone::metrics {
namespace {

constexpr std::string_view kBefore = R"(# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 12
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
# TYPE go_sync_mutex_wait_total_seconds_total counter
go_sync_mutex_wait_total_seconds_total 0.25
# TYPE http_requests_total counter
http_requests_total{code="200",path="/orders/{id}"} 100
http_requests_total{code="500",path="/orders/{id}"} 1
pgxpool_acquire_count 10
pgxpool_acquire_duration_ns 1e9
pgxpool_max_conns 8
)";

constexpr std::string_view kAfter = R"(go_goroutines 15
process_start_time_seconds 1.7e+09
go_sync_mutex_wait_total_seconds_total 0.75
http_requests_total{path="/orders/{id}",code="200"} 160 1700000000000
http_requests_total{code="500",path="/orders/{id}",} 3 # {trace_id="a"} 1.0
http_requests_total{code="404",path="/orders/{id}"} 2
pgxpool_acquire_count 30
pgxpool_acquire_duration_ns 3e9
pgxpool_max_conns 8
# EOF
)";

Snapshot Read(std::string_view text) {
  auto snapshot = Parse(text);
  EXPECT_TRUE(snapshot);
  return snapshot ? *std::move(snapshot) : Snapshot{};
}

TEST(PrometheusTest, ReadsSamplesTypesAndEscapes) {
  const Snapshot snapshot =
      Read("# TYPE x counter\nx{a=\"q\\\"\\\\\\n\" , b = \"2\"} +Inf\ny NaN 5\n  z\t-1.5e-3\r\nw{} 1\n");
  ASSERT_EQ(snapshot.samples.size(), 4u);
  EXPECT_EQ(snapshot.samples[0].labels, (Labels{{"a", "q\"\\\n"}, {"b", "2"}}));
  EXPECT_TRUE(std::isinf(snapshot.samples[0].value));
  EXPECT_TRUE(std::isnan(snapshot.samples[1].value));
  EXPECT_EQ(snapshot.samples[2].value, -1.5e-3);
  EXPECT_EQ(snapshot.types.at("x"), Type::kCounter);
  EXPECT_EQ(snapshot.skipped_lines, 0u);
  EXPECT_EQ(snapshot.Sum("x"), std::nullopt);
}

TEST(PrometheusTest, CountsLinesThatCannotBeRead) {
  const Snapshot snapshot =
      Read("ok 1\nno value\n{x=\"1\"} 2\nbad{a=\"b} 1\ntwice{a=\"1\",a=\"2\"} 1\nlate 1 x\n1e5 1\nx +-1\n");
  EXPECT_EQ(snapshot.samples.size(), 1u);
  EXPECT_EQ(snapshot.skipped_lines, 7u);
}

TEST(PrometheusTest, RefusesWhatIsNoMetrics) {
  EXPECT_FALSE(Parse("<!DOCTYPE html>\n<html><body>Not found</body></html>\n"));
  EXPECT_FALSE(Parse(std::string_view("\x1f\x8b\x08\x00\x00", 5)));
  EXPECT_TRUE(Parse(""));  // a service may export nothing
  EXPECT_FALSE(Parse("a 1\nb 1\nc 1\n", {.bytes = 1000, .samples = 2, .labels = 8}));
  EXPECT_FALSE(Parse("a 1\n", {.bytes = 2, .samples = 2, .labels = 8}));
}

TEST(PrometheusTest, CountersGrowOverLabelsAndRestarts) {
  const Snapshot before = Read(kBefore);
  Snapshot after = Read(kAfter);
  EXPECT_EQ(CounterDelta(before, after, "http_requests_total"), 64);
  EXPECT_EQ(CounterDelta(before, after, "http_requests_total", {{"code", "200"}}), 60);
  EXPECT_EQ(CounterDelta(before, after, "no_such_total"), std::nullopt);
  EXPECT_EQ(CounterDelta(after, before, "pgxpool_acquire_count"), 10) << "it fell: a reset";
  for (Sample& sample : after.samples) {
    if (sample.name == "process_start_time_seconds") sample.value += 60;
  }
  EXPECT_EQ(CounterDelta(before, after, "http_requests_total"), 165) << "another process";
}

TEST(PrometheusTest, KnowsTheRuntimeAndPools) {
  const RuntimeDelta runtime = RuntimeBetween(Read(kBefore), Read(kAfter));
  EXPECT_EQ(runtime.mutex_wait_seconds, 0.5);
  EXPECT_EQ(runtime.goroutines, 15);
  EXPECT_EQ(runtime.gc_cpu_seconds, std::nullopt);
  const auto pool = PoolBetween(Read(kBefore), Read(kAfter));
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->acquires, 20);
  EXPECT_DOUBLE_EQ(*pool->acquire_seconds, 2);
  EXPECT_EQ(pool->max_connections, 8);
  EXPECT_FALSE(PoolBetween(Read("x 1\n"), Read("x 1\n")));
}

TEST(PrometheusTest, RedactionKeepsOnlyWhatIsNoData) {
  const auto token = [](std::string_view value) { return "t" + std::to_string(value.size()); };
  const auto redacted = Redact(
      "# HELP x secret words\n# TYPE x counter\nx{user=\"alice\",le=\"0.5\"} 1 17 # {trace=\"secret\"} 1\n", token);
  ASSERT_TRUE(redacted);
  EXPECT_EQ(*redacted, "# TYPE x counter\nx{le=\"0.5\",user=\"t5\"} 1\n");
  EXPECT_EQ(
      CounterDelta(Read(kBefore), Read(*Redact(kAfter, [](auto v) { return std::string(v); })), "http_requests_total"),
      64);
}

TEST(TypicalWait, AWaitOfFewIsNotTypical) {
  EXPECT_EQ(TypicalWait({.waits = 1, .wait_seconds = 0.02}, 25), 0);
  EXPECT_EQ(TypicalWait({.waits = 20, .wait_seconds = 0.02}, 20), 1'000'000);
  EXPECT_EQ(TypicalWait({.waits = 40, .wait_seconds = 0.02}, 20), 1'000'000) << "each waits twice";
  EXPECT_EQ(TypicalWait({.waits = {}, .wait_seconds = 0.02}, 20), 1'000'000) << "who waited is not known";
  EXPECT_EQ(TypicalWait({.waits = 3}, 20), std::nullopt);
  EXPECT_EQ(TypicalWait({.waits = 3, .wait_seconds = 0.02}, 0), std::nullopt);
}

base::Result<evidence::Computed> Compute(std::string_view method, const evidence::Parameters& parameters,
                                         const char* requests = "20") {
  evidence::Capture before, after;
  before.kind = after.kind = "metrics.prometheus";
  if (requests != nullptr) after.parameters["requests"] = requests;
  const std::array<evidence::CaptureBytes, 2> captures = {{{&before, kBefore}, {&after, kAfter}}};
  for (const evidence::Method& m : Methods()) {
    if (m.name == method) return m.compute(captures, parameters, 0);
  }
  return base::Fail(base::Code::kNotFound, "no such method");
}

TEST(MetricsMethodsTest, ComputePerRequestAndGauge) {
  const auto wait =
      Compute("metrics.counter_per_request@1", {{"name", "go_sync_mutex_wait_total_seconds_total"}, {"scale", "1e9"}});
  ASSERT_TRUE(wait);
  EXPECT_DOUBLE_EQ(wait->value, 25e6);
  EXPECT_EQ(wait->n, 20);
  EXPECT_EQ(Compute("metrics.counter_delta@1", {{"name", "http_requests_total"}, {"labels", "code=200"}})->value, 60);
  EXPECT_EQ(Compute("metrics.gauge@1", {{"name", "go_goroutines"}})->value, 15);
}

TEST(MetricsMethodsTest, SayWhatTheyLack) {
  EXPECT_EQ(Compute("metrics.counter_delta@1", {{"name", "absent"}}).error().code, base::Code::kNotFound);
  EXPECT_EQ(Compute("metrics.counter_delta@1", {}).error().code, base::Code::kInput);
  EXPECT_EQ(Compute("metrics.counter_per_request@1", {{"name", "go_goroutines"}}, nullptr).error().code,
            base::Code::kInput);
  EXPECT_EQ(Compute("metrics.counter_per_request@1", {{"name", "go_goroutines"}}, "-3").error().code,
            base::Code::kInput);
  EXPECT_EQ(Compute("metrics.gauge@1", {{"name", "go_goroutines"}, {"labels", "x"}}).error().code, base::Code::kInput);
  EXPECT_EQ(Compute("metrics.gauge@1", {{"name", "go_goroutines"}, {"scale", "nan"}}).error().code, base::Code::kInput);
}

}  // namespace
}  // namespace hone::metrics
