#include "ops/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "project/project.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A service with a subcommand, variables for address and database, a debug listener, a login, lists, and things that
// cannot be driven.
constexpr char kNotes[] = R"({
  "schema": "hone.go/1", "module": {"path": "example.com/notes", "dir": "."},
  "mains": [
    {"package": "example.com/notes/cmd/tool", "dir": "cmd/tool", "binary": "tool", "origin": {"file": "cmd/tool/main.go", "line": 3}},
    {"package": "example.com/notes/cmd/notes", "dir": "cmd/notes", "binary": "notes", "origin": {"file": "cmd/notes/main.go", "line": 9},
     "subcommands": [{"name": "seed"}, {"name": "serve", "origin": {"file": "cmd/notes/main.go", "line": 20}}],
     "flags": [{"name": "rows", "type": "int", "default": "500", "subcommand": "seed", "origin": {"file": "cmd/notes/main.go", "line": 30}}]}],
  "listeners": [
    {"address": {"value": ":${PORT}", "env": [{"name": "PORT", "default": "8080"}]}, "mains": ["example.com/notes/cmd/notes"], "origin": {"file": "a.go", "line": 1}},
    {"address": {"value": "${DEBUG}", "env": [{"name": "DEBUG"}]}, "mains": ["example.com/notes/cmd/notes"], "origin": {"file": "a.go", "line": 2}}],
  "env": [{"name": "PORT", "default": "8080", "origin": {"file": "config.go", "line": 5}}, {"name": "JWT_SECRET", "origin": {"file": "config.go", "line": 6}},
          {"name": "REGION", "default": "eu", "origin": {"file": "config.go", "line": 7}}, {"name": "ONLY_TEST", "test": true}],
  "database": {"libraries": [{"name": "pgx"}], "connect": [{"dsn": {"value": "${DSN}", "env": [{"name": "DSN"}]}, "origin": {"file": "db.go", "line": 4}}],
    "migrations": [{"tool": "goose", "dir": "db/migrations", "pattern": "*.sql", "files": ["1.sql"]}],
    "seed": [{"main": "example.com/notes/cmd/notes", "args": ["seed"], "flags": ["rows"], "origin": {"file": "cmd/notes/main.go", "line": 28}}]},
  "pprof": [{"kind": "route", "path": "/debug/pprof/", "listener": {"origin": {"file": "a.go", "line": 2}}, "origin": {"file": "a.go", "line": 3}}],
  "routes": [
    {"method": "GET", "path": "/healthz", "template": "/healthz", "origin": {"file": "r.go", "line": 1}},
    {"method": "POST", "template": "/login", "origin": {"file": "r.go", "line": 2},
     "request": {"body": {"fields": [{"name": "email", "kind": "string"}, {"name": "password", "kind": "string"}]}},
     "responses": [{"status": 200, "fields": [{"name": "token", "kind": "string"}]}]},
    {"method": "GET", "template": "/notes", "origin": {"file": "r.go", "line": 3},
     "request": {"query": [{"name": "limit", "default": "20", "rules": "min=1,max=20"}, {"name": "page"}, {"name": "sort"}]},
     "responses": [{"status": 200, "array": true, "fields": [{"name": "id", "kind": "integer"}, {"name": "title", "kind": "string"}]}]},
    {"method": "GET", "template": "/notes/{id}", "origin": {"file": "r.go", "line": 4}},
    {"method": "GET", "template": "/users/{id}", "origin": {"file": "r.go", "line": 5}, "request": {"path": [{"name": "id", "type": "int64"}]}},
    {"method": "GET", "template": "/files/{name}", "origin": {"file": "r.go", "line": 6}},
    {"method": "POST", "template": "/notes", "origin": {"file": "r.go", "line": 7},
     "request": {"body": {"fields": [{"name": "title", "kind": "string", "tags": {"binding": "required"}}]}}, "responses": [{"status": 201}]},
    {"method": "DELETE", "template": "/notes/{id}", "origin": {"file": "r.go", "line": 8}},
    {"method": "DELETE", "template": "/me", "origin": {"file": "r.go", "line": 13}},
    {"method": "GET", "template": "/search", "origin": {"file": "r.go", "line": 9}, "request": {"query": [{"name": "q", "type": "string", "rules": "required"}]}},
    {"method": "GET", "template": "/report", "origin": {"file": "r.go", "line": 10},
     "request": {"query": [{"name": "from", "type": "string", "rules": "required"}, {"name": "to", "type": "string", "rules": "required"}]}},
    {"method": "POST", "template": "/notes/{id}/pin", "origin": {"file": "r.go", "line": 11}, "request": {"bodyless": true}},
    {"method": "POST", "template": "/notes/{id}/share", "origin": {"file": "r.go", "line": 12}},
    {"method": "GET", "template": "/debug/pprof/", "origin": {"file": "a.go", "line": 3}}]
})";

