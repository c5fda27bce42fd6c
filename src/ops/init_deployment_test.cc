// What compose files, .env files, Dockerfiles and OpenAPI documents add to `hone init`.
#include "ops/init_deployment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/init.h"
#include "ops/init_config_file.h"
#include "ops/init_mains.h"
#include "ops/init_operations.h"
#include "ops/init_pool.h"
#include "project/project.h"

namespace hone::ops {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Two programs of one repository with their compose file; the API has a gRPC listener beside.
constexpr char kMono[] = R"({
  "schema": "hone.go/1", "module": {"path": "example.com/mono", "dir": "."},
  "mains": [
    {"package": "m/api", "dir": "services/api/cmd/server", "binary": "server", "origin": {"file": "services/api/cmd/server/main.go", "line": 1},
     "subcommands": [{"name": "run"}, {"name": "gateway", "origin": {"file": "g.go", "line": 7}}]},
    {"package": "m/mail", "dir": "services/mail/cmd/server", "binary": "server", "origin": {"file": "services/mail/cmd/server/main.go", "line": 1}},
    {"package": "m/tool", "dir": "tool", "binary": "tool"}],
  "listeners": [
    {"address": {"value": ":9090"}, "serves": "grpc", "mains": ["m/api"], "origin": {"file": "a.go", "line": 4}},
    {"address": {"value": "${ADDR}", "env": [{"name": "ADDR", "default": ":80"}]}, "serves": "chi", "mains": ["m/api", "m/mail"], "origin": {"file": "a.go", "line": 5}}],
  "routes": [
    {"method": "RPC", "template": "/x.Y/Z", "framework": "grpc", "mains": ["m/api"]},
    {"method": "GET", "template": "/healthz", "mains": ["m/api", "m/mail"], "responses": [{"status": 204, "type": ""}]},
    {"method": "GET", "template": "/items/{key}", "mains": ["m/api"]},
    {"method": "POST", "template": "/items", "mains": ["m/api"], "origin": {"file": "r.go", "line": 8}},
    {"method": "GET", "template": "/users/{id}", "mains": ["m/api"]},
    {"method": "GET", "template": "/files/*", "mains": ["m/api"]},
    {"method": "PURGE", "template": "/cache", "mains": ["m/api"]},
    {"method": "GET", "template": "/mails", "mains": ["m/mail"]}],
  "env": [
    {"name": "ADDR", "default": ":80", "mains": ["m/api", "m/mail"], "origin": {"file": "c.go", "line": 1}},
    {"name": "APP_DB_HOST", "mains": ["m/api"], "origin": {"file": "c.go", "line": 2}},
    {"name": "APP_DB_PASSWORD", "mains": ["m/api"], "origin": {"file": "c.go", "line": 3}},
    {"name": "CACHE", "mains": ["m/api"], "origin": {"file": "c.go", "line": 4}},
    {"name": "QUEUE", "mains": ["m/api"], "origin": {"file": "c.go", "line": 5}},
    {"name": "REGION", "mains": ["m/api"], "origin": {"file": "c.go", "line": 6}},
    {"name": "LEVEL", "default": "info", "mains": ["m/api"], "origin": {"file": "c.go", "line": 7}},
    {"name": "BUCKET", "mains": ["m/api"], "origin": {"file": "c.go", "line": 8}},
    {"name": "SENDER", "mains": ["m/api"], "origin": {"file": "c.go", "line": 9}},
    {"name": "API_KEY", "mains": ["m/api"], "origin": {"file": "c.go", "line": 10}},
    {"name": "CERTIFICATE", "mains": ["m/api"], "origin": {"file": "c.go", "line": 11}},
    {"name": "SMTP", "mains": ["m/mail"], "origin": {"file": "c.go", "line": 12}}],
  "database": {"libraries": [{"name": "pgx"}], "connect": [{"dsn": {"value": "${?}"}, "mains": ["m/api"], "origin": {"file": "d.go", "line": 1}}],
    "migrations": [{"tool": "goose", "dir": "db/mail", "pattern": "*.sql", "files": ["1.sql"]}, {"tool": "goose", "dir": "db/api", "pattern": "*.sql", "files": ["1.sql", "2.sql"]}]},
  "compose": [
    {"file": "compose.yml", "name": "api", "context": ".", "command": ["server", "gateway"], "depends_on": ["db", "cache", "queue", "auth", "schema"],
     "origin": {"file": "compose.yml", "line": 2}, "env": [
      {"name": "APP_DB_HOST", "value": "db", "origin": {"file": "compose.yml", "line": 5}},
      {"name": "APP_DB_PASSWORD", "value": "hunter2", "origin": {"file": "compose.yml", "line": 6}},
      {"name": "CACHE", "value": "redis://cache:6379/0", "origin": {"file": "compose.yml", "line": 7}},
      {"name": "QUEUE", "value": "nats://queue:4222", "origin": {"file": "compose.yml", "line": 8}},
      {"name": "REGION", "value": "eu", "origin": {"file": "compose.yml", "line": 9}},
      {"name": "LEVEL", "value": "debug", "origin": {"file": "compose.yml", "line": 10}},
      {"name": "API_KEY", "value": "sk-live", "origin": {"file": "compose.yml", "line": 11}},
      {"name": "CERTIFICATE", "value": "/etc/tls/cert.pem", "origin": {"file": "compose.yml", "line": 12}}]},
    {"name": "db", "image": "postgis/postgis:16-3.4", "env": [{"name": "POSTGRES_DB", "value": "apidb", "origin": {"file": "compose.yml", "line": 15}}],
     "init_sql": ["db/init.sql"], "origin": {"file": "compose.yml", "line": 14}},
    {"name": "cache", "image": "redis:7", "ports": [{"host": "16379", "container": "6379"}], "origin": {"file": "compose.yml", "line": 18}},
    {"name": "schema", "image": "migrate/migrate:v4", "origin": {"file": "compose.yml", "line": 19}},
    {"name": "queue", "image": "nats", "origin": {"file": "compose.yml", "line": 20}},
    {"name": "auth", "context": "auth", "origin": {"file": "compose.yml", "line": 22}}],
  "env_files": [
    {"file": ".env", "values": [{"name": "BUCKET", "value": "mine", "origin": {"file": ".env", "line": 1}}]},
    {"file": ".env.example", "example": true, "values": [{"name": "SENDER", "value": "a@example.com", "origin": {"file": ".env.example", "line": 3}}]}],
  "dockerfiles": [{"file": "Dockerfile", "builds": [{"package": "services/api/cmd/server", "tags": "prod", "origin": {"file": "Dockerfile", "line": 3}}]}],
  "openapi": [
    {"method": "GET", "path": "/v1/items/{slug}", "origin": {"file": "openapi.yaml", "line": 4},
     "params": [{"name": "slug", "in": "path", "example": "blue-hat", "origin": {"file": "openapi.yaml", "line": 6}},
                {"name": "lang", "in": "query", "required": true, "enum": ["de", "en"], "origin": {"file": "openapi.yaml", "line": 9}}]},
    {"method": "POST", "path": "/v1/items", "body": "{\"name\":\"hat\"}", "status": [201], "origin": {"file": "openapi.yaml", "line": 20}}]
})";

