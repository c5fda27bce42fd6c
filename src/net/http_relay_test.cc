#include "net/http_relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/scripted_server.h"

namespace hone::net {
namespace {

using ::testing::SizeIs;

base::Nanos Within10s() { return base::SystemClock().Now() + 10 * base::kSecond; }

std::unique_ptr<HttpRelay> RelayTo(const Address& service) {
  auto relay = HttpRelay::Start(service);
  EXPECT_TRUE(relay);
  return *std::move(relay);
}

base::FileDescriptor ConnectPlain(const Address& to) {
  base::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(to.port);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

void SendBytes(const base::FileDescriptor& fd, std::string_view bytes) {
  ASSERT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
}

struct Heard {
  std::string bytes;
  bool reset = false;
};

// What comes until the end.
Heard HearAll(const base::FileDescriptor& fd) {
  Heard heard;
  char buffer[4096];
  for (;;) {
    const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
    heard.reset = got < 0 && errno == ECONNRESET;
    if (got <= 0) return heard;
    heard.bytes.append(buffer, static_cast<size_t>(got));
  }
}

std::string HearSome(const base::FileDescriptor& fd, size_t bytes) {
  std::string heard(bytes, '\0');
  EXPECT_EQ(recv(fd.get(), heard.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  return heard;
}

ServedAnswer EchoBody(const ServedRequest& request) { return {.body = request.target + request.body}; }

TEST(HttpRelay, PassesRequestsOfManyConnectionsOnAndSeesEach) {
  const auto server = HttpServer::Start(EchoBody);
  ASSERT_TRUE(server);
  const auto relay = RelayTo({"127.0.0.1", (*server)->port()});
  constexpr int kClients = 50;
  constexpr int kEach = 20;
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      auto connection = HttpConnection::Open(relay->address(), Within10s());
      if (!connection) return;
      for (int j = 0; j < kEach; ++j) {
        const std::string target = "/" + std::to_string(i) + "/" + std::to_string(j);
        const std::string body(static_cast<size_t>(j) * 10'000, 'x');
        const auto answer = connection->Exchange({.method = "POST", .target = target, .body = body}, Within10s());
        right += answer && answer->body == target + body ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, kClients * kEach);
  const RelayLog log = relay->Stop();
  EXPECT_EQ(log.connections, kClients);
  EXPECT_EQ(log.lost_connections, 0);
  ASSERT_THAT(log.requests, SizeIs(kClients * kEach));
  EXPECT_TRUE(std::ranges::is_sorted(log.requests, {}, &ObservedRequest::start_ns));
  for (const ObservedRequest& request : log.requests) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.status, 200);
    EXPECT_EQ(request.end, ObservedEnd::kAnswered);
    EXPECT_LE(request.start_ns, request.first_byte_ns);
    EXPECT_LE(request.first_byte_ns, request.end_ns);
  }
}

TEST(HttpRelay, RequestsOfOneWhoAsksOneAfterTheOtherDoNotOverlap) {
  const auto server = HttpServer::Start(EchoBody);
  ASSERT_TRUE(server);
  const auto relay = RelayTo({"127.0.0.1", (*server)->port()});
  const std::string url = "http://" + ToString(relay->address());
  auto connection = HttpConnection::Open(relay->address(), Within10s());
  ASSERT_TRUE(connection);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(connection->Exchange({.target = "/kept"}, Within10s()));
    ASSERT_TRUE(Fetch(url + "/own", Within10s()));
  }
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(100));
  for (size_t i = 1; i < log.requests.size(); ++i) EXPECT_LT(log.requests[i - 1].end_ns, log.requests[i].start_ns);
}

// Every byte, also of what is no HTTP; and half-closed connections.
TEST(HttpRelay, AltersNothing) {
  const ScriptedServer server([](ScriptedPeer& peer) {
    const std::string request = peer.ReadRequest();
    peer.SendByteByByte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    for (int i = 0; i < 100; ++i) peer.Send(request);
    peer.AwaitClose();
    peer.Send("last words");
  });
  const auto relay = RelayTo(server.address());
  const base::FileDescriptor client = ConnectPlain(relay->address());
  const std::string request = "GET /ws?a HTTP/1.1\r\nhost:   s\r\nUPGRADE: x\r\nConnection: Upgrade\r\n\r\n";
  SendBytes(client, request);
  std::string expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
  for (int i = 0; i < 100; ++i) expected += request;
  EXPECT_EQ(HearSome(client, expected.size()), expected);
  SendBytes(client, std::string_view("\0\x01raw", 5));
  shutdown(client.get(), SHUT_WR);
  const Heard heard = HearAll(client);
  EXPECT_EQ(heard.bytes, "last words");
  EXPECT_FALSE(heard.reset);
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(1));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kSwitched);
  EXPECT_EQ(log.requests[0].status, 101);
}

