#include "net/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "net/http_client.h"

namespace hone::net {
namespace {

base::Nanos In(base::Nanos time) { return base::SystemClock().Now() + time; }

// Says what it was asked; /slow after 30 ms.
ServedAnswer Echo(const ServedRequest& request) {
  ServedAnswer answer;
  answer.body = request.method + " " + request.target + " " + request.body;
  answer.headers.emplace_back("X-Of", "stub");
  if (request.target == "/slow") answer.delay_ns = 30'000'000;
  if (request.target == "/nothing") answer.status = 204;
  return answer;
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started =
        HttpServer::Start(Echo, {.limits = {.head_bytes = 1000, .body_bytes = 1 << 20}, .max_connections = 8});
    ASSERT_TRUE(started);
    server_ = *std::move(started);
  }
  Address address() const { return {"127.0.0.1", server_->port()}; }

  // Sends the bytes and reads until the server closes, or has sent `enough`.
  std::string Talk(std::string_view bytes, std::string_view enough) const {
    const base::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(server_->port());
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return "refused";
    if (send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return "reset";
    std::string said;
    char buffer[4096];
    while (enough.empty() || said.find(enough) == std::string::npos) {
      const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      said.append(buffer, static_cast<size_t>(got));
    }
    return said;
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerTest, AnswersOverOneConnection) {
  auto connection = HttpConnection::Open(address(), In(10 * base::kSecond));
  ASSERT_TRUE(connection);
  for (int i = 0; i < 3; ++i) {
    const auto answer = connection->Exchange({.method = "POST", .target = "/a?b", .body = std::string(100'000, 'x')},
                                             In(10 * base::kSecond));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /a?b " + std::string(100'000, 'x'));
    ASSERT_NE(FindHeader(*answer, "x-of"), nullptr);
  }
  EXPECT_EQ(server_->counters().connections, 1);
  EXPECT_EQ(server_->counters().requests, 3);
}

TEST_F(ServerTest, HeadAndNoContentHaveNoBody) {
  auto connection = HttpConnection::Open(address(), In(10 * base::kSecond));
  ASSERT_TRUE(connection);
  const auto head = connection->Exchange({.method = "HEAD", .target = "/a"}, In(10 * base::kSecond));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(*FindHeader(*head, "content-length"), "8");
  const auto nothing = connection->Exchange({.target = "/nothing"}, In(10 * base::kSecond));
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->status, 204);
  EXPECT_EQ(FindHeader(*nothing, "content-length"), nullptr);
}

TEST_F(ServerTest, DelaysAnAnswerAndNoOther) {
  auto slow = HttpConnection::Open(address(), In(10 * base::kSecond));
  ASSERT_TRUE(slow);
  const base::Nanos begun = base::SystemClock().Now();
  std::thread other([&] { ASSERT_TRUE(Fetch("http://" + ToString(address()) + "/fast", In(10 * base::kSecond))); });
  ASSERT_TRUE(slow->Exchange({.target = "/slow"}, In(10 * base::kSecond)));
  EXPECT_GE(base::SystemClock().Now() - begun, 30'000'000);
  other.join();
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  const std::string said = Talk(
      "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /d HTTP/1.1\r\nHost: a\r\n\r\n",
      "");
  const size_t slow = said.find("GET /slow");
  const size_t b = said.find("GET /b");
  const size_t c = said.find("GET /c");
  ASSERT_NE(c, std::string::npos) << said;
  EXPECT_LT(slow, b);
  EXPECT_LT(b, c);
  EXPECT_NE(said.find("Connection: close"), std::string::npos);
  EXPECT_EQ(said.find("GET /d"), std::string::npos);
}

TEST_F(ServerTest, TellsAWaitingClientToContinue) {
  EXPECT_EQ(Talk("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", "\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(ServerTest, RefusesWhatIsNoHttpAndCloses) {
  EXPECT_TRUE(Talk(std::string_view("\0garbage\r\n\r\n", 12), "").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(Talk("GET /" + std::string(2000, 'a'), "").starts_with("HTTP/1.1 431 "));
  EXPECT_EQ(Talk(std::string_view("\x16\x03\x01", 3), ""), "");
  const ServerCounters counters = server_->counters();
  EXPECT_EQ(counters.faults, 3);
  EXPECT_EQ(counters.tls, 1);
  EXPECT_TRUE(Fetch("http://" + ToString(address()) + "/still", In(10 * base::kSecond)));
}

TEST(Serialise, KeepsTheLines) {
  const ServedAnswer answer{.headers = {{"X-Id", "a\r\nSet-Cookie: b"}, {"Content-Length", "7"}}, .body = "ok"};
  EXPECT_EQ(Serialise(answer, false, true), "HTTP/1.1 200 OK\r\nX-Id: a  Set-Cookie: b\r\nContent-Length: 2\r\n\r\nok");
}

TEST_F(ServerTest, HasAMostOfConnections) {
  std::vector<HttpConnection> open;
  for (int i = 0; i < 8; ++i) {
    auto connection = HttpConnection::Open(address(), In(10 * base::kSecond));
    ASSERT_TRUE(connection);
    ASSERT_TRUE(connection->Exchange({}, In(10 * base::kSecond)));
    open.push_back(*std::move(connection));
  }
  EXPECT_FALSE(Fetch("http://" + ToString(address()) + "/", In(10 * base::kSecond)));
  EXPECT_GE(server_->counters().refused_connections, 1);
}

TEST_F(ServerTest, EndsWithRequestsUnderWay) {
  std::thread client([&] { (void)Talk("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /", ""); });
  while (server_->counters().requests == 0) std::this_thread::yield();
  server_.reset();
  client.join();
}

}  // namespace
}  // namespace hone::net
