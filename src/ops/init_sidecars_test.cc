#include "ops/init_sidecars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/init.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kShop[] = R"({"schema": "hone.go/1",
  "mains": [{"package": "m/shop", "dir": "cmd/shop", "binary": "shop"}],
  "listeners": [{"address": {"value": ":8080", "resolved": ":8080"}, "mains": ["m/shop"]}],
  "routes": [{"method": "GET", "path": "/", "template": "/", "mains": ["m/shop"]}],
  "env": [
    {"name": "CACHE_URL", "origin": {"file": "c.go", "line": 1}},
    {"name": "REDIS_HOST", "origin": {"file": "c.go", "line": 2}},
    {"name": "REDIS_PORT", "default": "6379", "origin": {"file": "c.go", "line": 3}},
    {"name": "REDIS_PASSWORD", "origin": {"file": "c.go", "line": 4}},
    {"name": "SESSIONS", "default": "redis://localhost:6379/2", "origin": {"file": "c.go", "line": 5}},
    {"name": "OTHER", "default": "localhost:63790", "origin": {"file": "c.go", "line": 6}},
    {"name": "QUEUE", "origin": {"file": "c.go", "line": 7}}],
  "compose": [
    {"name": "shop", "context": ".", "depends_on": ["redis.cache", "queue"], "origin": {"file": "compose.yml", "line": 2}, "env": [
      {"name": "CACHE_URL", "value": "redis://:hunter2@redis.cache:6379/0?x=1", "origin": {"file": "compose.yml", "line": 4}},
      {"name": "REDIS_HOST", "value": "redis.cache", "origin": {"file": "compose.yml", "line": 5}},
      {"name": "QUEUE", "value": "nats://queue:4222", "origin": {"file": "compose.yml", "line": 6}}]},
    {"name": "redis.cache", "image": "redis:7", "command": ["redis-server", "--requirepass", "hunter2"],
     "ports": [{"host": "16379", "container": "6379"}], "origin": {"file": "compose.yml", "line": 8}},
    {"name": "queue", "image": "nats:2", "command": ["-js"], "origin": {"file": "compose.yml", "line": 10}}]})";

InitDraft DraftWith(const Installed& installed) {
  const auto inspection = golang::ParseInspection(kShop);
  EXPECT_TRUE(inspection);
  return inspection ? DraftProject(*inspection, {}, "x", "benchmarks", installed) : InitDraft();
}

TEST(SidecarDrafts, StartsWhatComposeStartsWhereThisMachineHasIt) {
  const InitDraft draft = DraftWith([](std::string_view) { return true; });
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  ASSERT_TRUE(project) << project.error()[0].text << draft.text;
  ASSERT_EQ(project->sidecars.size(), 2u);
  EXPECT_EQ(project->sidecars[0].name, "redis-cache");
  EXPECT_EQ(project->sidecars[0].run.front().source(), "redis-server");
  EXPECT_THAT(project->sidecars[0].ports, Contains("port.redis-cache"));
  EXPECT_EQ(project->sidecars[1].run.back().source(), "${run.dir}");  // JetStream's folder
  const auto& env = project->service.env;
  // A client that sends a password to a Redis without one is refused.
  EXPECT_EQ(env.at("CACHE_URL").source(), "redis://127.0.0.1:${port.redis-cache}/0?x=1");
  EXPECT_EQ(env.at("REDIS_HOST").source(), "127.0.0.1");
  EXPECT_EQ(env.at("REDIS_PORT").source(), "${port.redis-cache}");
  EXPECT_EQ(env.at("REDIS_PASSWORD").source(), "");
  EXPECT_EQ(env.at("SESSIONS").source(), "redis://127.0.0.1:${port.redis-cache}/2");
  EXPECT_FALSE(env.contains("OTHER"));
  EXPECT_EQ(env.at("QUEUE").source(), "nats://127.0.0.1:${port.queue}");
  EXPECT_THAT(draft.text, HasSubstr("[[sidecar]]  # compose.yml:8, redis:7\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(draft.found, Contains("redis.cache (compose.yml:8): this machine's redis-server is started for it"));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("the arguments that compose.yml:8 gives to redis.cache")));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("Hone does not start it"))));
}

TEST(SidecarDrafts, SaysWhatIsMissingWhereItHasNot) {
  const InitDraft draft = DraftWith([](std::string_view program) { return program == "nats-server"; });
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  ASSERT_TRUE(project) << project.error()[0].text << draft.text;
  ASSERT_EQ(project->sidecars.size(), 1u);
  EXPECT_EQ(project->sidecars[0].name, "queue");
  EXPECT_THAT(draft.text, HasSubstr("# Not started: there is no redis-server on this machine"));
  EXPECT_THAT(draft.text, HasSubstr("# [[sidecar]]  # compose.yml:8, redis:7\n# name = \"redis-cache\"\n# run = "));
  EXPECT_THAT(draft.text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(draft.missing, Contains("redis-server for the compose service redis.cache (compose.yml:8): install it "
                                      "(Debian: `apt-get install redis-server`) and run `hone init --force` again, or "
                                      "start one and set its address in [service.env]"));
}

}  // namespace
}  // namespace hone::ops
