// What the proxy does with bad input: hostile frames, losses at every byte, peers that do not read.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "sql/peers_for_test.h"
#include "sql/proxy.h"
#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The proxy holds nothing of the sessions that ended, and serves a new one.
void ExpectUsable(const Proxy& proxy) {
  while (proxy.counters().open_connections > 0) std::this_thread::yield();
  EXPECT_THAT(proxy.UpstreamPorts(), IsEmpty());
  EXPECT_TRUE(proxy.WaitQuiet(0, Soon()).has_value());
}

// Both sides of a session in the order in which it was recorded, up to `cut` bytes of all; then the side whose turn it
// is closes.
class CutSession {
 public:
  CutSession(const Session& session, size_t cut) {
    for (const Sent& sent : session) {
      const size_t size = std::min(sent.bytes.size(), cut);
      parts_.push_back({sent.client, sent.bytes.substr(0, size)});
      cut -= size;
      if (size < sent.bytes.size()) break;
    }
  }

  // Plays one side; what it received is what the other sent, to the last byte before the cut.
  void Play(bool client, base::FileDescriptor& fd) const {
    for (const Sent& part : parts_) {
      if (part.client == client) {
        Write(fd, part.bytes);
      } else {
        EXPECT_EQ(Read(fd, part.bytes.size()), part.bytes);
      }
    }
    if (parts_.back().client == client) {
      fd.Reset();
    } else {
      EXPECT_EQ(ReadAll(fd), "");
    }
  }

 private:
  Session parts_;
};

TEST(ProxyFaults, ALossAtEveryByteOfASessionEndsBothSides) {
  const Session session =
      After(Begin(), {C(Parse("s", "select $1") + DescribeStatement("s") + Sync()),
                      S(ParseComplete() + ParameterDescription({23}) + RowDescription({23}) + Ready()),
                      C(Bind("s", {"42"}) + Execute() + Sync()),
                      S(BindComplete() + Row({"42"}) + Complete("SELECT 1") + Ready()), C(Query("begin; select 1/0")),
                      S(Complete("BEGIN") + Error("22012") + Ready('E')), C(Query("copy t from stdin")),
                      S(CopyInResponse()), C(CopyData("1\n") + CopyDone()), S(Complete("COPY 1") + Ready())});
  size_t size = 0;
  for (const Sent& sent : session) size += sent.bytes.size();
  std::atomic<const CutSession*> cut_session = nullptr;
  FakeServer server([&](base::FileDescriptor& fd) { cut_session.load()->Play(false, fd); });
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  // A start-up that is not complete never reaches the server.
  for (size_t cut = Startup().size(); cut < size; ++cut) {
    const CutSession played(session, cut);
    cut_session = &played;
    base::FileDescriptor client = Connect(proxy->port());
    played.Play(true, client);
    client.Reset();
    while (proxy->counters().open_connections > 0) std::this_thread::yield();
    ASSERT_FALSE(HasFailure()) << "cut at " << cut;
    server.Join();
  }
  ExpectUsable(*proxy);
  const Recording recording = proxy->StopRecording();
  EXPECT_EQ(recording.lost.at("dropped_events"), 0);
  EXPECT_EQ(recording.lost.at("unparsed_bytes"), 0);
  for (size_t cut = 0; cut < Startup().size(); ++cut) {
    const base::FileDescriptor client = Connect(proxy->port());
    Write(client, Startup().substr(0, cut));
  }
  ExpectUsable(*proxy);
}

// While a child has been forked and did not execute its program yet, it holds the proxy's sockets too: what is closed
// stays open, and an event loop goes on to hear of it unless it says that it does not want to.
TEST(ProxyFaults, NothingIsHeardOfASessionThatEndedWhileAForkedChildHoldsItsSockets) {
  std::atomic<bool> stop = false;
  std::atomic<int> of_server = -1;
  FakeServer server([&](base::FileDescriptor& fd) {
    of_server = fd.get();
    Read(fd, Startup().size());
    Write(fd, Welcome());
    while (!stop.load()) std::this_thread::yield();
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  });
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = Connect(proxy->port());
  Write(client, Startup());
  EXPECT_EQ(Read(client, Welcome().size()), Welcome());
  std::vector<base::FileDescriptor> of_child;
  for (int fd = 0; fd < 256; ++fd) {
    if (fd != client.get() && fd != of_server && ::fcntl(fd, F_GETFD) >= 0)
      of_child.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 256));
  }
  stop = true;
  server.Join();
  while (proxy->counters().open_connections > 0) std::this_thread::yield();
  Write(client, Query("select 1"));
  const base::FileDescriptor other = Connect(proxy->port());
  Write(other, Startup());
  EXPECT_EQ(Read(other, Welcome().size()), Welcome());
  ExpectUsable(*proxy);
}

