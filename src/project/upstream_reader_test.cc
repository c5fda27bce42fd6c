#include "project/upstream_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "project/scenario.h"

namespace hone::project {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A good file of nine lines, and `more` behind it.
std::expected<Project, std::vector<Problem>> Read(const std::string& more) {
  constexpr char kGood[] = R"([service]
run = "bin/api"
url = "http://127.0.0.1:${port}"
[[scenario]]
path = "/"




)";
  return ParseProject(kGood + more, "/repo/benchmarks/hone.toml");
}

// The only problem with it, as "LINE: text".
std::string ProblemWith(const std::string& more) {
  const auto project = Read(more);
  if (project) return "none";
  if (project.error().size() != 1)
    return std::to_string(project.error().size()) + " problems: " + project.error()[0].text;
  return std::to_string(project.error()[0].at.line) + ": " + project.error()[0].text;
}

TEST(Stubs, AreReadInTheirOrder) {
  const auto project = Read(R"([[stub]]
name = "payments"
har = "up.har"
delay = "5ms"
[[stub.answer]]
method = "POST"
path = "/v1/{id}/*"
status = 201
body = '{"id": "${id}", "rates": "${stub.rates}"}'
[[stub.answer]]
path = "/file"
file = "a.json"
delay = "1ms"
[stub.answer.headers]
X-Of = "${stub.payments} ${stub.rates.address}"
[[stub]]
name = "rates"
[[stub.answer]]
path = "/*"
)");
  ASSERT_TRUE(project);
  ASSERT_EQ(project->stubs.size(), 2U);
  const Stub& payments = project->stubs[0];
  EXPECT_EQ(payments.har, "/repo/benchmarks/up.har");
  EXPECT_EQ(payments.answers[0].delay_ns, 5'000'000);
  EXPECT_EQ(payments.answers[0].status, 201);
  EXPECT_EQ(payments.answers[1].file, "/repo/benchmarks/a.json");
  EXPECT_EQ(payments.answers[1].delay_ns, 1'000'000);
  EXPECT_EQ(payments.answers[1].method, "");
  EXPECT_EQ(project->stubs[1].name, "rates");
}

TEST(Stubs, SayWhatIsWrong) {
  EXPECT_EQ(ProblemWith("[[stub]]\nname = \"a\""),
            "10: stub `a` has nothing to answer: give it [[stub.answer]] or `har`");
  EXPECT_EQ(ProblemWith("[[stub]]\nname = \"a\"\n[[stub.answer]]\npath = \"x\""), "13: `path` must begin with a slash");
  EXPECT_EQ(ProblemWith("[[stub]]\nname = \"a\"\n[[stub.answer]]\npath = \"/\"\nstatus = 100"),
            "14: `status` must be 200 to 599, not 100");
  EXPECT_EQ(ProblemWith("[[stub]]\nname = \"a\"\n[[stub.answer]]\npath = \"/\"\nbody = \"x\"\nfile = \"y\""),
            "15: an answer has either `body` or `file`");
  EXPECT_THAT(ProblemWith("[[stub]]\nname = \"a\"\n[[stub.answer]]\npath = \"/{id}\"\nbody = \"${ids}\""),
              HasSubstr("there is no `${ids}`; did you mean `${id}`?"));
  EXPECT_EQ(ProblemWith("[[stub]]\nname = \"a-b\"\nhar = \"x\""),
            "10: stub `a-b`: its name must be letters, digits and _");
  EXPECT_THAT(ProblemWith("[[stub]]\nname = \"a\"\nhar = \"x\"\nanswers = 1"), HasSubstr("did you mean `answer`?"));
  EXPECT_THAT(ProblemWith("[service.env]\nX = \"${stub.b}\"\n[[stub]]\nname = \"a\"\nhar = \"x\""),
              HasSubstr("there is no `${stub.b}`"));
  EXPECT_EQ(ProblemWith("[service.env]\nX = \"${stub.a}\"\n[[stub]]\nname = \"a\"\nhar = \"x\""), "none");
}

TEST(Tokens, HaveClaimsOfAnyKind) {
  const auto project = Read(R"([[token]]
name = "alice"
claims = { aud = ["a", "b"], n = 5, ok = true, org = { id = "${env.HOME}" } }
)");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->tokens[0].claims.source(), R"({"aud":["a","b"],"n":5,"ok":true,"org":{"id":"${env.HOME}"}})");
  ASSERT_TRUE(project->jwt);
  EXPECT_EQ(project->jwt->algorithm, JwtAlgorithm::kRs256);
}

