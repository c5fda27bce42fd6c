// What the proxy notes of sessions without a recording: their timeouts, and errors about prepared statements.
#include <gmock/gmock.h>

#include "sql/proxied_postgres_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

using ProxySessions = ProxiedPostgres;

void SendPlain(const Connection& connection, const char* statement) { PQclear(PQexec(connection.get(), statement)); }

std::string SqlstateOf(PGresult* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  std::string text = sqlstate == nullptr ? "" : sqlstate;
  PQclear(result);
  return text;
}

std::string RunPreparedOnce(const Connection& connection, const char* name) {
  return SqlstateOf(PQexecPrepared(connection.get(), name, 0, nullptr, nullptr, nullptr, 0));
}

TEST_F(ProxySessions, ErrorsAboutPreparedStatementsAreCounted) {
  const Connection c = Connect();
  SendPlain(c, "create table t (a int)");
  EXPECT_EQ(SqlstateOf(PQprepare(c.get(), "p", "select * from t", 0, nullptr)), "");
  EXPECT_EQ(RunPreparedOnce(c, "p"), "");
  SendPlain(c, "alter table t add column b int");
  EXPECT_EQ(RunPreparedOnce(c, "p"), "0A000");
  EXPECT_EQ(SqlstateOf(PQprepare(c.get(), "p", "select 1", 0, nullptr)), "42P05");
  SendPlain(c, "discard all");
  EXPECT_EQ(RunPreparedOnce(c, "p"), "26000");
  EXPECT_EQ(SqlstateOf(PQexec(c.get(), "alter table t alter column nowhere set statistics 1")), "42703");
  EXPECT_EQ(SqlstateOf(PQexec(c.get(), "select count(*) from t for update")), "0A000")
      << "another thing, the same code";
  ASSERT_TRUE(proxy_->WaitQuiet(1'000'000, base::SystemClock().Now() + 20'000'000'000).has_value());
  const ProxyCounters counters = proxy_->counters();
  EXPECT_EQ(counters.changed_plans, 1);
  EXPECT_EQ(counters.unknown_prepared, 1);
  EXPECT_EQ(counters.prepared_twice, 1);
}

TEST_F(ProxySessions, TimeoutsOfTheirStartAreKnown) {
  const Connection plain = Connect();
  EXPECT_TRUE(proxy_->counters().timeouts.empty());
  const std::string dsn = PostgresForTest::Dsn(proxy_->port()) + " options='-c statement_timeout=5s'";
  const Connection limited(PQconnectdb(dsn.c_str()), &PQfinish);
  ASSERT_EQ(PQstatus(limited.get()), CONNECTION_OK);
  EXPECT_THAT(proxy_->counters().timeouts, ElementsAre(Pair("statement_timeout", 1)));
}

}  // namespace
}  // namespace hone::sql