golang::Inspection Mono() {
  auto inspection = golang::ParseInspection(kMono);
  EXPECT_TRUE(inspection);
  return inspection ? *std::move(inspection) : golang::Inspection();
}

InitDraft Api() { return DraftProjects(Mono(), {}, "mono", "benchmarks").at(0).draft; }

TEST(DraftProjects, WritesOneFileForEachServiceThatServes) {
  const auto files = DraftProjects(Mono(), {}, "mono", "benchmarks");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].file, "benchmarks/api/hone.toml");
  EXPECT_EQ(files[1].file, "benchmarks/mail/hone.toml");
  const auto mail = project::ParseProject(files[1].draft.text, "/repo/benchmarks/mail/hone.toml");
  ASSERT_TRUE(mail) << mail.error()[0].text << files[1].draft.text;
  EXPECT_EQ(mail->service.name, "mail");
  EXPECT_EQ(mail->service.dir, "/repo");
  EXPECT_THAT(mail->database->migrations, ElementsAre("/repo/db/mail/*.sql"));
  EXPECT_EQ(mail->scenarios.size(), 2u);
  EXPECT_THAT(files[1].draft.text, Not(HasSubstr("REGION")));
  EXPECT_THAT(files[0].draft.found, Contains("another main package, not used: m/tool"));
  EXPECT_THAT(files[0].draft.found, Not(Contains(HasSubstr("m/mail"))));
}

TEST(DraftProjects, WritesNoneForWhatStandsInForOthers) {
  golang::Inspection mono = Mono();
  golang::MainPackage fake;
  fake.package = "example.com/mono/cmd/fakebank";
  fake.dir = "cmd/fakebank";
  fake.binary = "fakebank";
  mono.mains.push_back(fake);
  mono.listeners.push_back(mono.listeners.at(0));
  mono.listeners.back().mains = {fake.package};
  mono.routes.push_back(mono.routes.at(0));
  mono.routes.back().mains = {fake.package};
  EXPECT_EQ(DraftProjects(mono, {}, "mono", "benchmarks").size(),
            DraftProjects(Mono(), {}, "mono", "benchmarks").size());
  EXPECT_TRUE(StandsInForOthers(mono, fake));
  mono.connects.emplace_back();
  mono.connects.back().mains = {fake.package};
  EXPECT_FALSE(StandsInForOthers(mono, fake)) << "it has a database of its own";
}

TEST(DraftProjects, TakesValuesFromComposeWithTheirOrigin) {
  const std::string text = Api().text;
  EXPECT_THAT(text, HasSubstr("REGION = \"eu\"  # compose.yml:9\n"));
  EXPECT_THAT(text, HasSubstr("SENDER = \"a@example.com\"  # .env.example:3\n"));
  EXPECT_THAT(text, HasSubstr("CACHE = \"redis://127.0.0.1:16379/0\"  # compose.yml:7, where cache publishes it"));
  EXPECT_THAT(text, HasSubstr("# LEVEL = \"info\"  # c.go:7: left at its default; compose.yml:10 says \"debug\""));
  EXPECT_THAT(text, HasSubstr("# CERTIFICATE = \"\"  # compose.yml:12 has one that is of no use here"));
  EXPECT_THAT(text, HasSubstr("go build -tags prod -o ${bin} ./services/api/cmd/server\"  # Dockerfile:3"));
  EXPECT_THAT(text, HasSubstr("run = [\"${bin}\", \"gateway\"]  # g.go:7"));
}

