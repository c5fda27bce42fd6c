#include "ops/init_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kToml[] = R"(
service.build = "go build -o ${bin} ./cmd/api"
service.run = ["${bin}", "--dsn=postgres://u:hunter2@h/x", "a b"]
service.url = "http://127.0.0.1:${port}"
service.env = { DATABASE_URL = "${db.url}", JWT_SECRET = "hunter2", UPSTREAM = "http://u:hunter2@h", REGION = "eu", OTHER = "${env.HONE_NEVER_SET}" }
service.ready.path = "/healthz"
service.limits = { cpus = 0.5, memory = "256MiB" }
database.migrations = ["../migrations/*.sql", "../nothing/*.sql"]
[[sidecar]]
name = "cache"
run = "redis-server --port ${port.cache}"
[[scenario]]
path = "/orders?limit=${n}"
vars = { n = { sizes = [1, 5, 25] } }
[[scenario]]
method = "POST"
path = "/orders/${id}"
status = [200, 201]
vars = { id = { from = "GET /orders", pointer = "/*/id" } }
)";

class InitCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = base::TemporaryDirectory::Create("init-check-test");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    ASSERT_TRUE(base::MakeDirectories(folder_->path() / "migrations"));
    ASSERT_TRUE(base::WriteFile(folder_->path() / "migrations" / "1.sql", "select 1;"));
  }
  void Write(const fs::path& dir) {
    ASSERT_TRUE(base::MakeDirectories(folder_->path() / dir));
    ASSERT_TRUE(base::WriteFile(folder_->path() / dir / "hone.toml", kToml));
  }
  static std::vector<std::string> Lines(const InitCheckResult& result, std::string_view key) {
    for (const InitCheckSection& section : result.sections) {
      if (section.key == key) return section.lines;
    }
    return {};
  }

  std::optional<base::TemporaryDirectory> folder_ = {};
};

TEST_F(InitCheckTest, ExplainsWithoutDoing) {
  Write("benchmarks");
  const auto result = InitCheck(folder_->path() / "benchmarks");
  ASSERT_TRUE(result) << base::Sentence(result.error());
  EXPECT_THAT(Lines(*result, "commands"), Contains("build: go build -o ${bin} ./cmd/api"));
  EXPECT_THAT(Lines(*result, "commands"), Contains("start: ${bin} (hidden) 'a b'"));
  EXPECT_THAT(Lines(*result, "commands"), Contains("ready when http://127.0.0.1:${port}/healthz answers 200"));
  EXPECT_THAT(
      Lines(*result, "commands"),
      Contains("before the service, the sidecar cache: redis-server --port ${port.cache}; ready when it listens "
               "on its ports"));
  EXPECT_THAT(Lines(*result, "commands"), Contains("limited to 0.5 CPUs where that is allowed"));
  EXPECT_THAT(Lines(*result, "commands"), Contains("limited to 256 MiB of memory where that is allowed"));
  EXPECT_THAT(Lines(*result, "database"), Contains(HasSubstr("migrations: 1 file of")));
  EXPECT_THAT(Lines(*result, "scenarios"), Contains("GET /orders?limit=${n}; n in sizes 1, 5, 25, 5 under load"));
  EXPECT_THAT(
      Lines(*result, "scenarios"),
      Contains("POST /orders/${id}; id out of GET /orders; writes: on a fresh copy of the database; answers 200 "
               "or 201"));
  EXPECT_FALSE(fs::exists(folder_->path() / "benchmarks" / ".hone"));
}

TEST_F(InitCheckTest, ShowsNoSecret) {
  Write("benchmarks");
  const auto result = InitCheck(folder_->path() / "benchmarks");
  ASSERT_TRUE(result);
  for (const InitCheckSection& section : result->sections) {
    for (const std::string& line : section.lines) EXPECT_THAT(line, Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(Lines(*result, "environment"), Contains("JWT_SECRET = (hidden)"));
  EXPECT_THAT(Lines(*result, "environment"), Contains("DATABASE_URL = ${db.url}"));
  EXPECT_THAT(Lines(*result, "environment"), Contains("REGION = eu"));
}

TEST_F(InitCheckTest, SaysWhatIsMissing) {
  Write("benchmarks");
  const auto result = InitCheck(folder_->path() / "benchmarks");
  ASSERT_TRUE(result);
  EXPECT_THAT(Lines(*result, "missing"), Contains(HasSubstr("files that fit")));
  EXPECT_THAT(Lines(*result, "missing"), Contains("the variable HONE_NEVER_SET is not set in this environment"));
  EXPECT_THAT(Lines(*result, "missing"), Contains("a seed: without rows there is little to measure"));
  EXPECT_THAT(Lines(*result, "missing"), Not(Contains(HasSubstr("nothing tells the service"))));
}

TEST_F(InitCheckTest, SaysWhereProfilesComeFrom) {
  Write("benchmarks");
  const auto adds = InitCheck(folder_->path() / "benchmarks");
  ASSERT_TRUE(adds) << base::Sentence(adds.error());
  EXPECT_THAT(Lines(*adds, "observed"),
              Contains("profiles, from a listener that hone adds when it builds the service"));
  EXPECT_THAT(Lines(*adds, "missing"), Not(Contains(HasSubstr("[pprof]"))));
  ASSERT_TRUE(
      base::WriteFile(folder_->path() / "benchmarks" / "hone.toml", std::string("pprof.mode = \"as-is\"\n") + kToml));
  const auto as_is = InitCheck(folder_->path() / "benchmarks");
  ASSERT_TRUE(as_is) << base::Sentence(as_is.error());
  EXPECT_THAT(Lines(*as_is, "observed"), Contains("no profiles"));
  EXPECT_THAT(Lines(*as_is, "missing"), Contains("[pprof]: no finding on CPU, allocations and locks"));
}

TEST_F(InitCheckTest, NamesTheServicesOfAMonorepo) {
  Write("benchmarks/api");
  Write("benchmarks/mail");
  const auto result = InitCheck(folder_->path() / "benchmarks");
  ASSERT_FALSE(result);
  EXPECT_THAT(base::Sentence(result.error()), HasSubstr("There are several services in"));
  EXPECT_THAT(base::Sentence(result.error()), HasSubstr("benchmarks/api or --dir "));
  EXPECT_TRUE(InitCheck(folder_->path() / "benchmarks" / "mail"));
  const auto none = InitCheck(folder_->path() / "migrations");
  ASSERT_FALSE(none);
  EXPECT_THAT(base::Sentence(none.error()), HasSubstr("hone init"));
}

}  // namespace
}  // namespace hone::ops
