// [[stub]] of a drafted hone.toml.
#include "ops/init_stubs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/init.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A service that sends these requests.
InitDraft DraftCalling(const std::string& upstreams, const std::string& members = "") {
  const auto inspection = golang::ParseInspection(
      R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}],
          "listeners": [{"address": {"value": "${ADDR}", "env": [{"name": "ADDR"}]}, "mains": ["m"]}],
          "routes": [{"method": "GET", "template": "/x", "mains": ["m"]}], )" +
      members + R"("upstreams": [)" + upstreams + "]}");
  EXPECT_TRUE(inspection);
  return inspection ? DraftProject(*inspection, {}, "x", "benchmarks") : InitDraft();
}

std::string Call(const std::string& method, const std::string& url, const std::string& more = "") {
  return R"({"method": ")" + method + R"(", "url": {"value": ")" + url +
         R"("}, "mains": ["m"], "origin": {"file": "c.go", "line": 7})" + more + "}";
}

constexpr char kQuoteAnswer[] = R"(, "status": 201, "answer": {"type": "pricing.Quote", "kind": "object",
  "origin": {"file": "p.go", "line": 3}, "fields": [
    {"name": "id", "kind": "string"}, {"name": "state", "kind": "string"}, {"name": "error", "kind": "string"},
    {"name": "valid_until", "kind": "string", "type": "time.Time"}, {"name": "next_page", "kind": "integer"},
    {"name": "tags", "kind": "array", "type": "[]string"}, {"name": "raw", "kind": "any"},
    {"name": "lines", "kind": "array", "fields": [{"name": "unit_cents", "kind": "integer"}]}]})";

TEST(DraftStubs, AnswersWithWhatTheTypeShows) {
  const InitDraft draft = DraftCalling(Call("POST", "${PRICING_BASE_URL}/quotes/${?}?full=1", kQuoteAnswer));
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  ASSERT_TRUE(project) << draft.text;
  EXPECT_EQ(project->service.env.at("PRICING_BASE_URL").source(), "${stub.pricing}");
  ASSERT_EQ(project->stubs.size(), 1u);
  EXPECT_EQ(project->stubs[0].name, "pricing");
  const project::StubAnswer& answer = project->stubs[0].answers.at(0);
  EXPECT_EQ(answer.method, "POST");
  EXPECT_EQ(answer.path, "/quotes/{id}");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body.source(),
            R"({"id": "${id}", "state": "ok", "valid_until": "2025-01-15T12:00:00Z", "tags": ["hone"], )"
            R"("lines": [{"unit_cents": 100}]})");
  EXPECT_THAT(draft.text, HasSubstr("# drafted from pricing.Quote (p.go:3)\n"));
  EXPECT_THAT(draft.found,
              Contains("pricing called by PRICING_BASE_URL (c.go:7): a stub with drafted answers stands in for it, "
                       "check them"));
}

TEST(DraftStubs, SaysWhichAnswersNothingShows) {
  const InitDraft draft = DraftCalling(Call("DELETE", "${MAIL_URL}/outbox"));
  EXPECT_THAT(draft.text, HasSubstr("method = \"DELETE\"\npath = \"/outbox\"\nbody = \"{}\"  # nothing shows what"));
  EXPECT_THAT(draft.missing, Contains("what DELETE /outbox of the stub mail answers (c.go:7): no Go type shows it, and "
                                      "{} stands there"));
}

TEST(DraftStubs, PutsPlainPathsBeforePatterns) {
  const InitDraft draft =
      DraftCalling(Call("GET", "${RATES_URL}/rates/${?}") + "," + Call("GET", "${RATES_URL}/rates/latest") + "," +
                   Call("GET", "${RATES_URL}/rates/${?}"));
  const size_t plain = draft.text.find("path = \"/rates/latest\"");
  const size_t pattern = draft.text.find("path = \"/rates/{id}\"");
  EXPECT_LT(plain, pattern);
  EXPECT_EQ(draft.text.find("path = \"/rates/{id}\"", pattern + 1), std::string::npos) << "each once";
}

TEST(DraftStubs, SetsFlagsAndAddresses) {
  const InitDraft draft =
      DraftCalling(Call("GET", "${flag:rates-url}/rates") + "," + Call("GET", "http://${STOCK_ADDR}/stock"));
  EXPECT_THAT(draft.text, HasSubstr(R"(run = ["${bin}", "--rates-url=${stub.rates}"])"));
  EXPECT_THAT(draft.text, HasSubstr("STOCK_ADDR = \"${stub.stock.address}\""));
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  EXPECT_TRUE(project) << (project ? "" : project.error()[0].text);
}

TEST(DraftStubs, TellsRequestsThatItCannotAnswer) {
  const InitDraft draft =
      DraftCalling(Call("GET", "https://api.example.com/v1/${?}") + "," + Call("PUT", "${?}/x") + "," +
                   Call("GET", "http://localhost:${PORT}/healthz") + "," + Call("GET", "${ADDR}/healthz"));
  EXPECT_THAT(draft.missing,
              Contains("a way to answer for api.example.com (c.go:7): its address is constant in the code, "
                       "so requests really go there"));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("how the service is told where to send PUT (c.go:7) was not found")));
  EXPECT_THAT(draft.text, Not(HasSubstr("[[stub]]"))) << "its own address is no other service";
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("localhost"))));
}

TEST(DraftStubs, LeavesOtherProgramsOut) {
  std::string call = Call("GET", "${RATES_URL}/rates");
  call.replace(call.find(R"("mains": ["m"])"), 14, R"("mains": ["n"])");
  const InitDraft draft = DraftCalling(call);
  EXPECT_THAT(draft.text, Not(HasSubstr("[[stub]]")));
}

TEST(DraftStubs, AComposeServiceWithAStubIsNotMissed) {
  const InitDraft draft = DraftCalling(Call("GET", "${RATES_URL}/rates"),
                                       R"("env": [{"name": "RATES_URL", "mains": ["m"]}], "compose": [
        {"name": "m", "context": "cmd/m", "depends_on": ["rates"],
         "env": [{"name": "RATES_URL", "value": "http://rates:80"}]}, {"name": "rates", "image": "x"}],)");
  EXPECT_THAT(draft.text, HasSubstr("RATES_URL = \"${stub.rates}\""));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("does not start it"))));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("whose port the host cannot reach"))));
}

}  // namespace
}  // namespace hone::ops
