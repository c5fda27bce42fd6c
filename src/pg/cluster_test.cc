#include "pg/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include "base/files.h"
#include "host/child.h"
#include "host/process_stats.h"
#include "pg/connection.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A client as a service has one.
class Client {
 public:
  explicit Client(const Dsn& dsn) : connection_(PQconnectdb(ToUrl(dsn).c_str()), PQfinish) {}
  bool connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  std::string error() const { return PQerrorMessage(connection_.get()); }
  void Run(const std::string& text) const { PQclear(PQexec(connection_.get(), text.c_str())); }
  void RunPrepared(const char* text, const char* value) const {
    PQclear(PQexecParams(connection_.get(), text, 1, nullptr, &value, nullptr, nullptr, 0));
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

// One server for all tests of the file: each uses databases of its own.
class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new base::TemporaryDirectory(*base::TemporaryDirectory::Create("cluster"));
    ::chmod(root_->path().c_str(), 0711);  // as the folder of runs is: the server's user must walk through it
    guardian_ = new host::Guardian(*host::Guardian::Start(root_->path()));
    auto cluster = StartCluster(true);
    ASSERT_TRUE(cluster) << base::Sentence(cluster.error());
    cluster_ = new Cluster(*std::move(cluster));
  }
  static void TearDownTestSuite() {
    delete cluster_;
    delete guardian_;
    delete root_;
  }

  static base::Result<Cluster> StartCluster(bool log_statements,
                                            const std::map<std::string, std::string>& settings = {}) {
    ClusterOptions options;
    HONE_TRY(options.folder, guardian_->MakeFolder("run"));
    options.log_statements = log_statements;
    options.settings = settings;
    options.cache = root_->path() / "cache";
    return Cluster::Start(options, *guardian_, base::Task());
  }

  static std::string Value(std::string_view database, std::string_view text) {
    const auto rows = cluster_->RunSql(database, text);
    EXPECT_TRUE(rows) << base::Sentence(rows.error());
    return rows && !rows->rows.empty() ? rows->rows[0][0].value_or("NULL") : "";
  }

  static fs::path File(const std::string& name, std::string_view text) {
    const fs::path path = root_->path() / name;
    EXPECT_TRUE(base::WriteFile(path, text));
    return path;
  }

  static base::TemporaryDirectory* root_;
  static host::Guardian* guardian_;
  static Cluster* cluster_;
};

base::TemporaryDirectory* ClusterTest::root_ = nullptr;
host::Guardian* ClusterTest::guardian_ = nullptr;
Cluster* ClusterTest::cluster_ = nullptr;

TEST_F(ClusterTest, RunsAsProductionDoes) {
  EXPECT_EQ(Value("postgres", "SHOW fsync"), "on");
  EXPECT_EQ(Value("postgres", "SHOW synchronous_commit"), "on");
  EXPECT_EQ(Value("postgres", "SHOW full_page_writes"), "on");
  EXPECT_EQ(Value("postgres", "SHOW listen_addresses"), "127.0.0.1");
  EXPECT_EQ(Value("postgres", "SHOW server_encoding"), "UTF8");
  struct stat info;
  ASSERT_EQ(::stat(("/proc/" + std::to_string(cluster_->pid())).c_str(), &info), 0);
  EXPECT_NE(info.st_uid, 0u);
}

TEST_F(ClusterTest, LetsNobodyInWithoutThePassword) {
  Dsn dsn = cluster_->dsn("postgres");
  EXPECT_TRUE(Client(dsn).connected());
  dsn.password = "wrong";
  EXPECT_FALSE(Client(dsn).connected());
}

TEST_F(ClusterTest, ThePasswordReachesNoLogAndNoStatistics) {
  ASSERT_TRUE(cluster_->StatementLog());  // by then the log is complete
  const std::string password = cluster_->dsn("postgres").password;
  for (const auto& entry : fs::recursive_directory_iterator(root_->path())) {
    if (!entry.is_regular_file() || entry.path().string().find("/base/") != std::string::npos) continue;
    EXPECT_THAT(base::ReadFile(entry.path()).value_or(""), Not(HasSubstr(password))) << entry.path();
  }
  EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%" + password + "%'"), "0");
}

TEST_F(ClusterTest, ErrorsNameTheLineAndNoValues) {
  const auto failed = cluster_->RunSql("postgres", "SELECT 1;\nSELECT 2;\nSELEC 3");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, base::Code::kInput);
  EXPECT_THAT(failed.error().what, HasSubstr("line 3: syntax error"));
  ASSERT_TRUE(cluster_->CreateDatabase("errors"));
  EXPECT_FALSE(cluster_->CreateDatabase("errors"));
  ASSERT_TRUE(cluster_->RunSql("errors", "CREATE TABLE t (email text UNIQUE); INSERT INTO t VALUES ('secret@x')"));
  const auto duplicate = cluster_->RunSql("errors", "INSERT INTO t SELECT 'secret@x' FROM generate_series(1, 1)");
  ASSERT_FALSE(duplicate);
  EXPECT_THAT(duplicate.error().what, Not(HasSubstr("secret@x")));
  EXPECT_EQ(cluster_->RunSql("no such database", "SELECT 1").error().code, base::Code::kNetwork);
}

