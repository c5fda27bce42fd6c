// [jwt] and [[token]] of a drafted hone.toml.
#include "ops/init_tokens.h"

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

InitDraft DraftWith(const std::string& members) {
  const auto inspection = golang::ParseInspection(
      R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}],
          "listeners": [{"address": {"value": ":1"}, "mains": ["m"]}],
          "headers": [{"name": "Authorization", "routes": 2, "origin": {"file": "a.go", "line": 9}}], )" +
      members + "}");
  EXPECT_TRUE(inspection);
  return inspection ? DraftProject(*inspection, {}, "x", "benchmarks") : InitDraft();
}

// One that verifies tokens by the key of these members.
std::string Check(const std::string& key, const std::string& algorithms = R"("HS256")") {
  return R"("tokens": [{"library": "golang-jwt", "algorithms": [)" + algorithms + R"(], "mains": ["m"],
    "origin": {"file": "a.go", "line": 1}, "keys": [{"origin": {"file": "a.go", "line": 2}, )" +
         key + "}]}]";
}

constexpr char kSecret[] = R"("kind": "secret", "value": {"value": "${SECRET}", "env": [{"name": "SECRET"}]})";
constexpr char kRoutes[] = R"(, "routes": [{"method": "GET", "template": "/x", "mains": ["m"]}])";

TEST(DraftTokens, SignsByTheSecretOfAVariable) {
  const InitDraft draft = DraftWith(Check(kSecret) + kRoutes + R"(,
    "env": [{"name": "SECRET", "mains": ["m"], "origin": {"file": "c.go", "line": 3}}],
    "claims": [
      {"name": "sub", "kind": "string", "format": "integer", "mains": ["m"], "origin": {"file": "a.go", "line": 4}},
      {"name": "role", "kind": "string", "mains": ["m"], "origin": {"file": "a.go", "line": 5}, "values": [
        {"value": {"value": "guest", "resolved": "guest"}, "origin": {"file": "a.go", "line": 6}},
        {"value": {"value": "viewer", "resolved": "viewer"}, "refuses": true, "origin": {"file": "a.go", "line": 7}},
        {"value": {"value": "manager", "resolved": "manager"}, "refuses": true, "origin": {"file": "a.go", "line": 8}}]},
      {"name": "roles", "kind": "array", "mains": ["m"], "origin": {"file": "a.go", "line": 5}, "values": [
        {"value": {"value": "a", "resolved": "a"}, "origin": {"file": "a.go", "line": 6}},
        {"value": {"value": "b", "resolved": "b"}, "refuses": true, "origin": {"file": "a.go", "line": 7}}]},
      {"name": "uid", "kind": "integer", "mains": ["m"], "origin": {"file": "a.go", "line": 8}}])");
  EXPECT_THAT(draft.text, HasSubstr("\nSECRET = \"${jwt.secret}\"  # c.go:3\n"));
  EXPECT_THAT(draft.text,
              HasSubstr("# Hone signs the tokens of the run: the service verifies them at a.go:1 (golang-jwt).\n"
                        "[jwt]\nalgorithm = \"HS256\"  # a.go:2\n"));
  EXPECT_THAT(draft.text,
              HasSubstr("[[token]]\nname = \"user\"\n[token.claims]\nsub = \"1\"  # a.go:4: a number as text\n"
                        "role = \"manager\"  # a.go:7: of viewer, manager\nroles = [\"b\", \"a\"]  # a.go:7\n"
                        "uid = 1  # a.go:8: a serial id is likely\n"));
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nAuthorization = \"Bearer ${token.user}\"\n"));
  EXPECT_THAT(draft.found, Contains("tokens are verified at a.go:1: Hone makes one, signed by HS256"));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("login"))));
  EXPECT_TRUE(project::ParseProject(draft.text, "/x/benchmarks/hone.toml"));
}

TEST(DraftTokens, HandsPublicKeysOverAsTheServiceReadsThem) {
  const InitDraft file = DraftWith(
      Check(
          R"("kind": "public_key_file", "algorithm": "RS256", "value": {"value": "${FILE}", "env": [{"name": "FILE"}]})") +
      kRoutes);
  EXPECT_THAT(file.text, HasSubstr("\nFILE = \"${run.dir}/jwt-public.pem\"  # a.go:2\n"));
  EXPECT_THAT(file.text, HasSubstr("\npath = \"jwt-public.pem\"\ncontent = \"${jwt.public_key}\"\n"));
  EXPECT_THAT(file.text, HasSubstr("\nalgorithm = \"RS256\""));
  EXPECT_TRUE(project::ParseProject(file.text, "/x/benchmarks/hone.toml"));
  const InitDraft pem = DraftWith(
      Check(R"("kind": "public_key", "value": {"value": "${PEM}", "env": [{"name": "PEM"}]})", R"("ES256")") + kRoutes);
  EXPECT_THAT(pem.text, HasSubstr("\nPEM = \"${jwt.public_key}\""));
  EXPECT_THAT(pem.text, HasSubstr("\nalgorithm = \"ES256\""));
  const InitDraft set = DraftWith(
      Check(R"("kind": "jwks", "value": {"value": "${BASE}/.well-known/jwks.json", "env": [{"name": "BASE"}]})", "") +
      kRoutes);
  EXPECT_THAT(set.text, HasSubstr("\nBASE = \"${jwt.issuer}\""));
}