TEST(ProxyFaults, HostileFramesPassUnalteredAndHurtNobodyElse) {
  const std::vector<std::string> frames = {
      "Q" + Number(3, 4) + "abc",                              // shorter than its own length field
      "Q" + Number(0xffffffff, 4) + "abc",                     // negative
      "B" + Number(0x40000000, 4) + "abc",                     // beyond PostgreSQL's limit
      Message('B', "no end"),                                  // strings without an end
      Message('B', Zero("") + Zero("s") + Number(0xffff, 2)),  // more formats than there are
      Message('P', ""),
      Message('E', ""),
      Message('D', "S"),
      Message('C', ""),
      std::string(5, '\0'),
      std::string("\x7f\xff\xff\xff\xff", 5),
      Message('T', Number(0xffff, 2)),  // the server's
      Message('D', Number(0x7fff, 2) + Number(0x7fffffff, 4)),
      Message('Z', ""),
      Message('t', Number(0xffff, 2)),
      Message('E', "C"),
      Message('W', ""),
      std::string("1\0\0\0\4Z\0\0\0\5?", 11)};
  struct Turn {
    std::string sent;      // by the client
    std::string answered;  // by the server
  };
  std::vector<Turn> turns;
  for (const std::string& frame : frames) {
    turns.push_back({Query("select 1") + frame + Query("select 2"), SimpleAnswer()});
    turns.push_back({Query("select 1"), frame + SimpleAnswer()});
  }
  std::atomic<size_t> turn = 0;
  std::atomic<int> connections = 0;
  const FakeServer server([&](base::FileDescriptor& fd) {
    if (connections++ == 0) return ServeSimpleQueries(fd);
    Read(fd, Startup().size());
    Write(fd, Welcome());
    EXPECT_EQ(Read(fd, turns[turn].sent.size()), turns[turn].sent);
    Write(fd, turns[turn].answered);
    ReadAll(fd);
  });
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor bystander = OpenSession(*proxy);
  for (turn = 0; turn < turns.size(); ++turn) {
    const base::FileDescriptor client = OpenSession(*proxy);
    Write(client, turns[turn].sent);
    EXPECT_EQ(Read(client, turns[turn].answered.size()), turns[turn].answered);
    Write(bystander, Query("select 1"));
    EXPECT_EQ(Read(bystander, SimpleAnswer().size()), SimpleAnswer());
  }
  proxy->StopRecording();
  EXPECT_GT(proxy->counters().unparsed_bytes, 0);
}

TEST(ProxyFaults, ReplicationIsRefusedWithASentence) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = Connect(proxy->port());
  const std::string body = Number(196608, 4) + Zero("user") + Zero("u") + Zero("replication") + Zero("database") + '\0';
  const std::string packet = Number(body.size() + 4, 4) + body;
  Write(client, packet.substr(0, 12));
  Write(client, packet.substr(12));
  const std::string answer = ReadAll(client);
  EXPECT_THAT(answer, HasSubstr(Zero("C0A000")));
  EXPECT_THAT(answer, HasSubstr("relays no replication connections"));
  ASSERT_GE(answer.size(), 5U);
  EXPECT_EQ(answer.substr(0, 5), "E" + Number(answer.size() - 1, 4));
  EXPECT_EQ(proxy->counters().connections, 0);
  ExpectUsable(*proxy);
}

// What a server that does not read leaves with the client: a bounded part of it is in the proxy.
TEST(ProxyFaults, SlowServerHoldsTheClientBack) {
  std::atomic<bool> go = false;
  const std::string data = CopyData(std::string(60'000, 'x'));
  constexpr size_t kMessages = 1000;
  std::atomic<size_t> received = 0;
  const FakeServer server([&](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    Read(fd, Query("copy t from stdin").size());
    Write(fd, CopyInResponse());
    go.wait(false);
    received = Read(fd, kMessages * data.size()).size();
    Write(fd, Complete("COPY 1") + Ready());
  });
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = OpenSession(*proxy);
  Write(client, Query("copy t from stdin"));
  Read(client, CopyInResponse().size());
  std::string all;
  for (size_t i = 0; i < kMessages; ++i) all += data;
  size_t sent = 0;
  // Until it takes no more: what is in between is full.
  for (base::Nanos since = base::SystemClock().Now(); base::SystemClock().Now() - since < 50'000'000;) {
    const ssize_t count = ::send(client.get(), all.data() + sent, all.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count <= 0) continue;
    sent += static_cast<size_t>(count);
    since = base::SystemClock().Now();
  }
  EXPECT_LT(sent, all.size());
  go = true;
  go.notify_all();
  Write(client, std::string_view(all).substr(sent));
  EXPECT_EQ(Read(client, (Complete("COPY 1") + Ready()).size()), Complete("COPY 1") + Ready());
  EXPECT_EQ(received.load(), all.size());
}

// Half-closed by the client: it still gets its answer.
TEST(ProxyFaults, AHalfClosedClientGetsItsAnswer) {
  const FakeServer server([](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    EXPECT_EQ(ReadAll(fd), Query("select 1"));
    Write(fd, SimpleAnswer());
  });
  const auto proxy = StartBefore(server);
  const base::FileDescriptor client = OpenSession(*proxy);
  Write(client, Query("select 1"));
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(ReadAll(client), SimpleAnswer());
  ExpectUsable(*proxy);
}

TEST(ProxyFaults, ATransactionThatNeverEndsIsQuiet) {
  const FakeServer server([](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    Read(fd, Query("begin").size());
    Write(fd, Complete("BEGIN") + Ready('T'));
    ReadAll(fd);
  });
  const auto proxy = StartBefore(server);
  proxy->StartHolds();
  const base::FileDescriptor client = OpenSession(*proxy);
  Write(client, Query("begin"));
  Read(client, (Complete("BEGIN") + Ready('T')).size());
  EXPECT_TRUE(proxy->WaitQuiet(1'000'000, Soon()).has_value());
  proxy->SetGate(1);
  EXPECT_EQ(proxy->gate().holding, 1) << "it began before there was a limit";
  EXPECT_EQ(proxy->gate().stalled, 1);
  EXPECT_THAT(proxy->StopHolds().holds, IsEmpty()) << "it did not end within the log";
}

int64_t StatusKilobytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    int64_t value = 0;
    if (name == field + ":" && status >> value) return value;
  }
  return 0;
}