TEST_F(ClusterTest, RunsMigrationFiles) {
  ASSERT_TRUE(cluster_->CreateDatabase("files"));
  ASSERT_TRUE(cluster_->RunFile(
      "files", File("1.sql",
                    "-- +goose Up\nCREATE TABLE a (id int);\nCREATE FUNCTION f() RETURNS int AS $body$ BEGIN "
                    "RETURN 1; END $body$ LANGUAGE plpgsql;\n-- +goose Down\nDROP TABLE a;\n")));
  ASSERT_TRUE(cluster_->RunFile(
      "files", File("2.up.sql", "INSERT INTO a VALUES (f());\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n")));
  EXPECT_EQ(Value("files", "SELECT id FROM a"), "1");
  const auto failed =
      cluster_->RunFile("files", File("3.sql", "INSERT INTO a VALUES (2);\n\nINSERT INTO missing VALUES (1);\n"));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().what, HasSubstr("3.sql: PostgreSQL refused line 3"));
  EXPECT_EQ(Value("files", "SELECT count(*) FROM a"), "1");  // all or nothing
  EXPECT_FALSE(cluster_->RunFile("files", root_->path() / "missing.sql"));
}

TEST_F(ClusterTest, RunsScriptsOfPsqlInOneSession) {
  ASSERT_TRUE(cluster_->CreateDatabase("scripts"));
  File("part.sql", "INSERT INTO kept VALUES (:'who');\n\nINSERT INTO missing VALUES (1);\n");
  const auto script =
      File("all.sql", "SET search_path = s;\nCREATE SCHEMA s; CREATE TABLE kept (a text);\n\\i part.sql\n");
  const auto failed = cluster_->databases().RunFile("scripts", script, {{"who", "it's"}});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().what, HasSubstr("part.sql: PostgreSQL refused line 3"));
  File("part.sql", "INSERT INTO kept VALUES (:'who');\n");
  ASSERT_TRUE(cluster_->RunSql("scripts", "DROP SCHEMA s CASCADE"));
  ASSERT_TRUE(cluster_->databases().RunFile("scripts", script, {{"who", "it's"}}));
  EXPECT_EQ(Value("scripts", "SELECT a FROM s.kept"), "it's");
}