InitDraft Drafted(const std::vector<SourceText>& texts) {
  const auto inspection = golang::ParseInspection(kNotes);
  EXPECT_TRUE(inspection);
  return DraftProject(*inspection, texts, "notes", "benchmarks");
}

const std::vector<SourceText> kTexts = {
    {"README.md",
     "curl -d '{\"email\":\"a@b.example\",\"password\":\"secret\"}'\n'localhost:1/report?from=2025-01&to=2025-03'"}};

project::Project Parsed(const InitDraft& draft) {
  auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  EXPECT_TRUE(project) << (project ? "" : project.error()[0].text) << "\n" << draft.text;
  return project ? *std::move(project) : project::Project();
}

TEST(DraftProject, SaysHowToBuildStartAndReachTheService) {
  const project::Project project = Parsed(Drafted(kTexts));
  EXPECT_EQ(project.service.name, "notes");
  EXPECT_EQ(project.service.build.back().source(), "./cmd/notes");
  EXPECT_EQ(project.service.run.back().source(), "serve");
  EXPECT_EQ(project.service.url.source(), "http://127.0.0.1:${port}");
  EXPECT_EQ(project.service.env.at("PORT").source(), "${port}");
  EXPECT_EQ(project.service.env.at("DSN").source(), "${db.url}");
  EXPECT_EQ(project.service.env.at("DEBUG").source(), "127.0.0.1:${port.debug}");
  EXPECT_EQ(project.service.env.at("JWT_SECRET").source(), "only-for-measurements-not-a-secret");
  EXPECT_FALSE(project.service.env.contains("REGION"));
  EXPECT_FALSE(project.service.env.contains("ONLY_TEST"));
  EXPECT_EQ(project.service.ready->path.source(), "/healthz");
  EXPECT_EQ(project.pprof_url->source(), "http://127.0.0.1:${port.debug}/debug/pprof");
  EXPECT_FALSE(project.metrics_url);
}

TEST(DraftProject, SaysHowToFillTheDatabase) {
  const project::Project project = Parsed(Drafted(kTexts));
  ASSERT_TRUE(project.database);
  EXPECT_THAT(project.database->migrations, ElementsAre("/repo/db/migrations/*.sql"));
  EXPECT_EQ(project.database->seed.back().source(), "${size}");
  EXPECT_EQ(project.database->size, 500);
}

TEST(DraftProject, DrivesWhatItCan) {
  const InitDraft draft = Drafted(kTexts);
  const project::Project project = Parsed(draft);
  std::vector<std::string> names;
  for (const project::Scenario& scenario : project.scenarios) names.push_back(scenario.name);
  EXPECT_THAT(names, ElementsAre("GET /healthz", "GET /notes", "GET /notes/{id}", "GET /users/{id}", "POST /notes",
                                 "DELETE /notes/{id}", "GET /search", "GET /report", "POST /notes/{id}/pin"));
  EXPECT_EQ(draft.scenarios, 9);
  const auto& sizes = std::get<project::Sizes>(project.scenarios[1].SizeVariable()->values);
  EXPECT_THAT(sizes.values, ElementsAre(1, 2, 5, 10));
  EXPECT_EQ(std::get<project::FromAnswer>(project.scenarios[2].vars[0].values).pointer, "/*/id");
  EXPECT_EQ(project.scenarios[4].body.source(), R"({"title": "hone ${seq}"})");
  EXPECT_THAT(project.scenarios[4].status, ElementsAre(201));
  EXPECT_EQ(std::get<project::FromAnswer>(project.scenarios[5].vars[0].values).pointer, "/*/id");
  EXPECT_EQ(std::get<project::FromAnswer>(project.scenarios[6].vars[0].values).pointer, "/*/title");
  EXPECT_EQ(project.scenarios[7].path.source(), "/report?from=2025-01&to=2025-03");
  EXPECT_EQ(project.scenarios[8].body.source(), "");
}

