// The proxy between libpq and a real PostgreSQL, and the rules on what it recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "base/files.h"
#include "sql/exchange.h"
#include "sql/postgres_for_test.h"
#include "sql/proxy.h"
#include "sql/rules.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProxyBeforePostgres : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresForTest>(std::vector<std::string>{"log_statement=all", "log_line_prefix="});
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    auto proxy = Proxy::Start({.upstream_port = server_->port()});
    ASSERT_TRUE(proxy.has_value());
    proxy_ = *std::move(proxy);
    proxy_->StartRecording();
    logged_before_ = Logged();
  }

  Connection Connect() const {
    Connection connection(PQconnectdb(PostgresForTest::Dsn(proxy_->port()).c_str()), &PQfinish);
    EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
    return connection;
  }

  // Statements that the server has logged: simple ones and executions.
  static int64_t Logged() {
    const std::string log = *base::ReadFile(server_->log());
    int64_t count = 0;
    for (const std::string_view mark : {"LOG:  statement: ", "LOG:  execute "}) {
      for (size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) {
        count += log.compare(at, 24, "LOG:  execute fetch from") == 0 ? 0 : 1;
      }
    }
    return count;
  }

  // The recording, once everything is over; its counts must be the server's.
  Recording Finish() {
    EXPECT_TRUE(proxy_->WaitQuiet(1'000'000, base::SystemClock().Now() + 20'000'000'000).has_value());
    Recording recording = proxy_->StopRecording();
    EXPECT_EQ(recording.lost.at("unparsed_bytes"), 0);
    EXPECT_EQ(recording.lost.at("dropped_events"), 0);
    return recording;
  }

  static int64_t Executed(const Recording& recording) {
    return std::ranges::count_if(recording.statements,
                                 [](const RecordedStatement& s) { return s.executed && !s.fetch; });
  }

  static std::unique_ptr<PostgresForTest> server_;
  std::unique_ptr<Proxy> proxy_;
  int64_t logged_before_ = 0;
};

std::unique_ptr<PostgresForTest> ProxyBeforePostgres::server_;

TEST_F(ProxyBeforePostgres, SimpleExtendedAndErrors) {
  const Connection c = Connect();
  EXPECT_STREQ(PQgetvalue(Own(PQexec(c.get(), "select 41 + 1")).get(), 0, 0), "42");
  const char* values[] = {"7"};
  EXPECT_STREQ(
      PQgetvalue(Own(PQexecParams(c.get(), "select $1::int * 2", 1, nullptr, values, nullptr, nullptr, 0)).get(), 0, 0),
      "14");
  EXPECT_EQ(
      PQresultStatus(Own(PQprepare(c.get(), "p", "select g from generate_series(1, $1::int) g", 1, nullptr)).get()),
      PGRES_COMMAND_OK);
  EXPECT_EQ(PQntuples(Own(PQexecPrepared(c.get(), "p", 1, values, nullptr, nullptr, 1)).get()), 7);
  EXPECT_EQ(PQresultStatus(Own(PQexec(c.get(), "select 1/0")).get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(PQresultStatus(Own(PQexec(c.get(), "begin; select 1; select 2; commit")).get()), PGRES_COMMAND_OK);
  const Recording recording = Finish();
  EXPECT_EQ(Executed(recording), 8);
  EXPECT_EQ(recording.statements.at(2).rows, 7);
  EXPECT_EQ(recording.statements.at(2).protocol, Protocol::kPrepared);
  EXPECT_EQ(recording.statements.at(3).sqlstate, "22012");
  // A text with four statements is one line of the log.
  EXPECT_EQ(Executed(recording) - 3, Logged() - logged_before_);
}

TEST_F(ProxyBeforePostgres, PipelineIsOneRoundTrip) {
  const Connection c = Connect();
  Own(PQprepare(c.get(), "p", "select $1::int", 1, nullptr));
  PQenterPipelineMode(c.get());
  const char* values[] = {"7"};
  for (int i = 0; i < 20; ++i) PQsendQueryPrepared(c.get(), "p", 1, values, nullptr, nullptr, 0);
  PQpipelineSync(c.get());
  int rows = 0;
  for (bool over = false; !over;) {
    const Answer answer = Own(PQgetResult(c.get()));
    rows += PQntuples(answer.get());
    over = PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC;
  }
  EXPECT_EQ(rows, 20);
  const Recording recording = Finish();
  EXPECT_EQ(Executed(recording), 20);
  EXPECT_EQ(Executed(recording), Logged() - logged_before_);
  EXPECT_EQ(std::ranges::count(recording.round_trips, TripKind::kExecute, &RecordedTrip::kind), 1);
  EXPECT_EQ(std::ranges::count(recording.round_trips, TripKind::kPrepare, &RecordedTrip::kind), 1);
}

TEST_F(ProxyBeforePostgres, CopyBothWaysByBothProtocols) {
  const Connection c = Connect();
  Own(PQexec(c.get(), "create temp table t(a int)"));
  for (const bool extended : {false, true}) {
    const char* copy = "copy t from stdin";
    const Answer started =
        Own(extended ? PQexecParams(c.get(), copy, 0, nullptr, nullptr, nullptr, nullptr, 0) : PQexec(c.get(), copy));
    ASSERT_EQ(PQresultStatus(started.get()), PGRES_COPY_IN);
    PQputCopyData(c.get(), "1\n2\n", 4);
    PQputCopyEnd(c.get(), nullptr);
    while (Own(PQgetResult(c.get()))) {
    }
  }
  const Answer out = Own(PQexec(c.get(), "copy t to stdout"));
  char* line = nullptr;
  int lines = 0;
  while (PQgetCopyData(c.get(), &line, 0) > 0) {
    PQfreemem(line);
    ++lines;
  }
  EXPECT_EQ(lines, 4);
  while (Own(PQgetResult(c.get()))) {
  }
  EXPECT_EQ(PQntuples(Own(PQexec(c.get(), "select * from t")).get()), 4);
  const Recording recording = Finish();
  EXPECT_EQ(Executed(recording), 5);
  EXPECT_EQ(Executed(recording), Logged() - logged_before_);
}

TEST_F(ProxyBeforePostgres, CancelReachesTheRightBackend) {
  const Connection c = Connect();
  PQsendQuery(c.get(), "select pg_sleep(600)");
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(c.get()), &PQfreeCancel);
  char error[256];
  Answer answer = Own(nullptr);
  // The request races with the query's start in the backend: ask until it ends.
  while (PQisBusy(c.get()) != 0) {
    ASSERT_EQ(PQcancel(cancel.get(), error, sizeof error), 1) << error;
    PQconsumeInput(c.get());
  }
  answer = Own(PQgetResult(c.get()));
  EXPECT_STREQ(PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE), "57014");
  while (Own(PQgetResult(c.get()))) {
  }
  EXPECT_GE(proxy_->counters().cancels, 1);
  EXPECT_EQ(proxy_->counters().connections, 1);
}

TEST_F(ProxyBeforePostgres, LargeRowsAndManyRows) {
  const Connection c = Connect();
  const Answer large = Own(PQexec(c.get(), "select repeat('x', 20000000)"));
  EXPECT_EQ(PQgetlength(large.get(), 0, 0), 20'000'000);
  EXPECT_EQ(PQntuples(Own(PQexec(c.get(), "select * from generate_series(1, 100000)")).get()), 100'000);
  EXPECT_EQ(Finish().statements.at(1).rows, 100'000);
}

TEST_F(ProxyBeforePostgres, UpstreamPortsAreWhatTheServerSees) {
  const Connection c = Connect();
  const Answer answer = Own(PQexec(c.get(), "select client_port from pg_stat_activity where pid = pg_backend_pid()"));
  EXPECT_THAT(proxy_->UpstreamPorts(), ElementsAre(static_cast<uint16_t>(std::stoi(PQgetvalue(answer.get(), 0, 0)))));
}

TEST_F(ProxyBeforePostgres, TextThatIsNotUtf8IsRecordedAndCanBeStored) {
  const Connection c = Connect();
  const std::vector<std::string> texts = {"select '\xff\xfe\x80'", "\xc3\x28 select \xe2\x82", "\xed\xa0\x80\xf5"};
  for (const std::string& text : texts)
    EXPECT_STREQ(PQresultErrorField(Own(PQexec(c.get(), text.c_str())).get(), PG_DIAG_SQLSTATE), "22021");
  const Recording recording = Finish();
  EXPECT_EQ(recording.texts, texts);
  const Exchange exchange = BuildExchange(recording, {}, evidence::Redactor());
  EXPECT_THAT(exchange.statements, SizeIs(3));
  EXPECT_TRUE(Decode(Encode(exchange)).has_value());
}

TEST_F(ProxyBeforePostgres, ThroughAUnixSocketToSeveralDatabases) {
  const auto proxy = Proxy::Start({.upstream_host = server_->folder(), .upstream_port = server_->port()});
  ASSERT_TRUE(proxy.has_value());
  std::vector<Connection> connections;
  for (const std::string database : {"postgres", "template1"}) {
    const std::string dsn = PostgresForTest::Dsn((*proxy)->port()) + " dbname=" + database;
    connections.emplace_back(PQconnectdb(dsn.c_str()), &PQfinish);
    const Answer answer = Own(PQexec(connections.back().get(), "select current_database(), inet_client_addr()"));
    ASSERT_EQ(PQntuples(answer.get()), 1) << PQerrorMessage(connections.back().get());
    EXPECT_EQ(PQgetvalue(answer.get(), 0, 0), database);
    EXPECT_TRUE(PQgetisnull(answer.get(), 0, 1)) << "a Unix socket";
  }
  EXPECT_EQ((*proxy)->counters().connections, 2);
  EXPECT_THAT((*proxy)->UpstreamPorts(), IsEmpty());
  const auto too_long = Proxy::Start({.upstream_host = "/" + std::string(200, 'x')});
  ASSERT_FALSE(too_long.has_value());
  EXPECT_EQ(too_long.error().code, base::Code::kInput);
}

TEST_F(ProxyBeforePostgres, AServerThatRestartsInMidQueryIsALossAndThenThereAgain) {
  const Connection c = Connect();
  PQsendQuery(c.get(), "select pg_sleep(600)");
  {
    const Connection admin(PQconnectdb(PostgresForTest::Dsn(server_->port()).c_str()), &PQfinish);
    const char* running = "select 1 from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'";
    while (PQntuples(Own(PQexec(admin.get(), running)).get()) == 0) {
    }
  }
  server_->Restart();
  while (Own(PQgetResult(c.get()))) {
  }
  EXPECT_EQ(PQstatus(c.get()), CONNECTION_BAD);
  const Connection again = Connect();
  EXPECT_EQ(PQntuples(Own(PQexec(again.get(), "select 1")).get()), 1);
  const Recording recording = Finish();
  EXPECT_EQ(recording.texts.at(recording.statements.back().text), "select 1");
}

// A service's request: `n` rows wanted.
using Handler = std::function<void(PGconn*, int n)>;

void Ask(PGconn* c, const char* statement, const std::string& parameter) {
  const char* values[] = {parameter.c_str()};
  Own(PQexecPrepared(c, statement, 1, values, nullptr, nullptr, 0));
}

std::vector<std::string> FoundBy(Proxy& proxy, PGconn* c, const Handler& handler) {
  proxy.StartRecording();
  QuietPhase phase{.endpoint = "GET /orders", .size_variable = "n"};
  for (const int n : {1, 2, 5, 10}) {
    for (int repetition = 0; repetition < 4; ++repetition) {
      RequestWindow window{.size = n, .cold = repetition == 0, .status = 200, .start_ns = base::SystemClock().Now()};
      handler(c, n);
      window.first_byte_ns = window.end_ns = base::SystemClock().Now();
      EXPECT_TRUE(proxy.WaitQuiet(1'000'000, window.end_ns + 20'000'000'000).has_value());
      window.drained_ns = base::SystemClock().Now();
      phase.requests.push_back(window);
    }
  }
  const Exchange exchange = BuildExchange(proxy.StopRecording(), phase, evidence::Redactor());
  evidence::Capture capture;
  capture.id = 1;
  std::vector<std::string> rules;
  // Without a budget: this machine's pace is not what is tested.
  for (const auto& finding :
       Judge(exchange, capture, {.db_budget_ns = INT64_MAX, .logic_budget_ns = INT64_MAX}).findings)
    rules.push_back(finding.rule);
  return rules;
}

TEST_F(ProxyBeforePostgres, RulesJudgeWhatAClientDoes) {
  const Connection c = Connect();
  Own(PQexec(c.get(),
             "create table orders(id serial primary key, total int); create table items(order_id int, sku text); "
             "insert into orders(total) select g from "
             "generate_series(1, 50) g; insert into items select 1 + g % 50, 'sku' from generate_series(1, 150) g"));
  Own(PQprepare(c.get(), "list", "select id, total from orders order by id limit $1", 1, nullptr));
  Own(PQprepare(c.get(), "items", "select sku from items where order_id = $1", 1, nullptr));
  Own(PQprepare(c.get(), "items_any", "select sku from items where order_id = any($1::int[])", 1, nullptr));
  const auto loop = [](PGconn* connection, int n) {
    Ask(connection, "list", std::to_string(n));
    for (int i = 1; i <= n; ++i) Ask(connection, "items", std::to_string(i));
  };
  const auto any = [](PGconn* connection, int n) {
    Ask(connection, "list", std::to_string(n));
    Ask(connection, "items_any", "{1,2,3}");
  };
  const auto batch = [](PGconn* connection, int n) {
    Ask(connection, "list", std::to_string(n));
    PQenterPipelineMode(connection);
    for (int i = 1; i <= n; ++i) {
      const std::string id = std::to_string(i);
      const char* values[] = {id.c_str()};
      PQsendQueryPrepared(connection, "items", 1, values, nullptr, nullptr, 0);
    }
    PQpipelineSync(connection);
    for (bool over = false; !over;) {
      const Answer answer = Own(PQgetResult(connection));
      over = PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC;
    }
    PQexitPipelineMode(connection);
  };
  const auto repeated = [](PGconn* connection, int n) {
    for (int i = 0; i < 4; ++i) Ask(connection, "items", "7");
    Ask(connection, "list", std::to_string(n));
  };
  const auto literals = [](PGconn* connection, int n) {
    Own(PQexec(connection, ("select id from orders limit " + std::to_string(n)).c_str()));
  };
  EXPECT_THAT(FoundBy(*proxy_, c.get(), loop), ElementsAre("sql.n_plus_one"));
  EXPECT_THAT(FoundBy(*proxy_, c.get(), any), IsEmpty());
  EXPECT_THAT(FoundBy(*proxy_, c.get(), batch), IsEmpty());
  EXPECT_THAT(FoundBy(*proxy_, c.get(), repeated), ElementsAre("sql.repeated_query"));
  EXPECT_THAT(FoundBy(*proxy_, c.get(), literals), ElementsAre("sql.simple_protocol"));
}

}  // namespace
}  // namespace hone::sql
