#include "sql/session_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Each with its twin that leaves nothing.
TEST(LeftInSession, TellsWhatOutlivesATransaction) {
  const std::vector<std::array<std::string_view, 3>> pairs = {
      {"set search_path = a", "a setting", "set local search_path = a"},
      {"SET SESSION statement_timeout TO '5s'", "a setting", "set transaction isolation level serializable"},
      {"select pg_catalog.set_config('a.b', $1, false)", "a setting", "select set_config('a.b', $1, true)"},
      {"listen jobs", "a LISTEN", "notify jobs"},
      {"select pg_advisory_lock($1)", "an advisory lock", "select pg_advisory_xact_lock($1)"},
      {"select pg_try_advisory_lock (1, 2)", "an advisory lock", "select 'pg_try_advisory_lock (1, 2)'"},
      {"create temp table t (a int)", "a temporary table", "create temporary table t (a int) on commit drop"},
      {"create local temporary table t as select 1", "a temporary table", "create table temp (a int)"},
      {"prepare p as select 1", "a prepared statement", "prepare transaction 'x'"},
      {"declare c cursor with hold for select 1", "a cursor", "declare c cursor for select 1"},
      {"set session lock_timeout = '1s'", "a setting", "set session application_name = 'UTC'"},
      {"set time zone 'UTC'", "a setting", "set time zone default"},
      {"set session time zone interval '1 hour'", "a setting", "set session time zone local"},
      {"set names_of_all = 'a'", "a setting", "set names 'utf8'"},
      {"set role a", "a setting", "set role to default"},
  };
  for (const auto& [statement, what, twin] : pairs) {
    EXPECT_EQ(LeftInSession(statement), what) << statement;
    EXPECT_EQ(LeftInSession(twin), "") << twin;
  }
}

TEST(LeftInSession, PoolersRestoreSomeOfIt) {
  for (const std::string_view restored :
       {"SET TIME ZONE 'Europe/London'", "set session timezone to 'UTC'", "set DateStyle = 'German'"})
    EXPECT_TRUE(IsRestoredByPoolers(restored)) << restored;
  for (const std::string_view other : {"set statement_timeout = 5", "select 1", "set role timezone", "set"})
    EXPECT_FALSE(IsRestoredByPoolers(other)) << other;
}

TEST(SessionStatements, AreToldOnceForEachPlace) {
  Script script;
  script.BeginIdle();
  script.Run("listen everything");
  script.EndIdle();
  for (int i = 0; i < 2; ++i) {
    script.BeginRequest(1, i == 0);
    script.Run("set role $1", {"a"}, 0);
    script.Run("select 1 from t where a = $1", {"a"});
    script.EndRequest();
  }
  const auto found = SessionStatements(script.Build());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].text, "listen everything");
  EXPECT_EQ(found[0].place, SessionPlace::kBackground);
  EXPECT_EQ(found[1].text, "set role $1");
  EXPECT_EQ(found[1].what, "a setting");
  EXPECT_EQ(found[1].place, SessionPlace::kRequest);
}

TEST(SessionStatements, KnowTheBeginningOfASession) {
  Script script;
  script.BeginRequest(1);
  script.BeginTrip(TripKind::kStartup);
  script.EndTrip();
  script.RunSimple("set search_path = app");
  script.Run("select oid from pg_type where typname = $1", {"citext"}).protocol = Protocol::kUnnamed;
  script.RunSimple("set statement_timeout = '5s'");
  script.Run("select a from t where b = $1", {"x"});
  script.RunSimple("set role reader");
  script.EndRequest();
  std::vector<std::string> places;
  for (const SessionStatement& left : SessionStatements(script.Build())) places.emplace_back(Name(left.place));
  EXPECT_THAT(places, ElementsAre("beginning", "beginning", "request"));
  for (const SessionPlace place : {SessionPlace::kRequest, SessionPlace::kBeginning, SessionPlace::kBackground})
    EXPECT_EQ(SessionPlaceOf(Name(place)), place);
  EXPECT_FALSE(SessionPlaceOf("elsewhere"));
}

// Each statement in a round trip of its own; those between begin and its end within the transaction.
std::vector<std::string> LeftBy(const std::vector<std::string>& statements) {
  Script script;
  script.BeginRequest(1);
  bool open = false;
  for (const std::string& text : statements) {
    script.RunSimple(text).in_transaction = open;
    open = (open || text == "begin") && text != "commit" && text != "rollback";
  }
  script.EndRequest();
  std::vector<std::string> left;
  for (const SessionStatement& statement : SessionStatements(script.Build())) left.push_back(statement.what);
  return left;
}

