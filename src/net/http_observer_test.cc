#include "net/http_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace hone::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What passes at each moment 1, 2, ...: from the client (true) or the server.
using Passing = std::vector<std::pair<bool, std::string>>;

std::vector<ObservedRequest> Observe(const Passing& passing, size_t piece, bool closes = true) {
  HttpObserver observer;
  base::Nanos now = 0;
  for (const auto& [from_client, bytes] : passing) {
    ++now;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const std::string_view part = std::string_view(bytes).substr(at, piece);
      if (from_client)
        observer.FromClient(part, now);
      else
        observer.FromServer(part, now);
    }
  }
  ++now;
  if (closes) observer.ServerEnded(now);
  observer.Ended(now);
  return observer.Take();
}

// The same in pieces of every size.
std::vector<ObservedRequest> ObserveAll(const Passing& passing) {
  const std::vector<ObservedRequest> whole = Observe(passing, 1 << 20);
  for (size_t piece = 1; piece < 80; ++piece) EXPECT_EQ(Observe(passing, piece), whole) << piece;
  return whole;
}

ObservedRequest Seen(std::string method, std::string target, int status, base::Nanos start, base::Nanos first,
                     base::Nanos end, ObservedEnd how = ObservedEnd::kAnswered) {
  return {.method = std::move(method),
          .target = std::move(target),
          .status = status,
          .start_ns = start,
          .first_byte_ns = first,
          .end_ns = end,
          .end = how};
}

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(HttpObserver, SeesRequestsOneAfterTheOther) {
  EXPECT_THAT(ObserveAll({{true, "GET /a?x=1 HTTP/1.1\r\nHost: s\r\n\r\n"},
                          {false, kOk},
                          {true, "\r\nPOST /b HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                          {true, "0\r\n\r\n"},
                          {false, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"},
                          {false, "0\r\nX: y\r\n\r\n"}}),
              ElementsAre(Seen("GET", "/a?x=1", 200, 1, 2, 2), Seen("POST", "/b", 201, 3, 5, 6)));
}

TEST(HttpObserver, KeepsPipelinedRequestsInTheirOrder) {
  EXPECT_THAT(
      ObserveAll({{true, "GET /a HTTP/1.1\r\nHost: s\r\n\r\nHEAD /b HTTP/1.1\r\nHost: s\r\n\r\n"},
                  {true, "GET /c HTTP/1.1\r\nHost: s\r\n\r\n"},
                  {false, std::string(kOk) + "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"},
                  {false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"}}),
      ElementsAre(Seen("GET", "/a", 200, 1, 3, 3), Seen("HEAD", "/b", 200, 1, 3, 3), Seen("GET", "/c", 304, 2, 4, 4)));
}

TEST(HttpObserver, WaitsForTheRealAnswer) {
  EXPECT_THAT(ObserveAll({{true, "PUT /a HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"},
                          {false, "HTTP/1.1 100 Continue\r\n\r\n"},
                          {true, "abc"},
                          {false, "HTTP/1.1 204 No Content\r\n\r\n"}}),
              ElementsAre(Seen("PUT", "/a", 204, 1, 2, 4)));
}

TEST(HttpObserver, AnAnswerMayComeBeforeTheBody) {
  EXPECT_THAT(ObserveAll({{true, "PUT /a HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\n"},
                          {false, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"},
                          {true, "abcGET /b HTTP/1.1\r\nHost: s\r\n\r\n"},
                          {false, kOk}}),
              ElementsAre(Seen("PUT", "/a", 413, 1, 2, 2), Seen("GET", "/b", 200, 3, 4, 4)));
}

TEST(HttpObserver, TheConnectionsEndEndsAnAnswer) {
  const Passing passing = {{true, "GET /a HTTP/1.0\r\n\r\n"}, {false, "HTTP/1.0 200 OK\r\n\r\nbody"}};
  EXPECT_THAT(ObserveAll(passing), ElementsAre(Seen("GET", "/a", 200, 1, 2, 3)));
  EXPECT_THAT(Observe(passing, 100, false), ElementsAre(Seen("GET", "/a", 200, 1, 2, 3, ObservedEnd::kCut)));
}

TEST(HttpObserver, CutsAreNoAnswers) {
  EXPECT_THAT(ObserveAll({{true, "GET /a HTTP/1.1\r\nHost: s\r\n\r\nGET /b HTTP/1.1\r\nHost: s\r\n\r\n"},
                          {false, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"}}),
              ElementsAre(Seen("GET", "/a", 200, 1, 2, 3, ObservedEnd::kCut),
                          Seen("GET", "/b", 0, 1, 0, 3, ObservedEnd::kCut)));
  EXPECT_THAT(ObserveAll({{true, "GET /a HTTP/1.1\r\nHo"}}), IsEmpty());
}

TEST(HttpObserver, AnotherProtocolIsInFlightToItsEnd) {
  EXPECT_THAT(ObserveAll({{true, "GET /ws HTTP/1.1\r\nHost: s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
                          {false, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi"},
                          {true, "\x81\x82GET / HTTP/1.1\r\n\r\n"}}),
              ElementsAre(Seen("GET", "/ws", 101, 1, 2, 4, ObservedEnd::kSwitched)));
}

TEST(HttpObserver, SaysWhereItIsLost) {
  const ObservedRequest nothing = {.start_ns = 1, .end_ns = 3, .end = ObservedEnd::kLost};
  EXPECT_THAT(ObserveAll({{true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, {false, "whatever"}}), ElementsAre(nothing));
  EXPECT_THAT(ObserveAll({{true, "GET /a HTTP/1.1\r\nHost: s\r\n\r\n"},
                          {false, "no HTTP"},
                          {true, "GET /b HTTP/1.1\r\nHost: s\r\n\r\n"}}),
              ElementsAre(Seen("GET", "/a", 0, 1, 2, 4, ObservedEnd::kLost)));
  EXPECT_THAT(ObserveAll({{true, "GET /a HTTP/1.1\r\nHost: s\r\n\r\n"}, {false, std::string(kOk) + "more"}}),
              SizeIs(2));
}

TEST(HttpObserver, KnowsTheTrace) {
  const auto seen =
      ObserveAll({{true, "GET /a HTTP/1.1\r\nHost: s\r\nTraceparent: 00-ab-cd-01\r\n\r\n"}, {false, kOk}});
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen[0].traceparent, "00-ab-cd-01");
}

}  // namespace
}  // namespace hone::net