TEST(DraftProjects, CopiesNoSecretAndNothingOfAPersonsOwn) {
  const std::string text = Api().text;
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("sk-live")));
  EXPECT_THAT(text, Not(HasSubstr("mine")));
  EXPECT_THAT(text, HasSubstr("# BUCKET = \"\"  # .env:1 has a value, not copied"));
  EXPECT_THAT(text, HasSubstr("API_KEY = \"only-for-measurements-not-a-secret\""));
}

TEST(DraftProjects, FindsTheDatabaseByWhatComposeCallsIt) {
  const InitDraft draft = Api();
  EXPECT_THAT(draft.text, HasSubstr("APP_DB_HOST = \"${db.host}\""));
  EXPECT_THAT(draft.text, HasSubstr("APP_DB_PASSWORD = \"${db.password}\""));
  EXPECT_THAT(draft.text, HasSubstr("name = \"apidb\"  # compose.yml:15, of postgis/postgis:16-3.4"));
  EXPECT_THAT(draft.text, HasSubstr("migrations = [\"../../db/api/*.sql\"]"));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("the extension postgis")));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("db/init.sql is run by the database of compose.yml:14")));
}

TEST(DraftProjects, KnowsRowsThatComeWithTheMigrations) {
  golang::Inspection inspection = Mono();
  inspection.migrations[1].dir = "db";
  inspection.migrations[1].files = {"01-schema.sql", "02-seed.sql", "init.sql"};
  inspection.migrations.erase(inspection.migrations.begin());
  const InitDraft draft = DraftProjects(inspection, {}, "mono", "benchmarks").at(0).draft;
  EXPECT_THAT(draft.found, Contains("db/02-seed.sql among the migrations makes the rows"));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("db/init.sql is run by the database"))));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("a command or file that seeds"))));
}

TEST(DraftProjects, SaysWhatElseMustBeThere) {
  const InitDraft draft = Api();
  EXPECT_THAT(draft.missing, Contains("auth (compose.yml:22): the service depends on it; Hone does not start it"));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("QUEUE (compose.yml:8) names the compose service queue")));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("values for BUCKET, CERTIFICATE: ")));
  EXPECT_THAT(draft.missing, Contains("a way to drive gRPC: its 1 methods are not measured"));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("listens for gRPC on 9090 (a.go:4)")));
}

TEST(DraftProjects, AsksForWhatOpenApiShows) {
  const InitDraft draft = Api();
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/api/hone.toml");
  ASSERT_TRUE(project) << project.error()[0].text << draft.text;
  EXPECT_EQ(project->service.url.source(), "http://127.0.0.1:${port}");
  EXPECT_THAT(project->service.ready->status, ElementsAre(200, 204));
  ASSERT_EQ(project->scenarios.size(), 3u);
  EXPECT_EQ(project->scenarios[1].path.source(), "/items/${key}?lang=${lang}");
  EXPECT_EQ(std::get<project::List>(project->scenarios[1].vars[0].values).values[0], "blue-hat");
  EXPECT_EQ(project->scenarios[2].body.source(), "{\"name\":\"hat\"}");
  EXPECT_THAT(project->scenarios[2].status, ElementsAre(201));
  EXPECT_THAT(draft.text, HasSubstr("{ list = [\"blue-hat\"] }  # openapi.yaml:6"));
  // An id that no handler was seen to read as a number may be anything; a wildcard too.
  EXPECT_THAT(draft.missing,
              Contains(HasSubstr("GET /users/{id} (:0) is not driven: no answer lists values for {id}")));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("GET /files/* (:0) is not driven")));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("PURGE /cache (:0) is not driven")));
}

InitDraft DraftOf(const std::string& database, const std::string& more = "") {
  const auto inspection = golang::ParseInspection(
      R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m", "subcommands": [{"name": "migrate"}]}, {"package": "n", "dir": "cmd/n", "binary": "n"}],
          "listeners": [{"address": {"value": ":1"}, "mains": ["m"]}], "database": {"libraries": [{"name": "pgx"}], )" +
      database + "}" + more + "}");
  EXPECT_TRUE(inspection);
  return inspection ? DraftProject(*inspection, {}, "x", "benchmarks") : InitDraft();
}

constexpr char kFolder[] = R"("migrations": [{"tool": "goose", "dir": "a", "pattern": "*.sql", "files": ["1.sql"]}])";
constexpr char kApplies[] =
    R"("applies": [{"call": "goose.Up", "mains": ["m"], "origin": {"file": "s.go", "line": 2}}])";

TEST(DraftProject, RunsASeedThatComposeMountsOnlyOnce) {
  const InitDraft draft = DraftOf(R"("seed": [{"file": "db/seed.sql"}])", R"(, "compose": [{"name": "db",
      "image": "postgres:16", "init_sql": ["db/schema.sql", "db/seed.sql"], "origin": {"file": "compose.yml", "line": 2}}])");
  EXPECT_THAT(draft.text, HasSubstr("migrations = [\"../db/schema.sql\"]"));
  EXPECT_THAT(draft.text, HasSubstr("seed_files = [\"../db/seed.sql\"]"));
}

