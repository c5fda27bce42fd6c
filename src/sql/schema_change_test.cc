#include "sql/schema_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/rules_for_test.h"

namespace hone::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const RuleOptions kRoomyBudgets = {.db_budget_ns = 1'000'000'000, .logic_budget_ns = 1'000'000'000};

Exchange RequestsWith(const std::vector<std::string>& statements) {
  return Drive(
      [&](Script& s, int64_t n, int) {
        for (const std::string& statement : statements) s.RunSimple(statement, 0);
        s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n));
      },
      {1, 2, 5});
}

TEST(SchemaChange, IsToldOnceForAnEndpoint) {
  const Exchange exchange = RequestsWith({"alter table meters disable trigger meters_log", "drop view old_meters"});
  const auto judgement = JudgeExchange(exchange, kRoomyBudgets);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  ExpectRenders(exchange, judgement);
  EXPECT_EQ(judgement.findings[0].rule, "sql.schema_change");
  EXPECT_THAT(judgement.findings[0].subject.name, HasSubstr("disable trigger"));
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), HasSubstr("do so: 30")) << "two in each of fifteen requests";
}

TEST(SchemaChange, KnowsWhatIsChanged) {
  for (const char* const statement :
       {"ALTER TABLE \"permits\" ADD COLUMN a int", "create unique index i on t (a)",
        "create or replace view v as select 1", "DROP FUNCTION IF EXISTS f()", "drop materialized view m"})
    EXPECT_THAT(SchemaChangesOf(RequestsWith({statement})), SizeIs(15)) << statement;
}

TEST(SchemaChange, OtherStatementsAreNone) {
  for (const char* const statement :
       {"create table t (a int)", "alter sequence s restart", "alter role r set work_mem = '1MB'", "truncate t",
        "select 1", "drop owned by r", "set local work_mem = '1MB'"})
    EXPECT_THAT(SchemaChangesOf(RequestsWith({statement})), IsEmpty()) << statement;
}

TEST(SchemaChange, ATableThatEachRequestMakesSureOfIsTold) {
  const Exchange exchange = RequestsWith({"CREATE UNLOGGED TABLE IF NOT EXISTS exports (a int)"});
  const auto judgement = JudgeExchange(exchange, kRoomyBudgets);
  ASSERT_THAT(judgement.findings, SizeIs(1));
  ExpectRenders(exchange, judgement);
  EXPECT_EQ(judgement.findings[0].rule, "sql.schema_change");
  EXPECT_THAT(TitleOf(exchange, judgement.findings[0]), HasSubstr("do so: 15")) << "one in each of fifteen requests";
  EXPECT_THAT(SchemaChangesOf(exchange), IsEmpty());

  for (const char* const other :
       {"create temp table if not exists exports (a int)", "create table if not exists pg_temp.exports (a int)",
        "create table exports (a int)", "create table if not exists"})
    EXPECT_THAT(TablesEnsuredBy(RequestsWith({other})), IsEmpty()) << other;
}

TEST(SchemaChange, ATablePerTenantIsItsWork) {
  EXPECT_THAT(
      TablesEnsuredBy(RequestsWith({"set local search_path = tenant_7", "create table if not exists o (a int)"})),
      IsEmpty());
}

TEST(SchemaChange, ATableThatARequestMakesIsItsWork) {
  int made = 0;
  const Exchange exchange = Drive(
      [&](Script& s, int64_t n, int) {
        s.RunSimple("create table if not exists tenant_" + std::to_string(made++) + ".orders (a int)", 0);
        s.Run(TextOf(kList), {std::to_string(n)}, n, Ids(n));
      },
      {1, 2, 5});
  EXPECT_THAT(TablesEnsuredBy(exchange), IsEmpty());
}

TEST(SchemaChange, TemporaryTablesAreNone) {
  EXPECT_THAT(SchemaChangesOf(RequestsWith({"create temp table if not exists lines (a int) on commit drop",
                                            "create index on lines (a)", "drop table lines"})),
              IsEmpty());
  EXPECT_THAT(SchemaChangesOf(RequestsWith({"create temporary table other (a int)", "drop table pg_temp.other"})),
              IsEmpty());
  EXPECT_THAT(
      SchemaChangesOf(RequestsWith({"drop table if exists lines", "CREATE LOCAL TEMP TABLE \"lines\" (a int)"})),
      IsEmpty())
      << "dropped before it is made";
  EXPECT_THAT(SchemaChangesOf(RequestsWith({"select 1 into temp sums", "drop table sums"})), IsEmpty());
  EXPECT_THAT(SchemaChangesOf(RequestsWith({"create temp table data (a int)", "alter table readings add data jsonb"})),
              SizeIs(15))
      << "a column of that name";
}

TEST(SchemaChange, TellsWhatAltersResults) {
  EXPECT_TRUE(ChangesResults("alter table t add a int"));
  EXPECT_TRUE(ChangesResults("create or replace view v as select 1"));
  EXPECT_TRUE(ChangesResults("drop materialized view v"));
  for (const char* const other : {"create table t (a int)", "create index on t (a)", "drop index i", "select 1", ""})
    EXPECT_FALSE(ChangesResults(other)) << other;
}

TEST(SchemaChange, WhatFailedChangedNothing) {
  Exchange exchange = RequestsWith({"alter table meters add a int"});
  for (Statement& statement : exchange.statements) statement.sqlstate = "42701";
  EXPECT_THAT(SchemaChangesOf(exchange), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