TEST(Tokens, SayWhatIsWrong) {
  EXPECT_EQ(ProblemWith("[jwt]\nalgorithm = \"ES257\""), "11: there is no algorithm `ES257`; did you mean `ES256`?");
  EXPECT_EQ(
      ProblemWith("[[token]]\nname = \"a\"\nttl = \"5s\""),
      "10: `ttl` of token `a` must be at least 11.0 s: a load window ([limits] latency_for) is sent with one token");
  EXPECT_THAT(ProblemWith("[[token]]\nname = \"a\"\nclaims = { d = 2026-01-01 }"), HasSubstr("seconds since 1970"));
  EXPECT_THAT(ProblemWith("[jwt]\nalgorithm = \"HS256\"\n[service.env]\nX = \"${jwt.jwks}\""),
              HasSubstr("there is no `${jwt.jwks}`"));
  EXPECT_EQ(ProblemWith("[jwt]\nalgorithm = \"HS256\"\n[service.env]\nX = \"${jwt.secret}\""), "none");
}

constexpr char kSteps[] = R"([[setup]]
name = "tenant"
path = "/tenants"
[setup.capture]
id = "/id"
[[setup]]
name = "ready"
path = "/tenants/${setup.tenant.id}"
[setup.until]
pointer = "/state"
equals = "done"
[[cleanup]]
path = "/tenants/${setup.tenant.id}"
)";

TEST(Steps, HaveTheMethodsThatTheyMostlyNeed) {
  const auto project = Read(kSteps);
  ASSERT_TRUE(project);
  EXPECT_EQ(project->setup[0].method, "POST");
  EXPECT_EQ(project->setup[1].method, "GET");
  EXPECT_EQ(project->cleanup[0].method, "DELETE");
  EXPECT_EQ(project->setup[1].until->timeout_ns, 10'000'000'000);
}

TEST(Steps, CaptureAndAwait) {
  const auto project = Read(kSteps);
  ASSERT_TRUE(project);
  RequestContext context;
  net::HttpAnswer answer{.status = 200, .body = R"({"id": "t 1", "state": "new"})"};
  const auto captured = CaptureStep(project->setup[0], answer);
  ASSERT_TRUE(captured);
  context.values = *captured;
  EXPECT_EQ(BuildStep(project->setup[1], context)->target, "/tenants/t%201");
  const auto checked = CheckStep(project->setup[1], context, answer);
  ASSERT_FALSE(checked);
  EXPECT_EQ(base::Sentence(checked.error()),
            "In its answer /state is a text of length 3, not the wanted value: set-up step ready "
            "(GET /tenants/${setup.tenant.id}), line 15 of hone.toml. Correct [setup.until] there");
  answer.body = R"({"state": "done"})";
  EXPECT_TRUE(CheckStep(project->setup[1], context, answer));
  EXPECT_THAT(base::Sentence(CaptureStep(project->setup[0], answer).error()), HasSubstr("line 10 of hone.toml"));
  answer.status = 404;
  EXPECT_THAT(base::Sentence(CheckStep(project->cleanup[0], context, answer).error()),
              HasSubstr("Answered 404, not 200: clean-up step (DELETE /tenants/${setup.tenant.id}), line 21"));
}

TEST(Steps, SayWhatIsWrong) {
  EXPECT_EQ(ProblemWith("[[setup]]\npath = \"/\""), "10: [[setup]] has no `name`");
  EXPECT_THAT(ProblemWith("[[setup]]\nname = \"a\"\npath = \"/\"\n[setup.until]\npointer = \"/x\""),
              HasSubstr("`pointer` and `equals` together"));
  EXPECT_THAT(ProblemWith("[[cleanup]]\npath = \"/${setup.a.id}\""), HasSubstr("there is no `${setup.a.id}`"));
  EXPECT_EQ(ProblemWith("[[setup]]\nname = \"a\"\npath = \"/\"\n[[setup]]\nname = \"a\"\npath = \"/\""),
            "13: two set-up steps are called `a`");
}

}  // namespace
}  // namespace hone::project