TEST(SessionStatements, AreJudgedByWhatIsThereWhenTheirTransactionIsOver) {
  EXPECT_THAT(LeftBy({"begin", "set role a", "select 1 from t", "reset role", "commit"}), IsEmpty());
  EXPECT_THAT(LeftBy({"set role a", "select 1 from t", "reset role"}), ElementsAre("a setting"));
  EXPECT_THAT(LeftBy({"begin", "set role a", "commit", "reset role"}), ElementsAre("a setting"));
  EXPECT_THAT(LeftBy({"begin", "set role a", "rollback"}), IsEmpty());
  EXPECT_THAT(LeftBy({"begin", "select pg_advisory_lock(1)", "rollback"}), ElementsAre("an advisory lock"));
  EXPECT_THAT(LeftBy({"begin", "select pg_advisory_lock(1)", "select pg_advisory_unlock(1)", "commit"}), IsEmpty());
  EXPECT_THAT(LeftBy({"begin", "create temp table w (a int)", "drop table w", "commit"}), IsEmpty());
  EXPECT_THAT(LeftBy({"begin", "create temp table w (a int)", "reset role", "commit"}),
              ElementsAre("a temporary table"));
  EXPECT_THAT(LeftBy({"begin", "listen a", "discard all", "commit"}), IsEmpty());
}

TEST(SessionStatements, OneRoundTripIsOneTransaction) {
  Script script;
  script.BeginRequest(1);
  script.BeginTrip();
  script.Add("set role a");
  script.Add("select a from t");
  script.Add("reset role");
  script.EndTrip();
  script.EndRequest();
  EXPECT_THAT(SessionStatements(script.Build()), IsEmpty());
}

TEST(SessionStatements, WhatFailedLeftNothing) {
  Script script;
  script.BeginRequest(1);
  script.RunSimple("set role nobody").sqlstate = "22023";
  script.EndRequest();
  EXPECT_THAT(SessionStatements(script.Build()), IsEmpty());
}

TEST(StatementText, TellsWhatItDoesToSessions) {
  EXPECT_TRUE(MaySetTimeout("set statement_timeout = $1", "statement_timeout"));
  EXPECT_TRUE(MaySetTimeout("SET LOCAL lock_timeout TO $1", "lock_timeout"));
  EXPECT_TRUE(MaySetTimeout("select set_config($1, $2, true)", "lock_timeout"));
  EXPECT_FALSE(MaySetTimeout("set statement_timeout = $1", "lock_timeout"));
  EXPECT_FALSE(MaySetTimeout("show statement_timeout", "statement_timeout"));
  EXPECT_TRUE(BeginsTransaction("BEGIN ISOLATION LEVEL SERIALIZABLE") && BeginsTransaction("start transaction"));
  EXPECT_FALSE(BeginsTransaction("commit"));
  EXPECT_TRUE(ForgetsPrepared("discard all") && ForgetsPrepared("deallocate p"));
  EXPECT_FALSE(ForgetsPrepared("discard plans"));
}

TEST(PreparedFailures, AreTheirSqlstates) {
  Script script;
  script.BeginRequest(1);
  script.Run("select a from t where b = $1", {"x"}).sqlstate = "26000";
  script.Run("select b from t where b = $1", {"x"}).sqlstate = "0A000";
  script.Run("select c from t where b = $1", {"x"}).sqlstate = "23505";
  script.RunSimple("listen nowhere").sqlstate = "0A000";
  script.EndRequest();
  EXPECT_THAT(PreparedFailures(script.Build()), ElementsAre("0A000", "26000"));
  script.BeginRequest(1);
  script.EndRequest();
  EXPECT_THAT(PreparedFailures(Script().Build()), IsEmpty());
}

TEST(SessionState, WhatTheServersOwnStatisticsCount) {
  EXPECT_TRUE(CountedByStatistics("select 1", 0, 15));
  EXPECT_TRUE(CountedByStatistics("execute q (1)", 0, 15)) << "as the statement that it executes";
  EXPECT_TRUE(CountedByStatistics("PREPARE TRANSACTION 'x'", 0, 15));
  EXPECT_FALSE(CountedByStatistics("-- ping", 0, 17));
  EXPECT_FALSE(CountedByStatistics("prepare q as select 1", 0, 17));
  EXPECT_FALSE(CountedByStatistics("/* x */ DEALLOCATE ALL", 0, 16));
  EXPECT_TRUE(CountedByStatistics("deallocate all", 0, 17));
  EXPECT_FALSE(CountedByStatistics("deallocate a; select 1", 0, 15));
  EXPECT_TRUE(CountedByStatistics("deallocate a; select 1", 1, 15));
}

}  // namespace
}  // namespace hone::sql