TEST_F(ClusterTest, GivesBackWhatTheTemplateKept) {
  const std::string name = "it's \"odd\"";
  ASSERT_TRUE(cluster_->CreateDatabase(name));
  ASSERT_TRUE(
      cluster_->RunSql(name, "CREATE SCHEMA app; CREATE TABLE app.t AS SELECT * FROM generate_series(1, 1000) AS id"));
  ASSERT_TRUE(cluster_->RunSql("postgres", R"(ALTER DATABASE "it's ""odd""" SET search_path TO app, public)"));
  ASSERT_TRUE(cluster_->MakeTemplate(name));
  EXPECT_EQ(Value(name, "SELECT reltuples FROM pg_class WHERE relname = 't'"), "1000");
  const Client client(cluster_->dsn(name));
  ASSERT_TRUE(client.connected()) << client.error();
  client.Run("BEGIN; DELETE FROM t");  // still open: a restore must not wait for it
  ASSERT_TRUE(
      cluster_->RunSql(name, "CREATE TABLE more (id int); ALTER DATABASE \"it's \"\"odd\"\"\" RESET search_path"));
  const auto restored = cluster_->RestoreFromTemplate(name);
  ASSERT_TRUE(restored) << base::Sentence(restored.error());
  EXPECT_EQ(Value(name, "SELECT count(*) FROM t"), "1000");
  EXPECT_EQ(Value(name, "SELECT to_regclass('more')"), "NULL");
  ASSERT_TRUE(cluster_->RestoreFromTemplate(name));
  EXPECT_EQ(Value(name, "SHOW search_path"), "app, public");
  EXPECT_EQ(cluster_->RestoreFromTemplate("files").error().code, base::Code::kNotFound);
}

TEST_F(ClusterTest, ACloneIsACopyOfItsOwn) {
  ASSERT_TRUE(cluster_->CreateDatabase("original"));
  ASSERT_TRUE(cluster_->RunSql("original", "CREATE TABLE t AS SELECT 1 AS n"));
  EXPECT_FALSE(cluster_->CloneTemplate("original", "twin")) << "nothing was kept yet";
  ASSERT_TRUE(cluster_->MakeTemplate("original"));
  ASSERT_TRUE(cluster_->RunSql("original", "INSERT INTO t VALUES (2)"));
  ASSERT_TRUE(cluster_->CloneTemplate("original", "twin"));
  ASSERT_TRUE(cluster_->RunSql("twin", "DELETE FROM t"));
  EXPECT_EQ(Value("original", "SELECT count(*) FROM t"), "2");
  ASSERT_TRUE(cluster_->CloneTemplate("original", "twin"));
  EXPECT_EQ(Value("twin", "SELECT count(*) FROM t"), "1") << "a clone takes the place of an earlier one";
  ASSERT_TRUE(cluster_->DropDatabase("twin"));
  EXPECT_FALSE(*cluster_->DatabaseExists("twin"));
}

TEST_F(ClusterTest, ASessionStaysAndRunsParametersInBothFormats) {
  auto session = Session::Open(cluster_->dsn("postgres"));
  ASSERT_TRUE(session) << base::Sentence(session.error());
  ASSERT_TRUE(session->Run("BEGIN; SET LOCAL statement_timeout = '50ms'"));
  const auto rows = session->RunPrivately(
      "SELECT $1::int8 + 1, $2::text, $3::text IS NULL",
      {{.oid = 20, .format = 1, .bytes = std::string("\0\0\0\0\0\0\0\x29", 8)}, {.bytes = "a"}, {}});
  ASSERT_TRUE(rows) << base::Sentence(rows.error());
  EXPECT_THAT(rows->rows.at(0), ElementsAre("42", "a", "t"));
  EXPECT_EQ(session->RunPrivately("SELECT pg_sleep($1)", {{.bytes = "60"}}).error().code, base::Code::kTimeout);
  ASSERT_TRUE(session->Run("ROLLBACK"));
  EXPECT_EQ(session->Run("SHOW statement_timeout")->rows.at(0).at(0), "0");
}

TEST_F(ClusterTest, ErrorsOfPrivateParametersNameNoValue) {
  auto session = Session::Open(cluster_->dsn("postgres"));
  ASSERT_TRUE(session);
  const auto failed = session->RunPrivately("SELECT $1::int8", {{.bytes = "secret@x"}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, base::Code::kInput);
  EXPECT_THAT(failed.error().what, HasSubstr("22P02"));
  EXPECT_THAT(base::Sentence(failed.error()), Not(HasSubstr("secret")));
}

TEST_F(ClusterTest, SeesConnectionsOfOthersOnly) {
  ASSERT_TRUE(cluster_->CreateDatabase("connections"));
  Dsn dsn = cluster_->dsn("connections");
  dsn.parameters["application_name"] = "shop";
  const Client client(dsn);
  const auto connections = cluster_->ConnectionsOf("connections");
  ASSERT_TRUE(connections);
  ASSERT_EQ(connections->size(), 1u);
  EXPECT_EQ(connections->front().application, "shop");
  const auto own = host::ConnectionsOf(::getpid());
  EXPECT_TRUE(std::ranges::any_of(
      own, [&](const auto& socket) { return socket.local_port == connections->front().client_port; }));
}

TEST_F(ClusterTest, LogsWhatClientsRan) {
  ASSERT_TRUE(cluster_->CreateDatabase("logged"));
  Dsn dsn = cluster_->dsn("logged");
  dsn.parameters["application_name"] = "shop";
  const Client client(dsn);
  client.Run("SELECT 1,\n\t2");
  for (int i = 0; i < 20; ++i) client.RunPrepared("SELECT $1::int", "42");
  ASSERT_TRUE(cluster_->RunSql("logged", "SELECT 'hone itself'"));
  auto log = cluster_->StatementLog();
  ASSERT_TRUE(log);
  std::erase_if(*log, [](const std::string& line) { return !line.starts_with("logged\t"); });
  EXPECT_EQ(log->size(), 21u);
  EXPECT_EQ(log->front(), "logged\tshop\tSELECT 1, \t2");
  EXPECT_EQ(log->back(), "logged\tshop\tSELECT $1::int");
}

TEST_F(ClusterTest, ADamagedCacheIsMadeAgain) {
  fs::path control;
  for (const auto& entry : fs::recursive_directory_iterator(root_->path() / "cache")) {
    if (entry.path().filename() == "pg_control") control = entry.path();
  }
  ASSERT_FALSE(control.empty());  // the first start filled it
  ASSERT_TRUE(base::WriteFile(control, "damaged", 0600));
  auto first = StartCluster(false);
  ASSERT_TRUE(first) << base::Sentence(first.error());
  EXPECT_GT(fs::file_size(control), 1000u);
  EXPECT_TRUE(first->Alive());
  EXPECT_TRUE(first->Stop());
  EXPECT_FALSE(first->Alive());
}

TEST_F(ClusterTest, AServerThatDiesSaysSo) {
  auto cluster = StartCluster(false);
  ASSERT_TRUE(cluster);
  ::kill(cluster->pid(), SIGTERM);
  const base::Nanos deadline = base::SystemClock().Now() + 20'000'000'000;
  while (cluster->Alive() && base::SystemClock().Now() < deadline) ::sched_yield();
  const auto stopped = cluster->Stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::Code::kService);
  EXPECT_EQ(cluster->RunSql("postgres", "SELECT 1").error().code, base::Code::kNetwork);
}

TEST_F(ClusterTest, AServerThatCannotStartSaysWhy) {
  const auto cluster = StartCluster(false, {{"no_such_setting", "1"}});
  ASSERT_FALSE(cluster);
  EXPECT_EQ(cluster.error().code, base::Code::kService);
  EXPECT_THAT(base::Sentence(cluster.error()), HasSubstr("no_such_setting"));
}

}  // namespace
}  // namespace hone::pg