TEST(DraftTokens, DemandsWhatTheServiceDemands) {
  const std::string claims = R"(, "claims": [
      {"name": "iss", "kind": "string", "required": true, "mains": ["m"], "values": [
        {"value": {"value": "https://login", "resolved": "https://login"}, "origin": {"file": "a.go", "line": 5}}]},
      {"name": "aud", "kind": "string", "mains": ["m"], "values": [
        {"value": {"value": "${AUD}", "env": [{"name": "AUD"}]}, "origin": {"file": "a.go", "line": 6}}]},
      {"name": "id", "kind": "string", "format": "uuid", "mains": ["m"], "origin": {"file": "a.go", "line": 7}}])";
  const InitDraft draft = DraftWith(Check(kSecret) + kRoutes + claims);
  EXPECT_THAT(draft.text, HasSubstr("\nissuer = \"https://login\"  # a.go:5\n"));
  EXPECT_THAT(draft.text, HasSubstr("\nAUD = \"hone\"  # a.go:6\n"));
  EXPECT_THAT(draft.text, HasSubstr("\naud = \"hone\"  # a.go:6\n"));
  EXPECT_THAT(draft.text, HasSubstr("\nid = \"FILL IN\"  # a.go:7: a UUID of a row that the seed makes\n"));
  EXPECT_THAT(draft.missing,
              Contains("a value for the claim id (a.go:7: a UUID of a row that the seed makes): fill it in"));
}

TEST(DraftTokens, SaysWhyThereIsNone) {
  const auto missing = [](const std::string& key, const std::string& algorithms = "") {
    const InitDraft draft = DraftWith(Check(key, algorithms) + kRoutes);
    EXPECT_THAT(draft.text, Not(HasSubstr("[[token]]")));
    return draft.missing;
  };
  EXPECT_THAT(missing(R"("kind": "secret", "value": {"value": "********"})"),
              Contains(HasSubstr("its key (a.go:2) is set by nothing that Hone can set")));
  EXPECT_THAT(missing(kSecret, R"("HS512")"), Contains(HasSubstr("its key (a.go:2) is for HS512")));
  EXPECT_THAT(missing(std::string(kSecret) + R"(, "encoding": "base64")"), Contains(HasSubstr("decoded from base64")));
  EXPECT_THAT(missing(R"("kind": "jwks", "value": {"value": "${BASE}/certs", "env": [{"name": "BASE"}]})"),
              Contains(HasSubstr("at a path that Hone's key server does not have")));
}

TEST(DraftTokens, LeavesTheLoginOfAServiceThatHasOne) {
  const InitDraft draft =
      DraftWith(Check(kSecret) + R"(, "routes": [{"method": "POST", "template": "/login", "mains": ["m"],
    "request": {"body": {"fields": [{"name": "user", "kind": "string"}, {"name": "password", "kind": "string"}]}},
    "responses": [{"status": 200, "fields": [{"name": "token", "kind": "string"}]}]}])");
  EXPECT_THAT(draft.text, Not(HasSubstr("[[token]]")));
  EXPECT_THAT(draft.text, HasSubstr("[[login]]"));
}

// With a place of the request that tokens are read from.
std::string CheckWith(const std::string& sources) {
  std::string check = Check(kSecret);
  return check.replace(check.find("\"keys\""), 0, R"("sources": [)" + sources + "], ");
}

TEST(DraftTokens, PutsTheTokenWhereTheServiceReadsIt) {
  const std::string cookie = R"({"in": "cookie", "name": "session", "origin": {"file": "a.go", "line": 8}})";
  const std::string header =
      R"({"in": "header", "name": "X-Auth", "prefix": "Token ", "origin": {"file": "a.go", "line": 9}})";
  const std::string query = R"({"in": "query", "name": "token", "origin": {"file": "a.go", "line": 9}})";
  EXPECT_THAT(DraftWith(CheckWith(cookie) + kRoutes).text,
              HasSubstr("[headers]\nCookie = \"session=${token.user}\"  # a.go:8\n"));
  const InitDraft both = DraftWith(CheckWith(cookie + "," + header) + kRoutes);
  EXPECT_THAT(both.text, HasSubstr("[headers]\nX-Auth = \"Token ${token.user}\"  # a.go:9\n"));
  EXPECT_TRUE(project::ParseProject(both.text, "/repo/benchmarks/hone.toml")) << both.text;
  const InitDraft neither = DraftWith(CheckWith(query) + kRoutes);
  EXPECT_THAT(neither.text, Not(HasSubstr("= \"Bearer")));
  EXPECT_THAT(neither.missing, Contains(HasSubstr("the service reads it from the query (a.go:1)")));
}

TEST(DraftTokens, AHeaderThatMiddlewareReadsIsWrittenOnce) {
  const InitDraft draft =
      DraftWith(CheckWith(R"({"in": "header", "name": "X-Token"})") + kRoutes +
                R"(, "headers": [{"name": "X-Token", "routes": 2, "origin": {"file": "a.go", "line": 9}}])");
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nX-Token = \"${token.user}\"\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("FILL IN")));
}

TEST(DraftTokens, ALoginsTokenGoesThereToo) {
  const InitDraft draft = DraftWith(CheckWith(R"({"in": "cookie", "name": "jwt"})") + R"(, "routes": [
    {"method": "POST", "template": "/login", "mains": ["m"],
     "request": {"body": {"fields": [{"name": "password", "kind": "string"}]}},
     "responses": [{"status": 200, "fields": [{"name": "token", "kind": "string"}]}]}])");
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nCookie = \"jwt=${login.user.token}\"\n"));
}

}  // namespace
}  // namespace hone::ops
