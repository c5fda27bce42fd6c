// The proxy's gate between libpq and a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sql/proxied_postgres_for_test.h"
#include "sql/proxy.h"

namespace hone::sql {
namespace {

using ::testing::SizeIs;

constexpr base::Nanos kLongWait = 20'000'000'000;

// Takes the answer to a query that was sent.
std::string Take(PGconn* connection) {
  std::string value;
  while (PGresult* answer = PQgetResult(connection)) {
    if (PQntuples(answer) > 0) value = PQgetvalue(answer, 0, 0);
    PQclear(answer);
  }
  return value;
}

class GatedPostgres : public ProxiedPostgres {
 protected:
  // Waits until the gate's state is as wanted; false after a long time.
  bool Until(const std::function<bool(const GateStatus&)>& wanted) const {
    for (const base::Nanos deadline = base::SystemClock().Now() + kLongWait; base::SystemClock().Now() < deadline;) {
      if (wanted(proxy_->gate())) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_F(GatedPostgres, ATransactionKeepsItsPlaceAndOthersWaitInOrder) {
  const Connection first = Connect();
  const Connection second = Connect();
  const Connection third = Connect();
  Ask(first.get(), "create table turns(at serial, who text)");
  proxy_->SetGate(1);
  Ask(first.get(), "begin");
  PQsendQuery(second.get(), "insert into turns(who) values ('second')");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  PQsendQuery(third.get(), "insert into turns(who) values ('third')");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 2; }));
  EXPECT_EQ(proxy_->gate().holding, 1);
  EXPECT_EQ(proxy_->gate().stalled, 1) << "its transaction is open and asks for nothing";
  Ask(first.get(), "insert into turns(who) values ('first')");
  EXPECT_EQ(Ask(first.get(), "select count(*) from turns"), "1");
  Ask(first.get(), "commit");
  Take(second.get());
  Take(third.get());
  EXPECT_EQ(Ask(first.get(), "select string_agg(who, ' ' order by at) from turns"), "first second third");
  EXPECT_EQ(proxy_->gate().waiting, 0);
}

TEST_F(GatedPostgres, NoMoreThanTheLimitAreEverBusyAtTheServer) {
  constexpr int kClients = 12;
  proxy_->SetGate(3);
  proxy_->StartHolds();
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this, i] {
      const Connection connection = Connect();
      for (int turn = 0; turn < 20; ++turn) {
        if (turn % 3 == 0) Ask(connection.get(), "begin");
        const std::string value = std::to_string(i * 1000 + turn);
        EXPECT_EQ(Ask(connection.get(), "select " + value + " from pg_sleep(0.0005)"), value);
        if (turn % 3 == 0) Ask(connection.get(), "rollback");
      }
    });
  }
  for (std::thread& client : clients) client.join();
  // The last answers were read before they were noted down.
  ASSERT_TRUE(proxy_->WaitQuiet(0, base::SystemClock().Now() + 20'000'000'000));
  const HoldLog log = proxy_->StopHolds();
  EXPECT_THAT(log.holds, SizeIs(kClients * 20));
  EXPECT_THAT(log.connections, SizeIs(kClients));
  // Starts and ends in the order of time: never more than three between them. An end and the next start have one time.
  std::vector<std::pair<base::Nanos, int>> steps;
  for (const Hold& hold : log.holds) {
    steps.emplace_back(hold.start_ns, 1);
    steps.emplace_back(hold.end_ns, -1);
  }
  std::ranges::sort(steps);
  int held = 0;
  int most = 0;
  for (const auto& [at, step] : steps) most = std::max(most, held += step);
  EXPECT_EQ(most, 3);
  EXPECT_TRUE(std::ranges::any_of(log.holds, [](const Hold& hold) { return hold.waited_ns > 0; }));
  EXPECT_TRUE(
      std::ranges::all_of(log.holds, [](const Hold& hold) { return hold.round_trips == 1 || hold.round_trips == 3; }));
}

TEST_F(GatedPostgres, AClosedGateLetsOnlyStartUpsAndEndsPass) {
  const Connection early = Connect();
  proxy_->SetGate(0);
  Connection late = Connect();
  PQsendQuery(early.get(), "select 1");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  late.reset();
  ASSERT_TRUE(Until([this](const GateStatus&) { return proxy_->counters().open_connections == 1; }));
  proxy_->SetGate(std::nullopt);
  EXPECT_EQ(Take(early.get()), "1");
}

TEST_F(GatedPostgres, ALimitThatFallsStopsNoTransaction) {
  const Connection first = Connect();
  const Connection second = Connect();
  Ask(first.get(), "begin");
  Ask(second.get(), "begin");
  proxy_->SetGate(1);
  EXPECT_EQ(proxy_->gate().holding, 2);
  EXPECT_EQ(Ask(first.get(), "select 1"), "1");
  EXPECT_EQ(Ask(second.get(), "select 2"), "2");
  Ask(first.get(), "commit");
  PQsendQuery(first.get(), "select 3");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  Ask(second.get(), "commit");
  EXPECT_EQ(Take(first.get()), "3");
}

TEST_F(GatedPostgres, AConnectionThatIsLostGivesItsPlaceBack) {
  Connection first = Connect();
  Connection gone = Connect();
  const Connection second = Connect();
  proxy_->SetGate(1);
  Ask(first.get(), "begin");
  PQsendQuery(gone.get(), "select 1");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  PQsendQuery(second.get(), "select 2");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 2; }));
  gone.reset();
  first.reset();
  EXPECT_EQ(Take(second.get()), "2");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.holding == 0 && gate.waiting == 0; }));
}