TEST(DraftProject, TakesValuesThatNoAnswerListsOutOfTheTablesOfTheSchema) {
  std::vector<SourceText> texts = kTexts;
  texts.push_back(
      {"db/1.sql", "CREATE TABLE app_users (id uuid PRIMARY KEY); CREATE TABLE files (name text, size int);"});
  const InitDraft draft = Drafted(texts);
  EXPECT_THAT(draft.text, HasSubstr("path = \"/users/${id}\"\n[scenario.vars]\nid = { column = \"app_users.id\" }"));
  EXPECT_THAT(draft.text, HasSubstr("name = { column = \"files.name\" }  # no answer lists them"));
  EXPECT_EQ(draft.scenarios, 10) << "files too";
}

TEST(DraftProject, AsksAsTheRequestsOfADocument) {
  std::vector<SourceText> texts = kTexts;
  texts.push_back({"docs/api.md",
                   "curl $B/files/plan.pdf\ncurl $B/files/tax.pdf\ncurl -X POST $B/notes/7/share -d '{\"with\": 3}'\n"
                   "curl $B/users/9?active=yes\ncurl $B/notes?limit=5&sort=title\ncurl $B/search?q=tea\n"});
  const InitDraft draft = Drafted(texts);
  EXPECT_THAT(draft.text, HasSubstr("name = { list = [\"plan.pdf\", \"tax.pdf\"] }  # docs/api.md:1"));
  EXPECT_THAT(draft.text, HasSubstr("body = '{\"with\": 3}'  # docs/api.md:3"));
  EXPECT_THAT(draft.text, HasSubstr("path = \"/users/${id}?active=yes\""));
  EXPECT_THAT(draft.text, HasSubstr("path = \"/notes?limit=${limit}&page=1\"")) << "a filter of a list";
  EXPECT_EQ(draft.scenarios, 11);
}

TEST(DraftProject, LetsIdsVaryAndListsGrowThatADocumentShows) {
  const auto inspection = golang::ParseInspection(R"({"schema": "hone.go/1",
    "mains": [{"package": "a", "dir": ".", "binary": "a", "origin": {"file": "main.go", "line": 1}}],
    "listeners": [{"address": {"value": ":6060"}, "mains": ["a"]}],
    "routes": [
      {"method": "GET", "template": "/shops", "responses": [{"status": 200, "array": true, "fields": [{"name": "id", "kind": "integer"}]}]},
      {"method": "GET", "template": "/parcels/{code}"},
      {"method": "GET", "template": "/parcels/compare", "request": {"query": [{"name": "codes"}]}},
      {"method": "GET", "template": "/reports/sales"},
      {"method": "POST", "template": "/parcels/expire",
       "request": {"body": {"fields": [{"name": "before", "kind": "string"}, {"name": "limit", "kind": "integer"}]}}}]})");
  ASSERT_TRUE(inspection);
  const std::vector<SourceText> texts = {
      {"README.md",
       "curl $B/parcels/compare?codes=P-1,P-2\ncurl $B/parcels/P-7\n"
       "curl \"$B/reports/sales?shop_id=3&from=2025-01-01&api_key=abc\"\n"
       "curl -X POST $B/parcels/expire -d '{\"before\": \"2025-02-01\", \"limit\": 15}'\n"},
      {"1.sql", "CREATE TABLE parcels (id bigint, code text);"}};
  const InitDraft draft = DraftProject(*inspection, texts, "a", "benchmarks");
  EXPECT_TRUE(project::ParseProject(draft.text, "/repo/benchmarks/hone.toml")) << draft.text;
  EXPECT_THAT(draft.text, HasSubstr("path = \"/parcels/compare?codes=${n.items}\""));
  EXPECT_THAT(draft.text, HasSubstr("items = \"${code}\" }\ncode = { column = \"parcels.code\" }"));
  EXPECT_THAT(draft.text, HasSubstr("path = \"/parcels/${code}\"")) << "compare is no code";
  EXPECT_THAT(draft.text, HasSubstr("path = \"/reports/sales?shop_id=${shop_id}&from=${from}\""));
  EXPECT_THAT(draft.text, HasSubstr("from = { list = [\"2025-01-01\", \"2024-12-31\", "));
  EXPECT_THAT(draft.text, HasSubstr("shop_id = { from = \"GET /shops\", pointer = \"/*/id\" }"));
  EXPECT_THAT(draft.text, HasSubstr(R"(body = '{"before": "2025-02-01", "limit": ${limit}}')"));
  EXPECT_THAT(draft.text, HasSubstr("limit = { sizes = [1, 2, 5, 10, 25, 50], default = 10 }"));
}

