#include "sql/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/files.h"
#include "sql/peers_for_test.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;
using ::testing::SizeIs;

TEST(Proxy, RelaysAndRecordsAQuery) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor client = Connect(proxy->port());
  Write(client, Startup());
  EXPECT_EQ(Read(client, Welcome().size()), Welcome());
  Write(client, Query("select 1"));
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  ASSERT_TRUE(proxy->WaitQuiet(1'000'000, Soon()).has_value());
  const Recording recording = proxy->StopRecording();
  ASSERT_THAT(recording.statements, SizeIs(1));
  EXPECT_EQ(recording.texts.at(recording.statements[0].text), "select 1");
  ASSERT_THAT(recording.round_trips, SizeIs(2));
  EXPECT_LE(recording.round_trips[1].start_ns, recording.round_trips[1].end_ns);
  EXPECT_EQ(recording.lost.at("dropped_events"), 0);
  EXPECT_EQ(recording.lost.at("unparsed_bytes"), 0);
  const ProxyCounters counters = proxy->counters();
  EXPECT_EQ(counters.connections, 1);
  EXPECT_EQ(counters.statements, 1);
  EXPECT_EQ(counters.rows, 1);
  EXPECT_EQ(counters.bytes_to_client, static_cast<int64_t>(Welcome().size() + SimpleAnswer().size()));
  EXPECT_THAT(proxy->UpstreamPorts(), SizeIs(1));
}

bool HasBytes(const base::FileDescriptor& fd) {
  char byte = 0;
  return ::recv(fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

TEST(Proxy, HoldsOneReplyUntilItIsReleased) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor wanted = OpenSession(*proxy);
  const base::FileDescriptor other = OpenSession(*proxy);
  proxy->HoldNext([](std::string_view text) { return text == "select 2"; }, kLong);
  Write(wanted, Query("select 1"));
  EXPECT_EQ(Read(wanted, SimpleAnswer().size()), SimpleAnswer());
  Write(wanted, Query("select 2"));
  ASSERT_TRUE(proxy->WaitHeld(Soon()));
  // Others go on meanwhile, with the same statement, too; once their answers are there, this one's would be.
  for (int i = 0; i < 20; ++i) {
    Write(other, Query("select 2"));
    EXPECT_EQ(Read(other, SimpleAnswer().size()), SimpleAnswer());
  }
  EXPECT_FALSE(HasBytes(wanted));
  EXPECT_TRUE(proxy->ReleaseHeld());
  EXPECT_EQ(Read(wanted, SimpleAnswer().size()), SimpleAnswer());
  Write(wanted, Query("select 2"));
  EXPECT_EQ(Read(wanted, SimpleAnswer().size()), SimpleAnswer());
}

TEST(Proxy, HoldsAPreparedStatement) {
  const FakeServer server([](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    Read(fd, (Parse("s", "select $1") + Sync()).size());
    Write(fd, ParseComplete() + Ready());
    Read(fd, (Bind("s", {"1"}) + Execute() + Sync()).size());
    Write(fd, BindComplete() + SimpleAnswer());
    ReadAll(fd);
  });
  const auto proxy = StartBefore(server);
  // Its text is known although nothing was recorded when it was prepared.
  const base::FileDescriptor client = OpenSession(*proxy);
  Write(client, Parse("s", "select $1") + Sync());
  Read(client, (ParseComplete() + Ready()).size());
  proxy->HoldNext([](std::string_view text) { return text == "select $1"; }, kLong);
  Write(client, Bind("s", {"1"}) + Execute() + Sync());
  ASSERT_TRUE(proxy->WaitHeld(Soon()));
  EXPECT_FALSE(HasBytes(client));
  proxy->ReleaseHeld();
  EXPECT_EQ(Read(client, (BindComplete() + SimpleAnswer()).size()), BindComplete() + SimpleAnswer());
}

TEST(Proxy, LetsAHeldReplyGoByItself) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor client = OpenSession(*proxy);
  constexpr base::Nanos kShort = 30'000'000;
  proxy->HoldNext([](std::string_view) { return true; }, kShort);
  const base::Nanos asked = base::SystemClock().Now();
  Write(client, Query("select 1"));
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_GE(base::SystemClock().Now() - asked, kShort);
  EXPECT_TRUE(proxy->WaitHeld(Soon()));  // it was
  EXPECT_FALSE(proxy->ReleaseHeld());    // and is not any more
}

