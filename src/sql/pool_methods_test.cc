#include "sql/pool_methods.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sql/exchange_for_test.h"
#include "sql/holds.h"
#include "sql/nested.h"

namespace hone::sql {
namespace {

// Two connections, each held for 6 ms of every 10, one 5 ms after the other; a third is opened in the middle.
std::string Holds() {
  constexpr base::Nanos kMs = 1'000'000;
  HoldLog log{.start_ns = 1'000 * kMs, .end_ns = 2'000 * kMs};
  log.connections = {{1, 0, 0, 0}, {2, 0, 0, 0}, {3, 1'500 * kMs, 1'502 * kMs, 0}};
  for (int i = 0; i < 100; ++i) {
    const base::Nanos at = log.start_ns + i * 10 * kMs;
    log.holds.push_back({1, at, at + 6 * kMs, 0, 3});
    log.holds.push_back({2, at + 5 * kMs, std::min(at + 11 * kMs, log.end_ns), 1 * kMs, 1});
  }
  return Encode(log);
}

base::Result<evidence::Computed> Compute(std::string_view name, std::string_view bytes,
                                         const evidence::Parameters& parameters = {}) {
  const evidence::CaptureBytes view{nullptr, bytes};
  const auto method = std::ranges::find(PoolMethods(), name, &evidence::Method::name);
  return method->compute({&view, 1}, parameters, 0);
}

TEST(PoolMethods, HoldsBecomeNumbers) {
  const std::string holds = Holds();
  EXPECT_NEAR(Compute("pool.hold@1", holds)->value, 6e6, 1e4);
  EXPECT_TRUE(Compute("pool.hold@1", holds)->interval.has_value());
  EXPECT_EQ(Compute("pool.rate@1", holds)->value, 200);
  EXPECT_NEAR(Compute("pool.busy@1", holds)->value, 1.2, 0.01);
  EXPECT_EQ(Compute("pool.busy_peak@1", holds)->value, 2);
  EXPECT_EQ(Compute("pool.connections@1", holds)->value, 3);
  EXPECT_EQ(Compute("pool.opened_rate@1", holds)->value, 1);
  EXPECT_EQ(Compute("pool.round_trips@1", holds)->value, 2);
  EXPECT_NEAR(Compute("pool.gate_wait@1", holds)->value, 5e5, 1);
  EXPECT_NEAR(Compute("pool.exhausted@1", holds, {{"size", "2"}})->value, 0.2, 0.01);
  EXPECT_EQ(Compute("pool.setup@1", holds)->value, 2e6);
  EXPECT_EQ(Compute("pool.typical@1", holds, {{"most", "8"}})->value, 2);
  EXPECT_EQ(Compute("pool.typical@1", holds, {{"most", "1"}})->value, 1);
}

TEST(PoolMethods, TheSeedIsBoundByItsCap) {
  const std::string holds = Holds();
  const auto seed = Compute("pool.seed@1", holds, {{"wait_ns", "1000000"}, {"cap", "20"}});
  EXPECT_EQ(seed->validity, evidence::Validity::kValid);
  EXPECT_GE(seed->value, 2);
  EXPECT_EQ(Compute("pool.seed@1", holds, {{"wait_ns", "1000000"}, {"cap", "1"}})->validity,
            evidence::Validity::kTooFew);
  EXPECT_FALSE(Compute("pool.seed@1", holds, {{"wait_ns", "soon"}, {"cap", "1"}}));
  EXPECT_FALSE(Compute("pool.seed@1", holds));
}

TEST(PoolMethods, FewHoldsAreNoEvidence) {
  const std::string none = Encode(HoldLog{.start_ns = 1, .end_ns = 1'000'000'001});
  EXPECT_EQ(Compute("pool.hold@1", none)->validity, evidence::Validity::kTooFew);
  EXPECT_EQ(Compute("pool.connections@1", none)->validity, evidence::Validity::kValid);
  EXPECT_EQ(Compute("pool.setup@1", none)->validity, evidence::Validity::kTooFew);
  EXPECT_EQ(Compute("pool.busy@1", Encode(HoldLog{}))->validity, evidence::Validity::kTooFew);
  EXPECT_EQ(Compute("pool.busy@1", Encode(HoldLog{.start_ns = 1, .end_ns = 9, .dropped = 1}))->validity,
            evidence::Validity::kNoisy);
}

TEST(PoolMethods, ProbesThatStopAreCounted) {
  const std::string probes = Encode(std::vector<Probe>{{true, 1, 1, 1}, {true, 1, 1, 1}, {}});
  EXPECT_EQ(Compute("pool.probe_stops@1", probes)->value, 2);
  EXPECT_EQ(Compute("pool.probe_stops@1", probes)->n, 3);
  EXPECT_EQ(Compute("pool.probe_stops@1", Encode(std::vector<Probe>{{true, 1, 1, 1}}))->validity,
            evidence::Validity::kTooFew);
}

TEST(PoolMethods, TheBoundIsHikariCpsFormula) {
  Script script("");
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(-1, i == 0);
    script.Run("SELECT a FROM t WHERE id = $1", {"1"});
    script.EndRequest();
  }
  const std::string exchange = Encode(script.Build());
  const evidence::Parameters parameters = {{"at_least", "2"}, {"requests_at_once", "32"}};
  EXPECT_EQ(Compute("pool.nested_connections@1", exchange, parameters)->value, 2);
  EXPECT_EQ(Compute("pool.deadlock_bound@1", exchange, parameters)->value, 33);
  EXPECT_EQ(Compute("pool.nested_connections@1", exchange, {{"at_least", "1"}})->value, 1);
}

TEST(PoolMethods, OtherBytesAreRefused) {
  for (const evidence::Method& method : PoolMethods()) {
    EXPECT_FALSE(Compute(
        method.name, "nothing of the kind",
        {{"size", "1"}, {"cap", "1"}, {"wait_ns", "1"}, {"most", "1"}, {"at_least", "1"}, {"requests_at_once", "1"}}))
        << method.name;
  }
}

}  // namespace
}  // namespace hone::sql