TEST(DraftProject, LogsInWithWhatTheRepositoryShows) {
  const InitDraft draft = Drafted(kTexts);
  const project::Project project = Parsed(draft);
  ASSERT_EQ(project.logins.size(), 1u);
  EXPECT_EQ(project.logins[0].body.source(), R"({"email": "a@b.example", "password": "secret"})");
  EXPECT_EQ(project.logins[0].captures.at(0).where, "/token");
  EXPECT_EQ(project.scenarios[0].headers.at(0).second.source(), "Bearer ${login.user.token}");
  EXPECT_THAT(draft.found, Contains("login by POST /login (r.go:2) with the credentials of README.md:1"));
}

TEST(DraftProject, LeavesAPlaceholderWhereItFindsNoCredentials) {
  const InitDraft draft = Drafted({});
  const project::Project project = Parsed(draft);
  ASSERT_EQ(project.logins.size(), 1u);
  EXPECT_EQ(project.logins[0].body.source(), R"({"email": "FILL IN", "password": "FILL IN"})");
  EXPECT_THAT(draft.text, HasSubstr("# Fill in an account"));
  EXPECT_THAT(
      draft.missing,
      Contains(
          "credentials for POST /login (r.go:2): nothing in documents, seed code or tests shows any; fill them in"));
}

TEST(DraftProject, SaysWhatItDidNotFindAndWhere) {
  const InitDraft draft = Drafted({});
  EXPECT_THAT(draft.missing, Contains("metrics: no metrics of the service's own"));
  EXPECT_THAT(draft.missing, Contains("GET /files/{name} (r.go:6) is not driven: no answer lists values for {name}"));
  EXPECT_THAT(draft.missing,
              Contains("DELETE /me (r.go:13) is not driven: each request would need a row of its own to delete"));
  EXPECT_THAT(draft.missing,
              Contains("POST /notes/{id}/share (r.go:12) is not driven: what its body must hold was not found"));
  EXPECT_THAT(draft.missing, Contains("GET /report (r.go:10) is not driven: what to ask for with from is not known"));
  EXPECT_THAT(draft.text, HasSubstr("DSN = \"${db.url}\"  # db.go:4"));
  EXPECT_THAT(draft.text, HasSubstr("# REGION = \"eu\"  # config.go:7: left at its default"));
  EXPECT_THAT(draft.text, Not(HasSubstr("ONLY_TEST")));
}

TEST(DraftProject, NamesModulesBelowTheRepository) {
  const auto inspection =
      golang::ParseInspection(R"({"schema": "hone.go/1", "workspace": {"modules": [{"path": "a", "dir": "svc/a"}]},
    "mains": [{"package": "a", "dir": "svc/a", "binary": "a", "origin": {"file": "svc/a/main.go", "line": 1}}],
    "listeners": [{"address": {"value": ":6060"}, "mains": ["a"], "origin": {"file": "svc/a/main.go", "line": 5}}]})");
  ASSERT_TRUE(inspection);
  const InitDraft draft = DraftProject(*inspection, {}, "mono", "tools/bench");
  EXPECT_THAT(draft.text, HasSubstr("dir = \"../../svc/a\"\nbuild = \"go build -o ${bin} .\""));
  EXPECT_THAT(draft.missing, Contains("the service always listens on http://127.0.0.1:6060: that port must be free"));
  EXPECT_THAT(draft.missing, Contains("no endpoint that can be driven was found: write [[scenario]] by hand"));
}

class InitTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = base::TemporaryDirectory::Create("init-test");
    ASSERT_TRUE(folder);
    folder_.emplace(*std::move(folder));
    auto guardian = host::Guardian::Start(folder_->path() / "run");
    ASSERT_TRUE(guardian);
    guardian_.emplace(*std::move(guardian));
    repository_ = folder_->path() / "notes";
    ASSERT_TRUE(base::MakeDirectories(repository_));
    ASSERT_TRUE(base::WriteFile(folder_->path() / "answer.json", kNotes));
    const fs::path helper = folder_->path() / "hone-go";
    ASSERT_TRUE(base::WriteFile(helper, "#!/bin/sh\ncat '" + (folder_->path() / "answer.json").string() + "'\n", 0755));
    setenv("HONE_GO", helper.c_str(), 1);
  }
  void TearDown() override { unsetenv("HONE_GO"); }

  std::optional<base::TemporaryDirectory> folder_ = {};
  std::optional<host::Guardian> guardian_ = {};
  fs::path repository_ = {};
  base::Task task_;
};

