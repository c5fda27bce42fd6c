#include "ops/init_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/init.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

InitDraft DraftDeployed(const std::string& deployment) {
  const auto inspection = golang::ParseInspection(R"({"schema": "hone.go/1",
    "mains": [{"package": "m/shop", "dir": "cmd/shop", "binary": "shop"}],
    "listeners": [{"address": {"value": ":8080", "resolved": ":8080"}, "mains": ["m/shop"]}],
    "routes": [{"method": "GET", "path": "/", "template": "/", "mains": ["m/shop"]}], )" +
                                                  deployment + "}");
  EXPECT_TRUE(inspection);
  return inspection ? DraftProject(*inspection, {}, "x", "benchmarks") : InitDraft();
}

constexpr char kWorkloads[] = R"("workloads": [
  {"name": "web", "container": "sidecar", "limits": {"cpus": 9}},
  {"name": "web", "container": "shop", "limits": {"cpus": 0.25, "memory": 134217728,
   "cpus_origin": {"file": "k8s/web.yaml", "line": 22}, "memory_origin": {"file": "k8s/web.yaml", "line": 23}},
   "env": [{"name": "GOMEMLIMIT", "value": "115MiB", "origin": {"file": "k8s/web.yaml", "line": 16}}]}])";

TEST(DraftLimits, TakesThemFromAManifestWithTheirOrigin) {
  const InitDraft draft = DraftDeployed(kWorkloads);
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  ASSERT_TRUE(project) << project.error()[0].text << draft.text;
  EXPECT_EQ(project->service.limits.cpus, 0.25);
  EXPECT_EQ(project->service.limits.memory_bytes, int64_t{128} << 20);
  EXPECT_EQ(project->service.env.at("GOMEMLIMIT").source(), "115MiB");
  EXPECT_THAT(draft.text,
              HasSubstr("[service.limits]\ncpus = 0.25  # k8s/web.yaml:22\nmemory = \"128MiB\"  # k8s/web.yaml:23\n"));
  EXPECT_THAT(draft.found, Contains("limits of CPU and memory (k8s/web.yaml:22)"));
}

TEST(DraftLimits, ComposeComesBeforeManifests) {
  const InitDraft draft = DraftDeployed(R"("compose": [{"name": "shop", "context": ".", "env": [
    {"name": "GOMAXPROCS", "value": "2", "origin": {"file": "compose.yml", "line": 5}},
    {"name": "GOGC", "value": "${GOGC}", "origin": {"file": "compose.yml", "line": 6}}],
    "limits": {"memory": 1000, "memory_origin": {"file": "compose.yml", "line": 9}}}], )" +
                                        std::string(kWorkloads));
  EXPECT_THAT(draft.text, HasSubstr("[service.limits]\nmemory = \"1000B\"  # compose.yml:9\n"));
  EXPECT_THAT(draft.text, HasSubstr("GOMAXPROCS = \"2\"  # compose.yml:5\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("GOGC")));
  EXPECT_THAT(draft.text, Not(HasSubstr("GOMEMLIMIT")));
}

TEST(DraftLimits, InventsNone) { EXPECT_THAT(DraftDeployed(R"("env": [])").text, Not(HasSubstr("[service.limits]"))); }

}  // namespace
}  // namespace hone::ops