TEST(DraftDatabase, LeavesMigrationsToAServiceThatAppliesThemItself) {
  const InitDraft draft = DraftOf(std::string(kFolder) + ", " + kApplies + R"(, "seed": [{"file": "seed.sql"}])");
  EXPECT_THAT(draft.text, HasSubstr("\nmigrate_at_start = true  # s.go:2: goose.Up\n"));
  EXPECT_THAT(draft.text, Not(HasSubstr("\nmigrations =")));
  EXPECT_THAT(draft.found, Contains("the service applies its migrations itself (s.go:2)"));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("migrations"))));
}

TEST(DraftDatabase, LeavesMigrationsToTheSeedThatAppliesThem) {
  const std::string seed = R"(, "seed": [{"main": "n", "origin": {"file": "n.go", "line": 7}}], )";
  constexpr char kBySeed[] =
      R"("applies": [{"call": "embed.FS", "mains": ["n"], "origin": {"file": "db.go", "line": 2}})";
  const InitDraft draft = DraftOf(kFolder + seed + kBySeed + "]");
  EXPECT_THAT(draft.text, HasSubstr("# The seed makes the tables before it fills them: db.go:2.\nseed = "));
  EXPECT_THAT(draft.text, Not(HasSubstr("migrations =")));
  EXPECT_THAT(draft.text, Not(HasSubstr("migrate_at_start")));
  const std::string gated = R"(, "gate": {"env": "MIGRATE", "value": "yes"}}])";
  const std::string by_seed(kBySeed, sizeof kBySeed - 2);
  EXPECT_THAT(DraftOf(kFolder + seed + by_seed + gated).text, HasSubstr("\nmigrations ="));
  const std::string command =
      R"(], "migrate": [{"main": "n", "args": ["migrate"], "origin": {"file": "n.go", "line": 5}}])";
  const InitDraft separate = DraftOf(kFolder + seed + kBySeed + command);
  EXPECT_THAT(separate.text, HasSubstr(" migrate\"  # n.go:5\nseed = ")) << "the same program has a command for it";
  EXPECT_THAT(separate.text, Not(HasSubstr("The seed makes the tables")));
}

TEST(DraftDatabase, TellsAServiceToMigrateThatDoesSoOnlyWhenItIsTold) {
  constexpr char kGated[] = R"("applies": [{"call": "goose.Up", "mains": ["m"], "origin": {"file": "s.go", "line": 2},
    "gate": {"env": "MIGRATE", "value": "yes"}}])";
  EXPECT_THAT(DraftOf(kGated).text, HasSubstr("\nMIGRATE = \"yes\"  # s.go:2\n"));
  constexpr char kByFlag[] =
      R"("applies": [{"call": "goose.Up", "mains": ["m"], "gate": {"flag": "up", "value": "true"}}])";
  EXPECT_THAT(DraftOf(kByFlag).text, HasSubstr("\"--up=true\""));
  const std::string command = R"(, "migrate": [{"main": "m", "args": ["migrate"]}])";
  EXPECT_THAT(DraftOf(kGated + command).text, Not(HasSubstr("MIGRATE =")));
}

TEST(DraftDatabase, TakesATableBesideMigrationsForOneMore) {
  constexpr char kTable[] =
      R"("applies": [{"call": "CREATE TABLE", "mains": ["m"], "origin": {"file": "s.go", "line": 9}}])";
  EXPECT_THAT(DraftOf(kTable).text, HasSubstr("\nmigrate_at_start = true  # s.go:9: CREATE TABLE\n"));
  EXPECT_THAT(DraftOf(std::string(kTable) + ", " + kFolder).text, Not(HasSubstr("migrate_at_start")));
}

TEST(DraftDatabase, MakesTablesByTheCommandThatAloneDoes) {
  const std::string applies = R"("applies": [{"call": "CREATE TABLE", "mains": ["m"], "command": ")";
  const std::string schema = applies + R"(schema"}], "migrate": [{"main": "m", "args": ["schema"]}])";
  EXPECT_THAT(DraftOf(schema).text, AllOf(HasSubstr(" schema\"  # :0\n"), Not(HasSubstr("migrate_at_start"))));
  const std::string seed = applies + R"(seed", "origin": {"file": "s.go", "line": 9}}],
    "seed": [{"main": "m", "args": ["seed"]}])";
  EXPECT_THAT(DraftOf(seed).text, AllOf(HasSubstr("# The seed makes the tables before it fills them: s.go:9.\nseed = "),
                                        Not(HasSubstr("migrate_at_start"))));
}

TEST(DraftDatabase, GivesSeedFilesTheVariablesOfPsql) {
  const InitDraft draft = DraftOf(R"("seed": [{"file": "seed.sql", "vars": [
    {"name": "books", "value": "8000", "origin": {"file": "seed.sh", "line": 9}},
    {"name": "city", "value": "Bern", "origin": {"file": "seed.sh", "line": 9}},
    {"name": "rest", "origin": {"file": "seed.sql", "line": 4}}]}])");
  EXPECT_THAT(draft.text,
              HasSubstr("\nsize = 8000  # seed.sh:9\n[database.vars]  # of psql\nbooks = \"${size}\"  # seed.sh:9\n"
                        "city = \"Bern\"  # seed.sh:9\nrest = \"${size}\"  # seed.sql:4\n"));
  EXPECT_THAT(draft.missing, Contains("a value for psql's variable rest (seed.sql:4): ${size} is a guess"));
  EXPECT_TRUE(project::ParseProject(draft.text + "[[scenario]]\npath = \"/\"\n", "/x/benchmarks/hone.toml"));
}