TEST_F(GatedPostgres, AServerThatEndsASessionFreesWhoWaits) {
  const Connection first = Connect();
  const Connection second = Connect();
  const Connection admin(PQconnectdb(PostgresForTest::Dsn(server_->port()).c_str()), &PQfinish);
  const std::string pid = Ask(second.get(), "select pg_backend_pid()");
  proxy_->SetGate(1);
  Ask(first.get(), "begin");
  PQsendQuery(second.get(), "select 1");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  Ask(admin.get(), "select pg_terminate_backend(" + pid + ")");
  Take(second.get());
  EXPECT_EQ(PQstatus(second.get()), CONNECTION_BAD);
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 0; }));
  EXPECT_EQ(Ask(first.get(), "select 2"), "2");
}

TEST_F(GatedPostgres, WhatBeginsNothingKeepsNoPlace) {
  const Connection first = Connect();
  const Connection second = Connect();
  proxy_->SetGate(1);
  const int64_t before = proxy_->counters().bytes_to_server;
  PQenterPipelineMode(first.get());
  PQsendFlushRequest(first.get());
  PQflush(first.get());
  ASSERT_TRUE(Until([&](const GateStatus&) { return proxy_->counters().bytes_to_server > before; }));
  PQsendQuery(second.get(), "select 2");
  ASSERT_TRUE(Until([&](const GateStatus&) {
    return PQconsumeInput(second.get()) == 1 && PQisBusy(second.get()) == 0;
  })) << "it waits behind a lone Flush";
  EXPECT_EQ(Take(second.get()), "2");
  EXPECT_TRUE(Until([](const GateStatus& gate) { return gate.holding == 0; }));
}

// A client that works in pipelines, without a Sync for a while, is in a transaction all the same.
TEST_F(GatedPostgres, AFlushedPipelineIsHeldUntilItsSync) {
  const Connection first = Connect();
  const Connection second = Connect();
  proxy_->SetGate(1);
  PQenterPipelineMode(first.get());
  PQsendQueryParams(first.get(), "select 1", 0, nullptr, nullptr, nullptr, nullptr, 0);
  PQsendFlushRequest(first.get());
  PQflush(first.get());
  EXPECT_EQ(Take(first.get()), "1");
  PQsendQuery(second.get(), "select 2");
  ASSERT_TRUE(Until([](const GateStatus& gate) { return gate.waiting == 1; }));
  PQpipelineSync(first.get());
  EXPECT_EQ(Take(second.get()), "2");
}

}  // namespace
}  // namespace hone::sql