TEST(HttpRelay, AServiceThatClosesEndsTheAnswer) {
  const ScriptedServer server([](ScriptedPeer& peer) {
    (void)peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
  });
  const auto relay = RelayTo(server.address());
  const base::FileDescriptor client = ConnectPlain(relay->address());
  SendBytes(client, "GET / HTTP/1.1\r\nHost: s\r\n\r\n");
  const Heard heard = HearAll(client);
  EXPECT_EQ(heard.bytes, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
  EXPECT_FALSE(heard.reset);
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(1));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kAnswered);
}

TEST(HttpRelay, AResetOfTheServiceIsOneOfTheClientBehindWhatCameBefore) {
  const ScriptedServer server([](ScriptedPeer& peer) {
    (void)peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    peer.ReadRequest();
    peer.Reset();
  });
  const auto relay = RelayTo(server.address());
  const base::FileDescriptor client = ConnectPlain(relay->address());
  SendBytes(client, "GET / HTTP/1.1\r\nHost: s\r\n\r\n");
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  EXPECT_EQ(HearSome(client, half.size()), half);
  SendBytes(client, "GET /b HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_TRUE(HearAll(client).reset);
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(2));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kCut);
  EXPECT_EQ(log.requests[1].end, ObservedEnd::kCut);
}

TEST(HttpRelay, AClientThatHangsUpIsHeardOf) {
  std::atomic<bool> closed = false;
  const ScriptedServer server([&](ScriptedPeer& peer) {
    if (peer.ReadRequest().starts_with("GET /b")) return peer.Send("HTTP/1.1 204 No Content\r\n\r\n");
    peer.AwaitClose();
    closed = true;
  });
  const auto relay = RelayTo(server.address());
  {
    const base::FileDescriptor client = ConnectPlain(relay->address());
    SendBytes(client, "GET / HTTP/1.1\r\nHost: s\r\n\r\n");
  }
  while (!closed) std::this_thread::yield();
  const auto other = ConnectPlain(relay->address());  // the relay goes on
  SendBytes(other, "GET /b HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_EQ(HearAll(other).bytes, "HTTP/1.1 204 No Content\r\n\r\n");
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(2));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kCut);
  EXPECT_EQ(log.requests[1].end, ObservedEnd::kAnswered);
}

TEST(HttpRelay, ASlowReaderGetsEverything) {
  const std::string large(20'000'000, 'y');
  const ScriptedServer server([&](ScriptedPeer& peer) {
    if (peer.ReadRequest().empty()) return;
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
    peer.Send(large);
  });
  const auto relay = RelayTo(server.address());
  const base::FileDescriptor client = ConnectPlain(relay->address());
  SendBytes(client, "GET / HTTP/1.1\r\nHost: s\r\n\r\n");
  ASSERT_TRUE(HttpConnection::Open(relay->address(), Within10s()));  // while nobody reads, others are served
  const Heard heard = HearAll(client);
  EXPECT_TRUE(heard.bytes.ends_with(large));
  const RelayLog log = relay->Stop();
  ASSERT_THAT(log.requests, SizeIs(1));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kAnswered);
}

TEST(HttpRelay, AServiceThatIsGoneResetsTheClient) {
  Address gone;
  {
    const ScriptedServer server([](ScriptedPeer&) {});
    gone = server.address();
  }
  const auto relay = RelayTo(gone);
  const base::FileDescriptor client = ConnectPlain(relay->address());
  EXPECT_TRUE(HearAll(client).reset);
  EXPECT_EQ(relay->Stop().unreachable, 1);
}

TEST(HttpRelay, WhatItDoesNotUnderstandPassesAndIsCounted) {
  const ScriptedServer server([](ScriptedPeer& peer) {
    (void)peer.ReadRequest();
    peer.Send("+PONG\r\n");
  });
  const auto relay = RelayTo(server.address());
  const base::FileDescriptor client = ConnectPlain(relay->address());
  SendBytes(client, "PING\r\n\r\n");
  EXPECT_EQ(HearAll(client).bytes, "+PONG\r\n");
  const RelayLog log = relay->Stop();
  EXPECT_EQ(log.lost_connections, 1);
  ASSERT_THAT(log.requests, SizeIs(1));
  EXPECT_EQ(log.requests[0].end, ObservedEnd::kLost);
}

}  // namespace
}  // namespace hone::net