TEST(DraftDatabase, LetsPsqlSeedWhereTheScriptNeedsIt) {
  golang::MainPackage main;
  main.package = "m";
  golang::Inspection inspection;
  golang::CommandGuess& seed = inspection.seed.emplace_back();
  seed.file = "db/seed.sql";
  seed.vars.emplace_back().name = "books";
  seed.vars.back().value = "8000";
  const auto draft = [&] {
    return DraftDatabase(inspection, main, Deployment(inspection, main), InitPlace(inspection, main, "benchmarks"), "m",
                         std::nullopt)
        .text;
  };
  EXPECT_THAT(draft(), HasSubstr("seed_files = "));
  seed.needs_psql = true;
  EXPECT_THAT(draft(),
              AllOf(HasSubstr("seed = \"psql -X -q -v ON_ERROR_STOP=1 -v books=8000 -f db/seed.sql ${db.url}\""),
                    Not(HasSubstr("seed_files"))));
}

TEST(DraftPool, NamesWhatSetsTheSize) {
  golang::MainPackage main;
  main.package = "m";
  golang::Inspection inspection;
  const auto add = [&](std::string value, std::vector<golang::EnvRead> env, int line, std::string of = "m") {
    golang::PoolSize size;
    size.setting = "MaxConns";
    size.value.value = std::move(value);
    size.value.env = std::move(env);
    size.mains = {std::move(of)};
    size.origin = {"db.go", line};
    inspection.pool_sizes.push_back(std::move(size));
  };
  EXPECT_EQ(DraftPool(inspection, main).text, "");
  add("4", {}, 1);
  EXPECT_THAT(DraftPool(inspection, main).text, HasSubstr("# The pool's size is fixed (db.go:1)"));
  add("${REPORTS}", {{"REPORTS", "4"}}, 2);
  add("${POOL}", {{"POOL", "20"}}, 3);
  add("${WORKER}", {{"WORKER", "50"}}, 4, "n");
  const SectionDraft draft = DraftPool(inspection, main);
  EXPECT_THAT(draft.text,
              HasSubstr("# Other pools: REPORTS (db.go:2).\n[pool]\nenv = \"POOL\"  # db.go:3: MaxConns\n"));
  EXPECT_THAT(draft.found, ElementsAre("POOL sets the size of the connection pool (db.go:3)"));
}

TEST(DraftDatabase, TakesTheOneFileThatMakesTablesWhereNothingElseDoes) {
  constexpr char kOne[] = R"("schemas": ["sql/schema.sql"])";
  EXPECT_THAT(DraftOf(kOne).text, HasSubstr("\nmigrations = [\"../sql/schema.sql\"]  # sql/schema.sql\n"));
  EXPECT_THAT(DraftOf(R"("schemas": ["sql/schema.sql", "docs/example.sql"])").text, Not(HasSubstr("\nmigrations = ")));
  EXPECT_THAT(DraftOf(std::string(kFolder) + ", " + kOne).text, Not(HasSubstr("schema.sql")));
}

TEST(DraftDatabase, SaysThatStatementsOfMySqlAreNotCounted) {
  constexpr char kMySql[] = R"({"schema": "hone.go/1", "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}],
    "database": {"libraries": [{"name": "database/sql"}, {"name": "mysql"}], "connect": [{"call": "database/sql.Open"}]}})";
  const InitDraft draft = DraftProject(golang::ParseInspection(kMySql).value(), {}, "x", "benchmarks");
  EXPECT_THAT(draft.text, Not(HasSubstr("\n[database]")));
  EXPECT_THAT(draft.missing, Contains(HasSubstr("uses MySQL, whose statements Hone does not count")));
  EXPECT_THAT(DraftOf(R"("connect": [])").missing, Not(Contains(HasSubstr("MySQL"))));
}

TEST(DraftDatabase, PrefersACommandThatMigratesWhereTheCodeDoesIt) {
  const InitDraft draft =
      DraftOf(std::string(kFolder) + ", " + kApplies + R"(, "migrate": [{"main": "m", "args": ["migrate"]}])");
  EXPECT_THAT(draft.text, HasSubstr("migrate = \"${bin} migrate\""));
  EXPECT_THAT(draft.text, Not(HasSubstr("\nmigrations =")));
}