TEST(Proxy, HoldsNothingThatIsNotAskedAgain) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor client = OpenSession(*proxy);
  proxy->HoldNext([](std::string_view) { return false; }, kLong);
  Write(client, Query("select 1"));
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_FALSE(proxy->WaitHeld(base::SystemClock().Now()));
  proxy->ReleaseHeld();
  EXPECT_FALSE(proxy->WaitHeld(Soon()));
}

// What HoldEach told, to be waited for.
class HeldLog {
 public:
  Proxy::Held Note() {
    return [this](uint32_t connection, const std::vector<std::string>& texts) {
      const std::lock_guard lock(mutex_);
      for (const std::string& text : texts) held_.emplace_back(connection, text);
      changed_.notify_all();
    };
  }
  std::pair<uint32_t, std::string> At(size_t index) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return held_.size() > index; }));
    return held_.size() > index ? held_[index] : std::pair<uint32_t, std::string>();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<uint32_t, std::string>> held_;
};

TEST(Proxy, HoldsEachReplyUntilItIsLetGo) {
  const FakeServer server(ServeSimpleQueries);
  HeldLog log;
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor first = OpenSession(*proxy);
  const base::FileDescriptor second = OpenSession(*proxy);
  proxy->HoldEach(log.Note(), kLong);
  Write(first, Query("select 1"));
  EXPECT_EQ(log.At(0).second, "select 1");
  Write(second, Query("select 2"));
  EXPECT_EQ(log.At(1).second, "select 2");
  EXPECT_FALSE(HasBytes(first));
  // Each by itself.
  proxy->LetGo(log.At(1).first);
  EXPECT_EQ(Read(second, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_FALSE(HasBytes(first));
  proxy->LetGo(log.At(0).first);
  EXPECT_EQ(Read(first, SimpleAnswer().size()), SimpleAnswer());
  // The next one is held again, until nothing is any more.
  Write(first, Query("select 3"));
  EXPECT_EQ(log.At(2).second, "select 3");
  EXPECT_FALSE(HasBytes(first));
  proxy->StopHoldEach();
  EXPECT_EQ(Read(first, SimpleAnswer().size()), SimpleAnswer());
  Write(first, Query("select 4"));
  EXPECT_EQ(Read(first, SimpleAnswer().size()), SimpleAnswer());
}

TEST(Proxy, HoldsEachReplyForItsTimeOnly) {
  const FakeServer server(ServeSimpleQueries);
  HeldLog log;
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor client = OpenSession(*proxy);
  constexpr base::Nanos kShort = 30'000'000;
  proxy->HoldEach(log.Note(), kShort);
  const base::Nanos asked = base::SystemClock().Now();
  Write(client, Query("select 1"));
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_GE(base::SystemClock().Now() - asked, kShort);
}

TEST(Proxy, SurvivesTheEndOfSessionsThatAreAllHeld) {
  const FakeServer server(ServeSimpleQueries);
  HeldLog log;
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  proxy->HoldEach(log.Note(), kLong);
  for (size_t i = 0; i < 3; ++i) {
    const base::FileDescriptor client = OpenSession(*proxy);
    Write(client, Query("select 1"));
    EXPECT_EQ(log.At(i).second, "select 1");
  }
  proxy->LetGo(log.At(0).first);
  const base::FileDescriptor client = OpenSession(*proxy);
  Write(client, Query("select 2"));
  EXPECT_EQ(log.At(3).second, "select 2");
  proxy->LetGo(log.At(3).first);
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
}

// A client that gives up while its reply is held, and a proxy that ends then.
TEST(Proxy, SurvivesTheEndOfAHeldSession) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  for (int i = 0; i < 2; ++i) {
    base::FileDescriptor client = OpenSession(*proxy);
    proxy->HoldNext([](std::string_view) { return true; }, kLong);
    Write(client, Query("select 1"));
    ASSERT_TRUE(proxy->WaitHeld(Soon()));
    client.Reset();
  }
  const base::FileDescriptor client = OpenSession(*proxy);
  proxy->ReleaseHeld();
  Write(client, Query("select 1"));
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
}

TEST(Proxy, RefusesEncryptionItself) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = Connect(proxy->port());
  Write(client, Gss());
  EXPECT_EQ(Read(client, 1), "N");
  Write(client, Ssl());
  EXPECT_EQ(Read(client, 1), "N");
  Write(client, Startup());
  EXPECT_EQ(Read(client, Welcome().size()), Welcome());
}

