#include "ops/init_access.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/header_examples.h"
#include "ops/init_deployment.h"
#include "ops/init_rate_limits.h"

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string ValueIn(std::string file, std::string text, std::string_view header = "X-Api-Key") {
  const auto found = FindHeaderValue({{std::move(file), std::move(text)}}, header);
  return found ? found->value + " " + found->origin : "";
}

TEST(FindHeaderValue, ReadsWhatARequestIsSentWith) {
  EXPECT_EQ(ValueIn("README.md", "\n    curl -H 'X-API-Key: dev-1' localhost:1/x"), "dev-1 README.md:2");
  EXPECT_EQ(ValueIn("a.http", "GET /x\nx-api-key: dev-2\n"), "dev-2 a.http:2");
  EXPECT_EQ(ValueIn("a_test.go", "r.Header.Set(\"X-API-Key\", \"dev-3\")"), "dev-3 a_test.go:1");
  EXPECT_EQ(ValueIn("README.md", "Header `X-API-Key`. The seed has `dev-4` and `dev-5`."), "dev-4 README.md:1");
  EXPECT_EQ(ValueIn("README.md", "| header | |\n|---|---|\n| `X-Api-Key` | a slug (`acme`) |"), "acme README.md:3");
  EXPECT_EQ(ValueIn("README.md", "-H \"Authorization: Bearer dev-6\"", "Authorization"), "Bearer dev-6 README.md:1");
}

TEST(FindHeaderValue, GoesOnBehindAColon) {
  const std::string table = "\n\n| key | may |\n|---|---|\n| `dw-ops-5b1f` | read |\n\n`other-1`";
  EXPECT_EQ(ValueIn("README.md", "A key in `X-Api-Key`. The seed creates:" + table), "dw-ops-5b1f README.md:1");
  EXPECT_EQ(ValueIn("README.md", "A key in `X-Api-Key`. The seed creates one." + table), "");
  EXPECT_EQ(ValueIn("README.md", "A key in `X-Api-Key`. The seed creates:\n\n- `dw-1`\n"), "dw-1 README.md:1");
}

TEST(FindHeaderValue, OfAColumnMayBeAnyWord) {
  const std::vector<SourceText> texts = {
      {"README.md", "In one depot, which `X-Depot` (`DEPOT_CODE`) names by its code: `NTH STH\nHAR`."}};
  EXPECT_FALSE(FindHeaderValue(texts, "X-Depot")) << "names of variables look so, too";
  const std::vector<SourceText> names = {
      {"README.md", "`X-Depot` is read by `depotOnly`, see `GET /depots`: their `code`."}};
  EXPECT_FALSE(FindHeaderValue(names, "X-Depot", true)) << "names of other things";
  EXPECT_EQ(FindHeaderValue(texts, "X-Depot", true)->value, "NTH");
}

TEST(FindHeaderValue, LeavesOutWhatIsNone) {
  EXPECT_EQ(ValueIn("README.md", "curl -H \"X-Api-Key: $KEY\""), "");
  EXPECT_EQ(ValueIn("README.md", "curl -H 'X-Api-Key: <your key>'"), "");
  EXPECT_EQ(ValueIn("README.md", "-H 'Authorization: Bearer eyJhbGciOi'", "Authorization"), "");
  EXPECT_EQ(ValueIn("a_test.go", "Set(\"Authorization\", \"Bearer \"+token)", "Authorization"), "");
  EXPECT_EQ(ValueIn("README.md", "The X-Api-Key: it is looked up in `keys`."), "");
  EXPECT_EQ(ValueIn("README.md", "X-Api-Key-Id: dev-1"), "");
}

golang::Inspection Inspected(std::string_view members) {
  auto inspection = golang::ParseInspection("{\"schema\": \"hone.go/1\", " + std::string(members) + "}");
  EXPECT_TRUE(inspection);
  return inspection ? *std::move(inspection) : golang::Inspection();
}

AccessDraft Drafted(const golang::Inspection& inspection, const std::vector<SourceText>& texts) {
  std::vector<const golang::Route*> routes;
  for (const golang::Route& route : inspection.routes) routes.push_back(&route);
  return DraftAccess(inspection, "", routes, texts, "");
}