TEST(DraftDatabase, OffersTheDatabaseThatComposePublishes) {
  const auto with = [](const std::string& ports, const std::string& env) {
    return DraftOf(kFolder, R"(, "compose": [{"file": "compose.yml", "name": "db", "image": "postgres:16", "env": [)" +
                                env + R"(], "ports": [)" + ports +
                                R"(], "origin": {"file": "compose.yml", "line": 7}}])")
        .text;
  };
  const std::string text =
      with(R"({"host": "55432", "container": "5432"})",
           R"({"name": "POSTGRES_USER", "value": "shop"}, {"name": "POSTGRES_DB", "value": "orders"},
                                   {"name": "POSTGRES_PASSWORD", "value": "hunter2"})");
  EXPECT_THAT(text, HasSubstr("[database]\nmode = \"embedded\"\n"));
  EXPECT_THAT(text, HasSubstr("# Or, while compose.yml:7 runs: a scratch database"));
  EXPECT_THAT(
      text,
      HasSubstr("# url     = \"postgres://shop:${env.POSTGRES_PASSWORD}@127.0.0.1:55432/orders?sslmode=disable\"\n"
                "# scratch = true\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(
      with(R"({"host": "5432", "container": "5432"})", R"({"name": "POSTGRES_HOST_AUTH_METHOD", "value": "trust"})"),
      HasSubstr("postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"));
  // Within the project's network alone, or by a variable.
  EXPECT_THAT(with("", ""), Not(HasSubstr("scratch")));
  EXPECT_THAT(with(R"({"host": "${PORT}", "container": "5432"})", ""), Not(HasSubstr("scratch")));
}

TEST(DraftDatabase, GuessesNothingAmongFoldersThatAreAsNear) {
  const InitDraft draft = DraftOf(
      R"("migrations": [{"tool": "sql", "dir": "a", "pattern": "*.sql", "files": ["1.sql"]}, {"tool": "sql", "dir": "b", "pattern": "*.sql", "files": ["1.sql"]}])");
  EXPECT_THAT(draft.missing, Contains(HasSubstr("whose migrations are whose")));
  EXPECT_THAT(draft.text, Not(HasSubstr("\nmigrations =")));
}

TEST(DraftDatabase, TakesSqlcsSchemaWhereThereAreNoMigrations) {
  const InitDraft draft = DraftOf(
      R"("connect": [])",
      R"(, "sqlc": [{"engine": "postgresql", "schema": ["db/schema.sql", "db/more"], "origin": {"file": "sqlc.yaml", "line": 3}}])");
  EXPECT_THAT(draft.text, HasSubstr("migrations = [\"../db/schema.sql\", \"../db/more/*.sql\"]  # sqlc.yaml:3"));
}

TEST(DraftDatabase, SaysThatAConfigurationFileSetsIt) {
  const InitDraft draft = DraftOf(
      R"("connect": [{"dsn": {"value": "${config:db.url}"}, "origin": {"file": "d.go", "line": 9}}])",
      R"(, "config": [{"file": "config.yaml", "mains": ["m"], "origin": {"file": "d.go", "line": 3}}, {"names": ["x.yaml"], "origin": {"file": "d.go", "line": 4}}])");
  EXPECT_THAT(draft.missing,
              Contains(HasSubstr("the key db.url of a configuration file (d.go:9), and no variable overrules it")));
  EXPECT_THAT(draft.found, Contains("settings from config.yaml (read at d.go:3)"));
  EXPECT_THAT(draft.missing, Contains("the configuration file that is read at d.go:4: x.yaml is not there"));
}

constexpr char kFileOfAll[] = R"({"schema": "hone.go/1",
  "mains": [{"package": "m", "dir": "cmd/m", "binary": "m"}],
  "listeners": [{"address": {"value": ":${config:http.port}", "resolved": ":8080"}, "mains": ["m"]}],
  "database": {"libraries": [{"name": "pgx"}], "connect": [{"dsn": {"value": "${config:db.dsn}"}}]},
  "config": [{"file": "etc/app.yaml", "flag": "config", "origin": {"file": "c.go", "line": 3}, "keys": [
    {"name": "http.port", "value": "8080", "origin": {"line": 2}}, {"name": "db.dsn", "value": "postgres://u:p@h/x", "origin": {"line": 4}},
    {"name": "mail.password", "value": "hunter2", "origin": {"line": 6}}, {"name": "root", "value": "${HOME}", "origin": {"line": 7}}]}]})";

TEST(DraftProject, GivesAConfigurationFileWithDatabaseAndPort) {
  const auto inspection = golang::ParseInspection(kFileOfAll);
  ASSERT_TRUE(inspection);
  const std::vector<SourceText> texts = {
      {"etc/app.yaml",
       "http:\n  port: 8080 # public\ndb:\n  dsn: postgres://u:p@h/x\nmail:\n  password: hunter2\nroot: ${HOME}\n"}};
  const InitDraft draft = DraftProject(*inspection, texts, "x", "benchmarks");
  const auto project = project::ParseProject(draft.text, "/repo/benchmarks/hone.toml");
  ASSERT_FALSE(project) << draft.text;  // no scenario, and nothing else
  ASSERT_EQ(project.error().size(), 1u) << project.error()[0].text << draft.text;
  EXPECT_THAT(draft.text, HasSubstr("run = [\"${bin}\", \"--config=${run.dir}/app.yaml\"]"));
  EXPECT_THAT(draft.text, HasSubstr("  port: ${port}\n"));
  EXPECT_THAT(draft.text, HasSubstr("  dsn: \"${db.url}\"\n"));
  EXPECT_THAT(draft.text, HasSubstr("root: $${HOME}\n"));
  EXPECT_THAT(draft.text, Not(AnyOf(HasSubstr("hunter2"), HasSubstr("public"))));
  EXPECT_THAT(draft.found, Contains("etc/app.yaml: the service gets a copy with Hone's database and ports"));
  // Where the text is not at hand, or of another form, it is left to a person.
  EXPECT_THAT(DraftProject(*inspection, {}, "x", "benchmarks").missing, Contains(HasSubstr("the key db.dsn")));
  const std::vector<SourceText> flow = {
      {"etc/app.yaml", "{http: {port: 8080},\n other: 1,\n\n db: {dsn: x},\n\n password: x}\n"}};
  EXPECT_THAT(DraftProject(*inspection, flow, "x", "benchmarks").missing, Contains(HasSubstr("the key db.dsn")));
}