TEST(Proxy, PassesCancelRequestsOfAnyKeyLength) {
  std::string seen;
  {
    const FakeServer server([&](base::FileDescriptor& fd) { seen = ReadAll(fd); });
    const auto proxy = StartBefore(server);
    const base::FileDescriptor client = Connect(proxy->port());
    Write(client, Cancel(std::string(32, 'k')));
    ::shutdown(client.get(), SHUT_WR);
    EXPECT_EQ(ReadAll(client), "");
    EXPECT_EQ(proxy->counters().cancels, 1);
    EXPECT_EQ(proxy->counters().connections, 0);
  }
  EXPECT_EQ(seen, Cancel(std::string(32, 'k')));
}

// Bytes that the parser cannot understand pass all the same, both ways, in chunks of any size, and half-closed.
TEST(Proxy, RelaysForeignBytesUnaltered) {
  const FakeServer server([](base::FileDescriptor& fd) {
    for (std::string chunk = Read(fd, 1); !chunk.empty(); chunk = Read(fd, 1013)) Write(fd, chunk);
    ::shutdown(fd.get(), SHUT_WR);
  });
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = Connect(proxy->port());
  std::mt19937 random(7);
  std::string sent = "\x16";
  while (sent.size() < 8'000'000) sent += static_cast<char>(random());
  std::string received;
  std::thread writer([&] {
    Write(client, sent);
    ::shutdown(client.get(), SHUT_WR);
  });
  received = ReadAll(client);
  writer.join();
  EXPECT_TRUE(received == sent);
  EXPECT_GE(proxy->counters().unparsed_bytes, static_cast<int64_t>(sent.size()));
}

