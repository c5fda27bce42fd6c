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
  };
  for (const auto& [statement, what, twin] : pairs) {
    EXPECT_EQ(LeftInSession(statement), what) << statement;
    EXPECT_EQ(LeftInSession(twin), "") << twin;
  }
}

TEST(SessionStatements, AreThoseOfRequestsEachOnce) {
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
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text, "set role $1");
  EXPECT_EQ(found[0].what, "a setting");
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

}  // namespace
}  // namespace hone::sql