// A statement of 100 MB passes in chunks; of its text a beginning is kept.
TEST(ProxyFaults, AStatementOf100MegabytesPassesInConstantMemory) {
  constexpr size_t kSize = size_t{100} << 20;
  const std::string chunk(size_t{64} << 10, 'x');
  const FakeServer server([](base::FileDescriptor& fd) {
    Read(fd, Startup().size());
    Write(fd, Welcome());
    std::string taken(size_t{64} << 10, '\0');
    for (size_t left = kSize + 5; left > 0;) {
      const ssize_t count = ::recv(fd.get(), taken.data(), std::min(taken.size(), left), 0);
      if (count <= 0) return;
      left -= static_cast<size_t>(count);
    }
    Write(fd, SimpleAnswer());
  });
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  const base::FileDescriptor client = OpenSession(*proxy);
  std::ofstream("/proc/self/clear_refs") << "5";  // forgets the peak so far
  const int64_t before = StatusKilobytes("VmRSS");
  Write(client, "Q" + Number(kSize + 4, 4));
  for (size_t i = 0; i < kSize / chunk.size(); ++i) Write(client, chunk);
  EXPECT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_LT(StatusKilobytes("VmHWM") - before, 40 << 10);
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  const Recording recording = proxy->StopRecording();
  EXPECT_EQ(recording.lost.at("unparsed_bytes"), 0);
  ASSERT_THAT(recording.statements, SizeIs(1));
  EXPECT_LE(recording.texts.at(recording.statements[0].text).size(), size_t{1} << 20);
}

TEST(ProxyFaults, AThousandConnectionsAtOnce) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;  // this process holds all ends
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  proxy->StartRecording();
  constexpr size_t kClients = 1000;
  std::vector<base::FileDescriptor> clients;
  for (size_t i = 0; i < kClients; ++i) clients.push_back(OpenSession(*proxy));
  for (int turn = 0; turn < 2; ++turn) {
    for (const base::FileDescriptor& client : clients) Write(client, Query("select 1"));
    for (const base::FileDescriptor& client : clients) ASSERT_EQ(Read(client, SimpleAnswer().size()), SimpleAnswer());
  }
  EXPECT_EQ(proxy->counters().open_connections, static_cast<int64_t>(kClients));
  ASSERT_TRUE(proxy->WaitQuiet(0, Soon()).has_value());
  const Recording recording = proxy->StopRecording();
  EXPECT_THAT(recording.statements, SizeIs(2 * kClients));
  EXPECT_EQ(recording.lost.at("dropped_events"), 0);
  clients.clear();
  ExpectUsable(*proxy);
}

// A message that has begun to pass keeps its place at the gate until it is over.
TEST(ProxyFaults, AMessageSentInHalvesKeepsItsPlace) {
  const FakeServer server(ServeSimpleQueries);
  const auto proxy = StartBefore(server);
  const base::FileDescriptor first = OpenSession(*proxy);
  const base::FileDescriptor second = OpenSession(*proxy);
  proxy->SetGate(1);
  const int64_t before = proxy->counters().bytes_to_server;
  Write(first, Query("select 1").substr(0, 3));
  while (proxy->counters().bytes_to_server == before) std::this_thread::yield();
  Write(second, Query("select 1"));
  while (proxy->gate().waiting == 0) std::this_thread::yield();
  EXPECT_EQ(proxy->gate().holding, 1);
  Write(first, Query("select 1").substr(3));
  EXPECT_EQ(Read(first, SimpleAnswer().size()), SimpleAnswer());
  EXPECT_EQ(Read(second, SimpleAnswer().size()), SimpleAnswer());
  while (proxy->gate().holding > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace hone::sql