TEST(DraftAccess, GivesHeadersTheValuesThatDocumentsShow) {
  const auto inspection = Inspected(R"("headers": [
    {"name": "X-Tenant", "routes": 3, "origin": {"file": "t.go", "line": 5}},
    {"name": "X-Request-ID", "origin": {"file": "t.go", "line": 6}},
    {"name": "X-Feature", "optional": true, "origin": {"file": "t.go", "line": 7}}])");
  const AccessDraft draft = Drafted(inspection, {{"README.md", "-H 'X-Tenant: acme' -H 'X-Feature: on'"}});
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nX-Tenant = \"acme\"  # README.md:1; read at t.go:5\n"));
  EXPECT_THAT(draft.text, HasSubstr("# X-Feature = \"\"  # t.go:7: used only if it is set\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("X-Request-ID")));
  EXPECT_THAT(draft.found, ElementsAre("the header X-Tenant (t.go:5, before 3 routes) with the value of README.md:1"));
  EXPECT_THAT(draft.missing, IsEmpty());
}

TEST(DraftAccess, OfKeysWithRolesTakesTheOneThatMayMost) {
  const std::string header =
      R"("headers": [{"name": "X-API-Key", "routes": 3, "origin": {"file": "t.go", "line": 5}}])";
  const auto with_env = [&](std::string_view example) {
    return Inspected(header + R"(, "env_files": [{"file": ".env.example", "example": )" + std::string(example) +
                     R"(, "values": [{"name": "API_KEYS", "value": "dev-viewer:viewer,dev-admin:admin,dev-desk:manager",
                      "origin": {"file": ".env.example", "line": 4}}]}])");
  };
  const std::vector<SourceText> texts = {{"README.md", "curl -H 'X-API-Key: dev-viewer' x"}};
  EXPECT_THAT(Drafted(with_env("true"), texts).text, HasSubstr("X-API-Key = \"dev-admin\"  # .env.example:4; read at"));
  EXPECT_THAT(Drafted(with_env("false"), texts).text, HasSubstr("X-API-Key = \"dev-viewer\""));
  EXPECT_THAT(Drafted(Inspected(header), texts).text, HasSubstr("X-API-Key = \"dev-viewer\""));
}

TEST(DraftAccess, LogsInByWhateverGivesAToken) {
  const auto route = [](std::string_view path, std::string_view fields) {
    return fmt::format(
        R"({{"method": "POST", "path": "{0}", "template": "{0}", "framework": "echo", "origin": {{"file": "r.go", "line": 1}},
      "request": {{"body": {{"type": "in", "fields": [{1}]}}}},
      "responses": [{{"status": 201, "type": "out", "fields": [{{"name": "token", "kind": "string", "type": "string"}}]}}]}})",
        path, fields);
  };
  const auto text = [](std::string_view name) {
    return fmt::format(R"({{"name": "{}", "kind": "string", "type": "string"}})", name);
  };
  const std::vector<SourceText> texts = {{"README.md", R"(curl -d '{"card_number":"LH1","pin":"4821"}' x)"}};
  const std::string others = route("/sessions/refresh", text("refresh_token")) + ", " + route("/codes", text("card"));
  const AccessDraft by_pin = Drafted(
      Inspected("\"routes\": [" + others + ", " + route("/sessions", text("card_number") + "," + text("pin")) + "]"),
      texts);
  EXPECT_THAT(by_pin.text, HasSubstr(R"(body = '{"card_number": "LH1", "pin": "4821"}')"));
  EXPECT_THAT(by_pin.text, HasSubstr("status = 201\n"));
  const AccessDraft by_number =
      Drafted(Inspected("\"routes\": [" + others + ", " + route("/login", text("card_number")) + "]"), texts);
  EXPECT_THAT(by_number.text, HasSubstr(R"(body = '{"card_number": "LH1"}')"));
  EXPECT_EQ(Drafted(Inspected("\"routes\": [" + others + "]"), texts).login, nullptr);
}