TEST_F(InitTest, WritesTheFileOnceAndKeepsTheLedgerOutOfGit) {
  const auto first = Init({repository_}, *guardian_, task_);
  ASSERT_TRUE(first) << base::Sentence(first.error());
  EXPECT_EQ(first->files[0].file, fs::canonical(repository_) / "benchmarks" / "hone.toml");
  EXPECT_TRUE(project::ReadProject(first->files[0].file));
  EXPECT_EQ(*base::ReadFile(repository_ / "benchmarks" / ".gitignore"), ".hone/\n");
  ASSERT_TRUE(base::WriteFile(first->files[0].file, "mine"));
  const auto second = Init({repository_}, *guardian_, task_);
  ASSERT_FALSE(second);
  EXPECT_THAT(base::Sentence(second.error()), HasSubstr("There is a hone.toml already"));
  EXPECT_EQ(*base::ReadFile(first->files[0].file), "mine");
  ASSERT_TRUE(Init({repository_, "benchmarks", true}, *guardian_, task_));
  EXPECT_NE(*base::ReadFile(first->files[0].file), "mine");
  EXPECT_EQ(*base::ReadFile(repository_ / "benchmarks" / ".gitignore"), ".hone/\n");
}

TEST_F(InitTest, RefusesFoldersOutsideAndRepositoriesWithoutAProgram) {
  EXPECT_THAT(base::Sentence(Init({repository_, "../x"}, *guardian_, task_).error()),
              HasSubstr("must lie in the repository"));
  ASSERT_TRUE(base::WriteFile(folder_->path() / "answer.json", R"({"schema": "hone.go/1"})"));
  EXPECT_THAT(base::Sentence(Init({repository_}, *guardian_, task_).error()),
              HasSubstr("There is no main package to build"));
  EXPECT_FALSE(Init({repository_ / "nowhere"}, *guardian_, task_));
}

// A part's id that no list shows must belong to the whole that is named beside it: the first of each.
TEST(DraftProject, NamesTheFirstWholeWhereItNamesTheFirstPart) {
  const auto draft = [](const std::string& lines) {
    const auto inspection = golang::ParseInspection(
        R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}], "routes": [
        {"method": "GET", "template": "/shops", "mains": ["m"], "responses": [{"status": 200, "array": true,
          "fields": [{"name": "id", "kind": "integer"}]}]},
        {"method": "POST", "template": "/orders", "mains": ["m"], "request": {"body": {"fields": [
          {"name": "shop_id", "kind": "integer"}, )" +
        lines + "]}}}]}");
    EXPECT_TRUE(inspection);
    return inspection ? DraftProject(*inspection, {}, "x", "benchmarks").text : "";
  };
  EXPECT_THAT(draft(R"({"name": "lines", "kind": "array", "fields": [{"name": "item_id", "kind": "integer"}]})"),
              HasSubstr(R"(body = '{"shop_id": 1, "lines": [)"));
  EXPECT_THAT(draft(R"({"name": "lines", "kind": "array", "fields": [{"name": "amount", "kind": "integer"}]})"),
              HasSubstr(R"(body = '{"shop_id": ${shop_id}, "lines": [)"));
}

TEST(DraftProject, GivesEachRequestThatMayComeAgainAKeyOfItsOwn) {
  const auto draft = [](const std::string& header, const std::string& middleware) {
    const auto inspection = golang::ParseInspection(
        R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}], "routes": [
        {"method": "GET", "template": "/orders", "mains": ["m"]},
        {"method": "POST", "template": "/orders", "mains": ["m"], "request": {"header": [)" +
        header + R"(], "body": {"fields": [{"name": "note", "kind": "string"}]}}}], "headers": [)" + middleware + "]}");
    EXPECT_TRUE(inspection);
    return Parsed(DraftProject(*inspection, {}, "x", "benchmarks"));
  };
  for (const project::Project& project : {draft(R"({"name": "Idempotency-Key"})", ""),
                                          draft("", R"({"name": "Idempotency-Key", "middleware": "m.once"})")}) {
    ASSERT_EQ(project.scenarios.size(), 2U);
    EXPECT_THAT(project.scenarios[0].headers, testing::IsEmpty()) << "a GET needs none";
    ASSERT_EQ(project.scenarios[1].headers.size(), 1U);
    EXPECT_EQ(project.scenarios[1].headers[0].first, "Idempotency-Key");
    EXPECT_EQ(project.scenarios[1].headers[0].second.source(), "hone-${seq}");
  }
}

}  // namespace
}  // namespace hone::ops
