#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/scripted_server.h"

namespace hone::net {
namespace {

using base::Code;

// Far enough away that only a hang reaches it.
base::Nanos Later() { return base::SystemClock().Now() + 30'000'000'000; }

std::string Response(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST(HttpClient, KeepsItsConnection) {
  ScriptedServer server([](ScriptedPeer& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest())
      peer.Send(Response(request));
  });
  auto connection = HttpConnection::Open(server.address(), Later());
  ASSERT_TRUE(connection);
  for (int i = 0; i < 3; ++i) {
    const auto answer = connection->Exchange({.target = "/x?y", .headers = {{"A", "b"}}}, Later());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "GET /x?y HTTP/1.1\r\nA: b\r\nHost: " + ToString(server.address()) + "\r\n\r\n");
    EXPECT_LE(answer->write_ns, answer->first_byte_ns);
    EXPECT_LE(answer->first_byte_ns, answer->done_ns);
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, SendsBodies) {
  ScriptedServer server([](ScriptedPeer& peer) { peer.Send(Response(peer.ReadRequest(4))); });
  auto connection = HttpConnection::Open(server.address(), Later());
  ASSERT_TRUE(connection);
  const auto answer = connection->Exchange({.method = "POST", .target = "/", .body = "body"}, Later());
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body, testing::HasSubstr("Content-Length: 4\r\n\r\nbody"));
}

TEST(HttpClient, ReadsByteByByteAndHeaders) {
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadRequest();
    peer.SendByteByByte("HTTP/1.1 200 OK\r\nX-Limit: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    peer.AwaitClose();
  });
  const auto answer = Fetch("http://" + ToString(server.address()) + "/", Later());
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "abc");
  ASSERT_NE(FindHeader(*answer, "x-limit"), nullptr);
  EXPECT_EQ(*FindHeader(*answer, "x-limit"), "7");
  EXPECT_EQ(FindHeader(*answer, "x-other"), nullptr);
}

TEST(HttpClient, OpensAStaleConnectionAgain) {
  // The first connection answers once and is gone; the client knows when its end of the stream has come.
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadRequest();
    peer.Send(Response("once"));
  });
  auto connection = HttpConnection::Open(server.address(), Later());
  ASSERT_TRUE(connection);
  for (int i = 0; i < 3; ++i) {
    const auto answer = connection->Exchange({}, Later());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->body, "once");
  }
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpClient, RepeatsOnlyIdempotentRequestsThatThePeerMayHaveSeen) {
  // Connection 0 takes a second request and resets.
  ScriptedServer server([](ScriptedPeer& peer) {
    peer.ReadRequest();
    peer.Send(Response("first"));
    peer.ReadRequest();
    if (peer.number() % 2 == 0) return peer.Reset();
    peer.Send(Response("second"));
  });
  auto connection = HttpConnection::Open(server.address(), Later());
  ASSERT_TRUE(connection);
  ASSERT_TRUE(connection->Exchange({}, Later()));
  const auto repeated = connection->Exchange({}, Later());
  ASSERT_TRUE(repeated) << repeated.error().what;
  EXPECT_EQ(repeated->body, "first");
  EXPECT_EQ(server.accepted(), 2);

  auto other = HttpConnection::Open(server.address(), Later());  // number 2
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->Exchange({}, Later()));
  const auto post = other->Exchange({.method = "POST"}, Later());
  ASSERT_FALSE(post);
  EXPECT_EQ(post.error().code, Code::kNetwork);
}

TEST(HttpClient, FailuresAreTold) {
  struct Case {
    std::string bytes;
    Code code;
    std::string words;
  };
  const Case cases[] = {{"", Code::kNetwork, "without an answer"},
                        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Code::kNetwork, "ended in the middle"},
                        {"SSH-2.0\r\n", Code::kInput, "does not begin with an HTTP/1 status line"},
                        {Response(std::string(100, 'x')), Code::kInput, "too large"}};
  for (const Case& expected : cases) {
    ScriptedServer server([&](ScriptedPeer& peer) {
      peer.ReadRequest();
      peer.Send(expected.bytes);
    });
    const auto answer = Fetch("http://" + ToString(server.address()) + "/", Later(), 50);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, expected.code);
    EXPECT_THAT(answer.error().what, testing::HasSubstr(expected.words));
  }
}

TEST(HttpClient, RefusedResetAndTimeout) {
  ScriptedServer gone([](ScriptedPeer&) {});
  gone.Stop();
  const auto refused = HttpConnection::Open(gone.address(), Later());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("refused"));

  ScriptedServer resets([](ScriptedPeer& peer) {
    peer.ReadRequest();
    peer.Reset();
  });
  const auto reset = Fetch("http://" + ToString(resets.address()) + "/", Later());
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code, Code::kNetwork);
  EXPECT_THAT(reset.error().what, testing::HasSubstr("reset"));

  ScriptedServer silent([](ScriptedPeer& peer) { peer.AwaitClose(); });
  const auto late = Fetch("http://" + ToString(silent.address()) + "/", base::SystemClock().Now() + 20'000'000);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kTimeout);
}

TEST(HttpClient, RequestsThatWouldBreakTheirLinesAreRefused) {
  const Address address{"h", 1};
  EXPECT_FALSE(Serialise({.method = "GE T"}, address));
  EXPECT_FALSE(Serialise({.target = "/a b"}, address));
  EXPECT_FALSE(Serialise({.target = "/a\r\nX: y"}, address));
  EXPECT_FALSE(Serialise({.target = ""}, address));
  EXPECT_FALSE(Serialise({.headers = {{"A", "b\r\nC: d"}}}, address));
  EXPECT_FALSE(Serialise({.headers = {{"A:", "b"}}}, address));
  EXPECT_EQ(*Serialise({.headers = {{"host", "other"}}}, address), "GET / HTTP/1.1\r\nhost: other\r\n\r\n");
  EXPECT_EQ(*Serialise({.method = "POST"}, {"::1", 1}),
            "POST / HTTP/1.1\r\nHost: [::1]:1\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace hone::net