TEST(DraftAccess, LogsInByAClientsSecretAsAForm) {
  const auto inspection = Inspected(R"("routes": [
    {"method": "POST", "path": "/auth/token", "template": "/auth/token", "framework": "echo", "origin": {"file": "r.go", "line": 1},
     "request": {"body": {"type": "in", "fields": [
       {"name": "ClientID", "kind": "string", "type": "string", "tags": {"form": "client_id"}},
       {"name": "ClientSecret", "kind": "string", "type": "string", "tags": {"form": "client_secret"}}]}},
     "responses": [{"status": 200, "type": "out", "fields": [{"name": "access_token", "kind": "string", "type": "string"}]}]}])");
  const AccessDraft draft =
      Drafted(inspection, {{"README.md", "curl -d client_id=desk -d client_secret=curtain-up x"}});
  EXPECT_THAT(draft.text, HasSubstr("body = \"client_id=desk&client_secret=curtain-up\""));
  EXPECT_THAT(draft.text, HasSubstr("Content-Type = \"application/x-www-form-urlencoded\""));
  EXPECT_THAT(draft.text, HasSubstr("token = \"/access_token\""));
}

TEST(DraftAccess, SendsTheTokenAgainstForgedRequestsThatALoginAnswers) {
  const auto with = [](const char* cookies, const char* fields) {
    return Inspected(fmt::format(R"("routes": [
    {{"method": "POST", "path": "/login", "template": "/login", "framework": "net/http", "origin": {{"file": "r.go", "line": 1}},
     "cookies": [{}], "request": {{"body": {{"type": "in", "fields": [
       {{"name": "username", "kind": "string", "type": "string"}}, {{"name": "password", "kind": "string", "type": "string"}}]}}}},
     "responses": [{{"status": 200, "type": "out", "fields": [{}]}}]}}],
    "headers": [{{"name": "X-CSRF-Token", "routes": 3, "origin": {{"file": "a.go", "line": 7}}}}])",
                                 cookies, fields));
  };
  const SourceText readme = {"README.md", "{\"username\": \"anna\", \"password\": \"pw\"}"};
  const AccessDraft of_answer =
      Drafted(with(R"({"name": "sid"})", R"({"name": "csrf_token", "kind": "string", "type": "string"})"), {readme});
  EXPECT_THAT(of_answer.text, HasSubstr("session = \"cookie:sid\"\nforgery = \"/csrf_token\"\n"));
  EXPECT_THAT(of_answer.text, HasSubstr("X-CSRF-Token = \"${login.user.forgery}\"  # read at a.go:7\n"));
  const AccessDraft of_cookie = Drafted(with(R"({"name": "XSRF-TOKEN"}, {"name": "sid"})", ""), {readme});
  EXPECT_THAT(of_cookie.text, HasSubstr("session = \"cookie:sid\"\nforgery = \"cookie:XSRF-TOKEN\"\n"));
  EXPECT_THAT(of_cookie.text, HasSubstr("Cookie = \"sid=${login.user.session}; XSRF-TOKEN=${login.user.forgery}\""));
}

TEST(DraftAccess, WhatHasNamesForBothLogsInByJson) {
  const auto inspection = Inspected(R"("routes": [
    {"method": "POST", "path": "/devices", "template": "/devices", "framework": "gin", "origin": {"file": "r.go", "line": 1},
     "request": {"body": {"type": "in", "fields": [{"name": "secret", "kind": "string", "type": "string"}]}},
     "responses": [{"status": 200, "type": "out", "fields": [{"name": "token", "kind": "string", "type": "string"}]}]},
    {"method": "POST", "path": "/login", "template": "/login", "framework": "gin", "origin": {"file": "r.go", "line": 2},
     "request": {"body": {"type": "in", "fields": [
       {"name": "email", "kind": "string", "type": "string", "tags": {"form": "email"}},
       {"name": "password", "kind": "string", "type": "string", "tags": {"form": "password"}}]}},
     "responses": [{"status": 200, "type": "out", "fields": [{"name": "token", "kind": "string", "type": "string"}]}]}])");
  const AccessDraft draft = Drafted(inspection, {{"README.md", "{\"email\": \"a@b.example\", \"password\": \"pw\"}"}});
  EXPECT_THAT(draft.text, HasSubstr("path = \"/login\"\nbody = '{\"email\": \"a@b.example\""));
  EXPECT_THAT(draft.text, Not(HasSubstr("Content-Type")));
}