std::optional<std::string> CopyOf(std::string_view text, const std::string& file,
                                  const std::vector<std::pair<std::string, std::string>>& keys,
                                  const std::vector<int>& lines) {
  golang::ConfigFile config;
  config.file = file;
  for (size_t i = 0; i < keys.size(); ++i) config.keys.push_back({keys[i].first, keys[i].second, {file, lines[i]}});
  return WithSettings(text, config, {{"port", "${port}", ""}});
}

TEST(WithSettings, CopiesOnlyWhatIsUnderstood) {
  const auto yaml = [](std::string_view text, const std::vector<std::pair<std::string, std::string>>& keys,
                       const std::vector<int>& lines) { return CopyOf(text, "a.yml", keys, lines); };
  EXPECT_EQ(yaml("# was hunter1\n---\nport: 80 # hunter2\nname: 'a # b' # hunter3\n\nmail:\n  user: x#y\n",
                 {{"port", "80"}, {"name", "a # b"}, {"mail.user", "x#y"}}, {3, 4, 7}),
            "---\nport: ${port}\nname: 'a # b'\nmail:\n  user: x#y\n");
  EXPECT_EQ(yaml("smtp:\n  pass: x\n  hook: https://u:p/q@h/\n  pin: ~\n",
                 {{"smtp.pass", "x"}, {"smtp.hook", "https://u:p/q@h/"}, {"smtp.pin", ""}}, {2, 3, 4}),
            "smtp:\n  pass: \"only-for-measurements-not-a-secret\"\n"
            "  hook: \"only-for-measurements-not-a-secret\"\n  pin: ~\n");
  EXPECT_FALSE(yaml("port: 80\nusers:\n- hunter2\n", {{"port", "80"}}, {1}));
  EXPECT_FALSE(yaml("port: 80\nusers:\n- name: hunter2\n", {{"port", "80"}}, {1}));
  EXPECT_FALSE(yaml("port: 80\nusers: [hunter2]\n", {{"port", "80"}}, {1}));
  EXPECT_FALSE(yaml("port: 80\nmail: {pass: hunter2}\n", {{"port", "80"}, {"mail.pass", "hunter2"}}, {1, 2}));
  EXPECT_FALSE(yaml("port: 80\ncert: |\n  hunter2\n", {{"port", "80"}, {"cert", "hunter2\n"}}, {1, 2}));
  EXPECT_FALSE(yaml("port: 80\ncert: >-\n  hunter: 2\n", {{"port", "80"}, {"cert", "hunter: 2"}}, {1, 2}));
  EXPECT_FALSE(yaml("port: 80\ntext: one\n  two\n", {{"port", "80"}, {"text", "one two"}}, {1, 2}));
  EXPECT_FALSE(yaml("port: 80\ntext: \"one\n  pass: two\"\n", {{"port", "80"}, {"text", "one pass: two"}}, {1, 2}));
  EXPECT_FALSE(yaml("port: 80\n---\nother: hunter2\n", {{"port", "80"}}, {1}));
  EXPECT_FALSE(yaml("port: 80\ntext:\n  hunter2\n", {{"port", "80"}, {"text", "hunter2"}}, {1, 3}));
}

TEST(WithSettings, CopiesJsonOfOneValueALine) {
  EXPECT_EQ(
      CopyOf("{\n  \"port\": 80,\n  \"Mail\": {\n    \"pass\": \"x\",\n    \"to\": \"a, b\"\n  },\n  \"on\": true\n}\n",
             "a.json", {{"port", "80"}, {"mail.pass", "x"}, {"mail.to", "a, b"}, {"on", "true"}}, {2, 4, 5, 7}),
      "{\n  \"port\": ${port},\n  \"Mail\": {\n    \"pass\": \"only-for-measurements-not-a-secret\",\n"
      "    \"to\": \"a, b\"\n  },\n  \"on\": true\n}\n");
  EXPECT_FALSE(
      CopyOf("{\n  \"port\": 80,\n  \"users\": [\n    \"hunter2\"\n  ]\n}\n", "a.json", {{"port", "80"}}, {2}));
  EXPECT_FALSE(CopyOf("{\"port\": 80, \"pass\": \"x\"}\n", "a.json", {{"port", "80"}, {"pass", "x"}}, {1, 1}));
}

TEST(DraftProject, CopiesNoValueOfAFileThatIsAPersonsOwn) {
  const InitDraft draft = DraftOf(
      R"("connect": [])",
      R"(, "env": [{"name": "SMTP_USER", "file": "app.env", "origin": {"file": "e.go", "line": 1}}, {"name": "SMTP_PASS", "file": "app.env", "origin": {"file": "e.go", "line": 2}}, {"name": "SENTRY_DSN", "origin": {"file": "e.go", "line": 3}}])");
  EXPECT_THAT(draft.text, HasSubstr("# SMTP_USER = \"\"  # e.go:1: app.env has a value, not copied"));
  EXPECT_THAT(draft.text, HasSubstr("# SMTP_PASS = \"\"  # e.go:2: app.env has a value, not copied"));
  EXPECT_THAT(draft.text, HasSubstr("# SENTRY_DSN = \"\"  # e.go:3: has no default"));
}

