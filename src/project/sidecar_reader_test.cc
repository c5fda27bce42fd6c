#include "project/sidecar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::project {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kService[] = R"([service]
run = ["go", "run", "."]
url = "http://127.0.0.1:${port}"
env = { REDIS = "127.0.0.1:${port.redis}" }
[[scenario]]
path = "/"
)";

std::expected<Project, std::vector<Problem>> ParseWith(const std::string& more) {
  return ParseProject(kService + more, "/repo/benchmarks/hone.toml");
}

std::vector<std::string> ProblemsOfSidecar(const std::string& more) {
  std::vector<std::string> texts;
  const auto project = ParseWith(more);
  if (project) return texts;
  for (const auto& [at, text] : project.error()) texts.push_back(std::to_string(at.line) + ": " + text);
  return texts;
}

TEST(Sidecar, ReadsEveryKey) {
  const auto project = ParseWith(R"([[sidecar]]
name = "redis"
run = "redis-server --port ${port.redis} --save ''"
[[sidecar]]
name = "mail-2"
dir = "../tools"
build = ["go", "build", "-o", "${bin}", "./mail"]
run = ["${bin}", "${port.mail}", "${port.redis}"]
keep = true
env = { TO = "${run.dir}" }
[[sidecar.file]]
path = "mail.conf"
content = "port ${port.admin}"
[sidecar.ready]
url = "http://127.0.0.1:${port.mail}/live"
status = [200, 503]
timeout = "2s"
)");
  ASSERT_TRUE(project) << project.error()[0].text;
  ASSERT_EQ(project->sidecars.size(), 2u);
  const Sidecar& redis = project->sidecars[0];
  EXPECT_EQ(redis.dir, "/repo");
  EXPECT_EQ(redis.run.back().source(), "");
  EXPECT_THAT(redis.ports, ElementsAre("port.redis"));
  EXPECT_FALSE(redis.keep);
  EXPECT_EQ(redis.ready.timeout_ns, 30'000'000'000);
  const Sidecar& mail = project->sidecars[1];
  EXPECT_EQ(mail.dir, "/repo/tools");
  EXPECT_EQ(mail.build.size(), 5u);
  EXPECT_TRUE(mail.keep);
  EXPECT_EQ(mail.env.at("TO").source(), "${run.dir}");
  EXPECT_EQ(mail.files.at(0).path.source(), "mail.conf");
  // What an earlier one listens on is not its own.
  EXPECT_THAT(mail.ports, ElementsAre("port.admin", "port.mail"));
  EXPECT_THAT(mail.ready.status, ElementsAre(200, 503));
  EXPECT_EQ(mail.ready.timeout_ns, 2'000'000'000);
  EXPECT_THAT(project->ports, ElementsAre("port", "port.admin", "port.mail", "port.redis"));
}

TEST(Sidecar, MustSayWhenItIsReady) {
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'worker'\nrun = 'worker'"),
              ElementsAre("7: nothing says when the sidecar worker is ready: name its port ${port.worker} in `run`, or "
                          "add [sidecar.ready] with `port`, `url` or `command`"));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'worker'\nrun = 'worker ${port}'"),
              ElementsAre(HasSubstr("nothing")));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = 'w'\nready = { command = 'true' }"), ElementsAre());
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = 'w'\nready = { port = '6379' }"), ElementsAre());
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = 'w'\nready = { port = '6379', command = 'true' }"),
              ElementsAre("10: [sidecar.ready] takes one of `port`, `url` and `command`"));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = 'w'\nready = { url = 'https://x' }"),
              ElementsAre("10: `url` must begin with http://"));
}

TEST(Sidecar, HasANameOfItsOwnAndACommand) {
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'a/b'\nrun = 'w ${port.w}'"),
              ElementsAre("8: `name` must be letters, digits, - and _, not `a/b`"));
  const std::string one = "[[sidecar]]\nname = 'w'\nrun = 'w ${port.w}'\n";
  EXPECT_THAT(ProblemsOfSidecar(one + "[[sidecar]]\nname = 'w'\nrun = 'w ${port.v}'"),
              ElementsAre("11: there are two sidecars `w`"));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nready = { port = '1' }"),
              ElementsAre("7: [[sidecar]] has no `name`", "7: [[sidecar]] has no `run`"));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = ''\nready = { port = '1' }"),
              ElementsAre("9: `run`: The command is empty"));
  EXPECT_THAT(ProblemsOfSidecar("[sidecar]\nname = 'w'"), ElementsAre(HasSubstr("[[sidecar]]")));
}

TEST(Sidecar, SeesNoDatabase) {
  EXPECT_THAT(ProblemsOfSidecar("[database]\n[[sidecar]]\nname = 'w'\nrun = 'w ${port.w} ${db.url}'"),
              ElementsAre(HasSubstr("there is no `${db.url}`")));
  EXPECT_THAT(ProblemsOfSidecar("[[sidecar]]\nname = 'w'\nrun = '${bin} ${port.w}'"),
              ElementsAre(HasSubstr("there is no `${bin}`")));
}

}  // namespace
}  // namespace hone::project