// What the service compares a header with is given to both where it is a secret or has no default.
TEST(DraftAccess, GivesTheServiceWhatItComparesHeadersWith) {
  const auto inspection = Inspected(R"("headers": [
    {"name": "Authorization", "wanted": {"value": "Bearer ${API_TOKEN}", "env": [{"name": "API_TOKEN"}]},
     "origin": {"file": "t.go", "line": 5}},
    {"name": "X-Key", "wanted": {"value": "${KEY}", "env": [{"name": "KEY", "default": "dev"}], "resolved": "dev"},
     "origin": {"file": "t.go", "line": 6}},
    {"name": "X-Region", "wanted": {"value": "${REGION}", "env": [{"name": "REGION", "default": "eu"}],
     "resolved": "eu"}, "origin": {"file": "t.go", "line": 7}},
    {"name": "X-Of-File", "wanted": {"value": "${config:key}"}, "origin": {"file": "t.go", "line": 8}}])");
  const AccessDraft draft = Drafted(inspection, {{"README.md", "-H 'Authorization: Bearer x1' -H 'X-Region: us'"}});
  EXPECT_THAT(draft.text, HasSubstr("Authorization = \"Bearer only-for-measurements-not-a-secret\"  # API_TOKEN in "
                                    "[service.env]; read at t.go:5\n"));
  EXPECT_THAT(draft.text, HasSubstr("X-Key = \"only-for-measurements-not-a-secret\"  # KEY in [service.env]"));
  EXPECT_THAT(draft.text, HasSubstr("X-Region = \"eu\"  # its default; read at t.go:7\n"));
  EXPECT_THAT(draft.text, HasSubstr("X-Of-File = \"FILL IN"));
  std::vector<std::string> given;
  for (const Setting& setting : draft.env) given.push_back(setting.name + "=" + setting.value);
  EXPECT_THAT(given,
              ElementsAre("API_TOKEN=only-for-measurements-not-a-secret", "KEY=only-for-measurements-not-a-secret"));
}

TEST(DraftAccess, LeavesAPlaceholderForAHeaderWithoutValue) {
  const auto inspection = Inspected(R"("headers": [{"name": "X-Api-Key", "origin": {"file": "t.go", "line": 5}}])");
  const AccessDraft draft = Drafted(inspection, {});
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nX-Api-Key = \"FILL IN\"  # t.go:5"));
  EXPECT_THAT(draft.missing, ElementsAre("a value for the header X-Api-Key (t.go:5): nothing in documents or tests "
                                         "shows one; fill it in"));
}

TEST(DraftAccess, NamesTheHeaderOfALoginThatItDidNotFind) {
  const auto inspection =
      Inspected(R"("headers": [{"name": "Authorization", "routes": 1, "origin": {"file": "a.go", "line": 9}}])");
  const AccessDraft draft = Drafted(inspection, {});
  EXPECT_THAT(draft.text, Not(HasSubstr("\nAuthorization")));
  EXPECT_THAT(draft.missing, ElementsAre("a login: middleware wants the header Authorization (a.go:9, before 1 route): "
                                         "without it requests may be refused"));
}

TEST(DraftAccess, TakesBasicAuthenticationForALogin) {
  const std::string header = R"("headers": [{"name": "Authorization", "basic": true, "routes": 2,
    "origin": {"file": "auth.go", "line": 5}}])";
  const std::string login = R"(, "routes": [{"method": "POST", "path": "/sessions", "template": "/sessions",
    "request": {"path": [], "query": [], "form": [], "header": [], "body": {"type": "in", "fields": [
      {"name": "username", "kind": "string"}, {"name": "password", "kind": "string"}]}},
    "responses": [{"status": 201, "type": "out", "fields": [{"name": "token", "kind": "string"}]}],
    "origin": {"file": "s.go", "line": 1}}])";
  const AccessDraft draft = Drafted(Inspected(header + login), {{"README.md", "curl -u ana:secret x"}});
  EXPECT_THAT(draft.text,
              HasSubstr("[headers]\nAuthorization = \"Basic YW5hOnNlY3JldA==\"  # README.md:1; read at auth.go:5\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("[[login]]")));
  const AccessDraft without = Drafted(Inspected(header), {});
  EXPECT_THAT(without.missing, ElementsAre(HasSubstr("a login: middleware wants the header Authorization")));
  const std::string own = R"("headers": [{"name": "Authorization", "basic": true, "account": "ana:quartz", "routes": 2,
    "origin": {"file": "auth.go", "line": 5}}])";
  EXPECT_THAT(Drafted(Inspected(own), {}).text, HasSubstr("Authorization = \"Basic YW5hOnF1YXJ0eg==\""));
}