TEST(DraftProject, TakesTheFullestOfSeveralConnectionStrings) {
  const InitDraft draft = DraftOf(
      R"("connect": [{"dsn": {"value": "host=${H}", "env": [{"name": "H"}]}}, {"dsn": {"value": "host=${H} password='${P}'", "env": [{"name": "H"}, {"name": "P"}]}}])",
      R"(, "env": [{"name": "MAY", "optional": true, "origin": {"file": "e.go", "line": 1}}])");
  EXPECT_THAT(draft.text, HasSubstr("P = \"${db.password}\""));
  EXPECT_THAT(draft.text, HasSubstr("# MAY = \"\"  # e.go:1: used only if it is set"));
  EXPECT_THAT(draft.missing, Not(Contains(HasSubstr("MAY"))));
}

TEST(IsSecretName, TellsSecretsFromWhatIsSaidOfThem) {
  for (const char* name : {"JWT_SECRET", "STRIPE_KEY", "DB_PASSWORD", "access_token"}) EXPECT_TRUE(IsSecretName(name));
  for (const char* name :
       {"SMTP_PASS", "smtp.pass", "KEY_PASSPHRASE", "SENTRY_DSN", "SLACK_WEBHOOK", "slack_webhook_url"})
    EXPECT_TRUE(IsSecretName(name)) << name;
  for (const char* name : {"TOKEN_TTL", "KEYCLOAK_URL", "AUTHOR", "KEYSPACE", "SECRET_FILE"})
    EXPECT_FALSE(IsSecretName(name)) << name;
}

TEST(IsSigningSecret, IsWhatTheServiceMakesUpItself) {
  for (const char* name : {"JWT_SECRET", "APP_AUTH_SECRET", "SESSION_KEY", "COOKIE_HASH_KEY", "APP_KEY"})
    EXPECT_TRUE(IsSigningSecret(name)) << name;
  for (const char* name : {"STRIPE_KEY", "OAUTH_CLIENT_SECRET", "WEBHOOK_SIGNING_SECRET", "SMTP_PASSWORD", "JWT_TTL"})
    EXPECT_FALSE(IsSigningSecret(name)) << name;
}

TEST(DraftProject, FillsASigningSecretThatIsEmptyByDefault) {
  const InitDraft draft =
      DraftOf(R"("connect": [{"dsn": {"value": "${DSN}", "env": [{"name": "DSN"}]}}])",
              R"(, "env": [{"name": "AUTH_SECRET", "default": "", "origin": {"file": "e.go", "line": 1}},
                   {"name": "MAIL_PASSWORD", "default": "", "origin": {"file": "e.go", "line": 2}}])");
  EXPECT_THAT(draft.text,
              HasSubstr("\nAUTH_SECRET = \"only-for-measurements-not-a-secret\"  # e.go:1: is empty by default"));
  EXPECT_THAT(draft.text, HasSubstr("# MAIL_PASSWORD = \"...\"  # e.go:2: left at its default"));
}

TEST(HoldsPassword, LooksIntoUrlsAndKeywords) {
  EXPECT_TRUE(HoldsPassword("amqp://u:p@host/x"));
  EXPECT_TRUE(HoldsPassword("host=a password=b"));
  EXPECT_TRUE(HoldsPassword("postgres://u:p/w@h"));
  EXPECT_TRUE(HoldsPassword("https://0a1b2c@sentry.example/1"));
  EXPECT_FALSE(HoldsPassword("postgres://app@db/app"));
  EXPECT_FALSE(HoldsPassword("redis://host:6379/0"));
  EXPECT_FALSE(HoldsPassword("https://example.com/a@b:c"));
}

TEST(FindOperation, TakesABaseForGrantedOnlyWhereItIsClear) {
  golang::Inspection inspection;
  golang::Operation v1;
  v1.method = "GET";
  v1.path = "/v1/items";
  golang::Operation v2 = v1;
  v2.path = "/v2/items";
  golang::Route route;
  route.method = "GET";
  route.path_template = "/items";
  inspection.operations = {v1};
  EXPECT_EQ(FindOperation(inspection, route), inspection.operations.data());
  inspection.operations = {v1, v2};
  EXPECT_EQ(FindOperation(inspection, route), nullptr);
  route.path_template = "/v2/items";
  EXPECT_EQ(FindOperation(inspection, route)->path, "/v2/items");
}

TEST(RequestOf, IsWhatTheExamplesMake) {
  golang::Operation operation;
  operation.method = "GET";
  operation.path = "/days/{day}/orders";
  operation.parameters = {{.name = "day", .in = "path", .example = "2026-05-04"},
                          {.name = "ids", .in = "query", .required = true, .example = "3,7 8"},
                          {.name = "since", .in = "query", .example = "2020-01-01"},
                          {.name = "state", .in = "query"}};
  golang::Route route;
  route.path_template = "/days/{date}/orders";
  route.path_parameters = {{.name = "date"}};
  const auto request = RequestOf(operation, route);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path.at("date"), "2026-05-04") << "found by its place";
  EXPECT_EQ(request->query, (Pairs{{"ids", "3,7%208"}}));
  operation.parameters[0].example.clear();
  EXPECT_FALSE(RequestOf(operation, route)) << "no path without its day";
}

}  // namespace
}  // namespace hone::ops