// Neither side's pace makes the proxy hold more than a chunk: what it took from the server is bounded while the client
// does not read.
TEST(Proxy, SlowReaderHoldsTheServerBack) {
  const std::string row = Row({std::string(60'000, 'x')});
  const size_t rows = 1000;
  const FakeServer server([&](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    Read(fd, Query("x").size());
    for (size_t i = 0; i < rows; ++i) Write(fd, row);
    Write(fd, Complete("SELECT 1000") + Ready());
    ReadAll(fd);
  });
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = Connect(proxy->port());
  Write(client, Startup());
  Read(client, Welcome().size());
  Write(client, Query("x"));
  EXPECT_EQ(Read(client, row.size()), row);
  EXPECT_LT(proxy->counters().bytes_to_client, static_cast<int64_t>(rows * row.size()));
  EXPECT_FALSE(proxy->WaitQuiet(0, base::SystemClock().Now()).has_value());
  EXPECT_EQ(Read(client, (rows - 1) * row.size()).size(), (rows - 1) * row.size());
  EXPECT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  EXPECT_EQ(proxy->counters().rows, static_cast<int64_t>(rows));
}

TEST(Proxy, LossOnEitherSideEndsTheOther) {
  const FakeServer server([](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    if (!Read(fd, 5).empty()) {  // a query: the server dies
      const linger hard{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    fd.Reset();
  });
  const auto proxy = StartBefore(server);
  base::FileDescriptor first = Connect(proxy->port());
  Write(first, Startup());
  Read(first, Welcome().size());
  Write(first, Query("select 1"));
  EXPECT_EQ(ReadAll(first), "");
  base::FileDescriptor second = Connect(proxy->port());
  Write(second, Startup());
  Read(second, Welcome().size());
  second.Reset();
  ASSERT_TRUE(proxy->WaitQuiet(1'000'000, Soon()).has_value());
  while (proxy->counters().open_connections > 0) std::this_thread::yield();
  EXPECT_THAT(proxy->UpstreamPorts(), SizeIs(0));
}

TEST(Proxy, UnreachableServerIsALostConnection) {
  uint16_t port = 0;
  {
    const FakeServer server([](base::FileDescriptor&) {});
    port = server.port();
  }
  auto proxy = Proxy::Start({.upstream_port = port});
  ASSERT_TRUE(proxy.has_value());
  const base::FileDescriptor client = Connect((*proxy)->port());
  Write(client, Startup());
  EXPECT_EQ(ReadAll(client), "");
  while ((*proxy)->counters().open_connections > 0) std::this_thread::yield();
  EXPECT_EQ((*proxy)->counters().refused_connections, 1);
}

TEST(Proxy, RefusesMoreConnectionsThanItMayHold) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server, 1);
  const base::FileDescriptor first = Connect(proxy->port());
  Write(first, Startup());
  Read(first, Welcome().size());
  const base::FileDescriptor second = Connect(proxy->port());
  EXPECT_EQ(ReadAll(second), "");
  EXPECT_EQ(proxy->counters().refused_connections, 1);
}

TEST(Proxy, ManyConnectionsAtOnce) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  constexpr size_t kClients = 400;
  constexpr int kQueries = 5;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<base::FileDescriptor> clients;
      for (size_t i = 0; i < kClients / 4; ++i) {
        clients.push_back(Connect(proxy->port()));
        Write(clients.back(), Startup());
      }
      for (const base::FileDescriptor& client : clients) EXPECT_EQ(Read(client, Welcome().size()), Welcome());
      for (int q = 0; q < kQueries; ++q) {
        for (const base::FileDescriptor& client : clients) Write(client, Query("select 1"));
        for (const base::FileDescriptor& client : clients)
          EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  EXPECT_EQ(proxy->counters().statements, int64_t{kClients * kQueries});
  EXPECT_THAT(proxy->Drain().statements, SizeIs(kClients * kQueries));
  EXPECT_THAT(proxy->StopRecording().statements, SizeIs(0));
}

TEST(Proxy, DroppedEventsAreCounted) {
  const FakeServer server(ServeSimpleQueries);
  auto proxy = Proxy::Start({.upstream_port = server.port(), .max_statements = 1});
  (*proxy)->StartRecording();
  const base::FileDescriptor client = Connect((*proxy)->port());
  Write(client, Startup() + Query("a") + Query("b"));
  Read(client, Welcome().size() + 2 * SimpleAnswer().size());
  ASSERT_TRUE((*proxy)->WaitQuiet(0, Soon()).has_value());
  EXPECT_EQ((*proxy)->counters().dropped_events, 1);
  EXPECT_EQ((*proxy)->StopRecording().lost.at("dropped_events"), 1);
  EXPECT_EQ((*proxy)->counters().dropped_events, 1);
}

TEST(Proxy, BadAddressesAreErrors) {
  const auto unresolved = Proxy::Start({.upstream_host = "no such host"});
  ASSERT_FALSE(unresolved.has_value());
  EXPECT_EQ(unresolved.error().code, base::Code::kInput);
  const FakeServer server([](base::FileDescriptor&) {});
  const auto taken = Proxy::Start({.listen_port = server.port(), .upstream_port = 1});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, base::Code::kEnvironment);
}

}  // namespace
}  // namespace hone::sql