TEST(DraftAccess, LogsInByCookie) {
  const auto inspection = Inspected(R"("routes": [
    {"method": "POST", "template": "/register", "cookies": [{"name": "sid"}], "request": {"form": [{"name": "password"}]}},
    {"method": "POST", "template": "/login", "cookies": [{"name": "sid"}], "origin": {"file": "r.go", "line": 2},
     "request": {"body": {"fields": [{"name": "email", "kind": "string"}, {"name": "password", "kind": "string"}]}},
     "responses": [{"status": 204}]}])");
  const AccessDraft draft = Drafted(inspection, {{"README.md", R"({"email": "a@b.example", "password": "secret"})"}});
  ASSERT_EQ(draft.login, &inspection.routes[1]);
  EXPECT_THAT(draft.text, HasSubstr("status = 204\n[login.capture]\nsession = \"cookie:sid\"\n"));
  EXPECT_THAT(draft.text, HasSubstr("[headers]\nCookie = \"sid=${login.user.session}\"\n"));
}

TEST(DraftAccess, SendsAFormWhereTheLoginReadsOne) {
  const auto inspection = Inspected(R"("routes": [
    {"method": "POST", "template": "/login", "cookies": [{"name": "sid"}],
     "request": {"form": [{"name": "email"}, {"name": "password"}]}}])");
  const AccessDraft draft = Drafted(inspection, {{"README.md", R"({"email": "a@b.example", "password": "secret"})"}});
  EXPECT_THAT(draft.text, HasSubstr("body = \"email=a%40b.example&password=secret\""));
  EXPECT_THAT(draft.text, HasSubstr("Content-Type = \"application/x-www-form-urlencoded\""));
}

TEST(FindRateLimit, SwitchesOffWhatADocumentSaysHowTo) {
  golang::EnvVariable variable;
  variable.name = "RATE_LIMIT_RPS";
  variable.preset = "20";
  const auto off = FindRateLimit(variable, {{"README.md", "`RATE_LIMIT_RPS=0` turns it off"}});
  ASSERT_TRUE(off);
  EXPECT_TRUE(off->off);
  EXPECT_THAT(off->text, HasSubstr("RATE_LIMIT_RPS = \"0\"  # README.md:1"));
  const auto unknown = FindRateLimit(variable, {{"README.md", "RATE_LIMIT_RPS=0.5 is less; off-peak"}});
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->off);
  EXPECT_THAT(unknown->text, HasSubstr("# RATE_LIMIT_RPS = \"20\""));
  variable.name = "RATE_LIMIT_BURST";
  EXPECT_FALSE(FindRateLimit(variable, {}));
}

TEST(Serving, TakesTheSubcommandThatListens) {
  const auto inspection = Inspected(R"("mains": [{"package": "m", "dir": "cmd/m", "binary": "m", "subcommands": [
      {"name": "migrate"}, {"name": "worker", "serves": true}, {"name": "serve", "serves": true}]}],
    "compose": [{"name": "m", "context": ".", "command": ["sh", "-c", "m migrate && m serve"]}])");
  const Deployment deployment(inspection, inspection.mains[0]);
  ASSERT_NE(Serving(inspection.mains[0], deployment), nullptr);
  EXPECT_EQ(Serving(inspection.mains[0], deployment)->name, "serve");
}

TEST(Serving, TakesNoneWhereTheOthersDoNotServe) {
  const auto inspection = Inspected(R"("mains": [{"package": "m", "subcommands": [{"name": "migrate"}]}],
    "compose": [{"name": "m", "context": ".", "command": ["migrate"]}])");
  EXPECT_EQ(Serving(inspection.mains[0], Deployment(inspection, inspection.mains[0])), nullptr);
}

}  // namespace
}  // namespace hone::ops
