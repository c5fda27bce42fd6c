// Delayed replies between libpq and a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/delay.h"
#include "sql/proxied_postgres_for_test.h"
#include "sql/proxy.h"

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Nanos kDelay = 15 * base::kMillisecond;
constexpr base::Nanos kForEver = 3'600'000 * base::kMillisecond;

std::string AskPrepared(PGconn* connection, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> answer(
      PQexecParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0), &PQclear);
  EXPECT_EQ(PQresultStatus(answer.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection);
  return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

using DelayedPostgres = ProxiedPostgres;

TEST_F(DelayedPostgres, EachRoundTripTakesThatMuchLonger) {
  proxy_->SetDelay(kDelay);
  const Connection connection = Connect();
  EXPECT_EQ(proxy_->delayed().replies, 0) << "a start-up waited";
  const base::Nanos began = base::SystemClock().Now();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(AskPrepared(connection.get(), "select " + std::to_string(i)), std::to_string(i));
  EXPECT_GE(base::SystemClock().Now() - began, 5 * kDelay);
  EXPECT_EQ(proxy_->delayed().replies, 5);
  EXPECT_GE(proxy_->delayed().waited, 5 * kDelay);
  proxy_->SetDelay(0);
  EXPECT_EQ(AskPrepared(connection.get(), "select 6"), "6");
  EXPECT_EQ(proxy_->delayed().replies, 0);
}

TEST_F(DelayedPostgres, APipelineWaitsOnce) {
  const Connection connection = Connect();
  proxy_->SetDelay(kDelay);
  PQenterPipelineMode(connection.get());
  for (int i = 0; i < 3; ++i) {
    PQsendQueryParams(connection.get(), "select repeat('x', 500000)", 0, nullptr, nullptr, nullptr, nullptr, 0);
  }
  PQpipelineSync(connection.get());
  size_t bytes = 0;
  for (bool synced = false; !synced;) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQgetResult(connection.get()), &PQclear);
    ASSERT_NE(PQstatus(connection.get()), CONNECTION_BAD);
    synced = PQresultStatus(answer.get()) == PGRES_PIPELINE_SYNC;
    if (PQntuples(answer.get()) > 0) bytes += static_cast<size_t>(PQgetlength(answer.get(), 0, 0));
  }
  EXPECT_EQ(bytes, 1'500'000U);
  EXPECT_EQ(proxy_->delayed().replies, 1);
}

TEST_F(DelayedPostgres, OnlyTheStatementThatIsMeantWaits) {
  const Connection connection = Connect();
  proxy_->SetDelay(kDelay, [](std::string_view text) { return text.ends_with("+ 1"); });
  AskPrepared(connection.get(), "select 1");
  AskPrepared(connection.get(), "select 1 + 1");
  AskPrepared(connection.get(), "select 2");
  AskPrepared(connection.get(), "select 3 + 1");
  EXPECT_EQ(proxy_->delayed().replies, 2);
}

// Another connection goes on meanwhile; a client that does not wait for its reply takes nothing with it.
TEST_F(DelayedPostgres, NobodyElseWaits) {
  Connection waiting = Connect();
  const Connection other = Connect();
  proxy_->SetDelay(kForEver, [](std::string_view text) { return text == "select 'slow'"; });
  PQsendQueryParams(waiting.get(), "select 'slow'", 0, nullptr, nullptr, nullptr, nullptr, 0);
  EXPECT_EQ(AskPrepared(other.get(), "select 1"), "1");
  EXPECT_EQ(proxy_->WaitQuiet(base::kMillisecond, base::SystemClock().Now() + 20 * base::kMillisecond).error().code,
            base::Code::kTimeout)
      << "the reply came although it was to wait";
  EXPECT_EQ(proxy_->delayed().replies, 0);
  waiting.reset();
  EXPECT_EQ(AskPrepared(other.get(), "select 2"), "2");
}

TEST(DelayLine, WakesInTheOrderOfTime) {
  // Only their addresses matter.
  const std::vector<int> places(3);
  const auto relay = [&](size_t i) { return reinterpret_cast<Relay*>(const_cast<int*>(&places[i])); };
  DelayLine line;
  ASSERT_TRUE(line.Open());
  line.Add(relay(0), 300);
  line.Add(relay(1), 100);
  line.Add(relay(2), 200);
  pollfd timer{.fd = line.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&timer, 1, -1), 1) << "times that are over wake at once";
  EXPECT_THAT(line.TakeDue(99), IsEmpty());
  EXPECT_THAT(line.TakeDue(200), ElementsAre(relay(1), relay(2)));
  line.Remove(relay(0));
  EXPECT_EQ(::poll(&timer, 1, 0), 0) << "the timer runs for nobody";
  EXPECT_THAT(line.TakeDue(1000), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
