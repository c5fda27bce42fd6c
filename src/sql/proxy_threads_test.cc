// The proxy with several threads, and how long it bears a client that says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "sql/peers_for_test.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;
using ::testing::SizeIs;

constexpr size_t kAskingClients = 12;
constexpr int kQueriesOfEach = 200;

std::string NumberedText(size_t client, int query) {
  return "select " + std::to_string(client) + "." + std::to_string(query);
}

// Each client on a thread of its own asks one query after the other.
void AskAll(const Proxy& proxy) {
  std::vector<std::thread> threads;
  for (size_t client = 0; client < kAskingClients; ++client) {
    threads.emplace_back([&proxy, client] {
      const base::FileDescriptor session = OpenSession(proxy);
      for (int query = 0; query < kQueriesOfEach; ++query) {
        Write(session, Query(NumberedText(client, query)));
        EXPECT_EQ(Read(session, SimpleAnswer().size()), SimpleAnswer());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ProxyThreads, ARecordingIsCompleteAndInOrder) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  AskAll(*proxy);
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  const Recording recording = proxy->StopRecording();
  EXPECT_EQ(recording.lost.at("dropped_events"), 0);
  ASSERT_THAT(recording.statements, SizeIs(kAskingClients * kQueriesOfEach));
  ASSERT_THAT(recording.round_trips, SizeIs(kAskingClients * (kQueriesOfEach + 1)));
  EXPECT_EQ(proxy->counters().statements, static_cast<int64_t>(kAskingClients * kQueriesOfEach));
  EXPECT_TRUE(std::ranges::is_sorted(
      recording.round_trips, {}, [](const RecordedTrip& trip) { return std::tuple(trip.end_ns, trip.connection); }));
  EXPECT_TRUE(std::ranges::is_sorted(recording.statements, {}, &RecordedStatement::round_trip));
  // Each connection's own come in its order, none twice.
  std::vector<std::vector<std::string>> texts(kAskingClients + 1);
  for (const RecordedStatement& statement : recording.statements) {
    EXPECT_EQ(recording.round_trips.at(statement.round_trip).connection, statement.connection);
    texts.at(statement.connection).push_back(recording.texts.at(statement.text));
  }
  for (size_t connection = 1; connection <= kAskingClients; ++connection) {
    const std::string& first = texts[connection].at(0);
    const size_t client = std::stoul(first.substr(7));
    for (int query = 0; query < kQueriesOfEach; ++query)
      EXPECT_EQ(texts[connection].at(static_cast<size_t>(query)), NumberedText(client, query));
  }
}

TEST(ProxyThreads, DrainsWhileTheyWorkLoseNothing) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  std::atomic<bool> over = false;
  std::thread asking([&] {
    AskAll(*proxy);
    over.store(true);
  });
  size_t statements = 0;
  while (!over.load()) statements += proxy->Drain().statements.size();
  asking.join();
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  EXPECT_EQ(statements + proxy->StopRecording().statements.size(), kAskingClients * kQueriesOfEach);
}

TEST(ProxyThreads, AShutGateHoldsThemAll) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  std::vector<base::FileDescriptor> clients;
  for (size_t i = 0; i < kAskingClients; ++i) clients.push_back(OpenSession(*proxy));
  proxy->SetGate(0);
  for (const base::FileDescriptor& client : clients) Write(client, Query("select 1"));
  while (proxy->gate().waiting < static_cast<int64_t>(kAskingClients)) std::this_thread::yield();
  EXPECT_EQ(proxy->counters().statements, 0);
  // One place goes through all of them, whichever thread they belong to.
  proxy->SetGate(1);
  for (const base::FileDescriptor& client : clients) EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  EXPECT_EQ(proxy->counters().statements, static_cast<int64_t>(kAskingClients));
  EXPECT_EQ(proxy->gate().holding, 0);
}

TEST(ProxyThreads, WhatIsHeldGoesOnWhenAnotherReplyIsAskedFor) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor first = OpenSession(*proxy);
  const base::FileDescriptor second = OpenSession(*proxy);
  for (const auto& [client, text] : {std::pair(&first, "select 1"), std::pair(&second, "select 2")}) {
    proxy->HoldNext([wanted = std::string(text)](std::string_view each) { return each == wanted; }, kLong);
    Write(*client, Query(text));
    ASSERT_TRUE(proxy->WaitHeld(Soon()));
  }
  EXPECT_EQ(Read(first, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_TRUE(proxy->ReleaseHeld());
  EXPECT_EQ(Read(second, SimpleAnswer().size()), SimpleAnswer());
}

// Goes on when it is told to.
class HandClock final : public base::Clock {
 public:
  base::Nanos Now() const override { return now.load(); }
  void SleepUntil(base::Nanos deadline) override { now.store(deadline); }
  std::atomic<base::Nanos> now = 1;
};

TEST(ProxyThreads, WhoSaysNothingIsSentAwayAfterAMinute) {
  constexpr base::Nanos kMinute = 60 * base::kSecond;
  const FakeServer server(ServeSimpleQueries);
  HandClock clock;
  auto proxy = Proxy::Start({.upstream_port = server.port(), .max_connections = 3, .threads = 2, .clock = &clock});
  ASSERT_TRUE(proxy.has_value());
  const base::FileDescriptor session = OpenSession(**proxy);
  const base::FileDescriptor silent = Connect((*proxy)->port());
  const base::FileDescriptor slow = Connect((*proxy)->port());
  Write(slow, Startup().substr(0, 6));
  while ((*proxy)->counters().open_connections < 3) std::this_thread::yield();
  clock.now.store(kMinute);  // one moment too early
  (*proxy)->SetGate(std::nullopt);
  Write(session, Query("select 1"));
  EXPECT_EQ(Read(session, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_EQ((*proxy)->counters().open_connections, 3);
  clock.now.store(kMinute + 1);
  (*proxy)->SetGate(std::nullopt);
  EXPECT_EQ(ReadAll(silent), "");
  EXPECT_EQ(ReadAll(slow), "");
  while ((*proxy)->counters().open_connections > 1) std::this_thread::yield();
  Write(session, Query("select 1"));
  EXPECT_EQ(Read(session, SimpleAnswer().size()), SimpleAnswer());
  // Their places are free.
  const base::FileDescriptor next = OpenSession(**proxy);
  EXPECT_EQ((*proxy)->counters().refused_connections, 0);
}

}  // namespace
}  // namespace hone::sql
