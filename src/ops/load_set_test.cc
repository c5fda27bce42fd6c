#include "ops/load_set.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

constexpr int64_t kMs = 1'000'000;

TEST(RateAlone, KeepsAFewRequestsUnderWay) {
  EXPECT_DOUBLE_EQ(RateAlone({.response_ns = 10 * kMs, .db_ns = kMs, .service_cpu_ns = kMs}, 2, 0.7), 250);
}

TEST(RateAlone, IsBoundedByTheCoresWhereTheWorkIsParallel) {
  EXPECT_DOUBLE_EQ(RateAlone({.response_ns = 10 * kMs, .db_ns = 0, .service_cpu_ns = 40 * kMs}, 2, 0.5), 25);
}

TEST(RateAlone, NeverStandsStillAndNeverFloods) {
  EXPECT_DOUBLE_EQ(RateAlone({.response_ns = 10'000 * kMs, .db_ns = 0, .service_cpu_ns = kMs}, 1, 0.7), 2);
  EXPECT_DOUBLE_EQ(RateAlone({.response_ns = 1, .db_ns = 0, .service_cpu_ns = 1}, 64, 0.7), 5000);
}

TEST(LoadTargets, LeavesOutWhatFailedAndWhatIsLimited) {
  project::Project project;
  project.scenarios.resize(3);
  DryRun dry;
  dry.tried.resize(3);
  dry.tried[1].request_limit = 100;
  Quiet quiet;
  for (size_t i = 0; i < 3; ++i) {
    QuietEndpoint endpoint;
    endpoint.scenario = i;
    endpoint.typical.response_ns = kMs;
    endpoint.failed = i == 2;
    quiet.endpoints.push_back(endpoint);
  }
  const auto targets = LoadTargets(project, dry, quiet);
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].scenario, 0U);
}

}  // namespace
}  // namespace hone::ops
