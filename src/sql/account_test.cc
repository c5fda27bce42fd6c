#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

TEST(Account, ParallelTimeCountsOnce) {
  Script script;
  script.BeginRequest(-1);
  const int64_t start = script.now();
  for (uint32_t i = 0; i < 3; ++i) {
    script.connection = i;
    script.set_now(start + i * 10);
    script.Run("select * from t where a = $1", {std::to_string(i)});
  }
  script.EndRequest();
  const Exchange exchange = script.Build();
  EXPECT_EQ(Account(exchange).at(0).db_ns, 100'020);
  EXPECT_EQ(Account(exchange).at(0).round_trips, 3);
  EXPECT_EQ(AccountQuery(exchange, 0).at(0).db_ns, 100'020);
}

TEST(Account, WorkBehindTheAnswerIsCountedButNotTimed) {
  Script script;
  script.BeginRequest(-1);
  script.Run("select 1 from a");
  script.EndRequest();
  const int64_t before = Account(script.Build()).at(0).db_ns;
  script.Run("insert into log values ($1)", {"x"}, 0);
  script.phase().requests.back().drained_ns = script.now();
  const Exchange exchange = script.Build();
  EXPECT_EQ(Account(exchange).at(0).statements, 2);
  EXPECT_EQ(Account(exchange).at(0).db_ns, before);
}

TEST(Account, AskingWhatAStatementIsBelongsToIt) {
  Script script;
  script.BeginRequest(-1);
  for (int i = 0; i < 3; ++i) {
    script.BeginTrip(TripKind::kDescribe);
    script.Step(50'000);
    script.EndTrip();
    script.Run("select * from t where a = $1", {std::to_string(i)});
  }
  script.Run("select 1 from other");
  script.EndRequest();
  const Exchange exchange = script.Build();
  EXPECT_EQ(Account(exchange).at(0).round_trips, 7);
  EXPECT_EQ(AccountQuery(exchange, 0).at(0).round_trips, 6) << "two for each execution";
  EXPECT_EQ(AccountQuery(exchange, 1).at(0).round_trips, 1);
}

TEST(Account, FetchesAndFailuresAreNoStatements) {
  Script script;
  script.BeginRequest(-1);
  script.Run("select * from t");
  script.Run("select * from t").fetch = true;
  RecordedStatement& failed = script.Run("select broken");
  failed.executed = false;
  failed.sqlstate = "42703";
  script.EndRequest();
  const RequestAccount account = Account(script.Build()).at(0);
  EXPECT_EQ(account.statements, 1);
  EXPECT_EQ(account.errors, 1);
}

}  // namespace
}  // namespace hone::sql
