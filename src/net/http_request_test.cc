#include "net/http_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hone::net {
namespace {

struct ParsedRequests {
  std::vector<ServedRequest> requests = {};
  RequestFault fault = RequestFault::kNone;
  int continues = 0;
  bool started = false;
  bool operator==(const ParsedRequests&) const = default;
};

// Parses `bytes` in pieces of `piece`.
ParsedRequests ParseIn(std::string_view bytes, size_t piece) {
  RequestParser parser({.head_bytes = 300, .body_bytes = 100});
  ParsedRequests parsed;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part(bytes.substr(at, piece));  // a copy, so that a view that lives too long is caught
    std::string_view view = part;
    while (!view.empty()) {
      switch (parser.Feed(view)) {
        case RequestParser::Event::kContinue:
          ++parsed.continues;
          break;
        case RequestParser::Event::kRequest:
          parsed.requests.push_back(parser.Take());
          break;
        case RequestParser::Event::kFault:
          parsed.fault = parser.fault();
          return parsed;
        case RequestParser::Event::kNeedMore:
          EXPECT_TRUE(view.empty()) << "of " << bytes;
      }
    }
  }
  parsed.started = parser.started();
  return parsed;
}

// The same whatever the split.
ParsedRequests ParseAll(std::string_view bytes) {
  const ParsedRequests whole = ParseIn(bytes, bytes.size());
  for (size_t piece = 1; piece < bytes.size(); ++piece)
    EXPECT_EQ(ParseIn(bytes, piece), whole) << piece << " " << bytes;
  return whole;
}

RequestFault FaultOf(std::string_view bytes) { return ParseAll(bytes).fault; }

TEST(RequestParser, HeadAlone) {
  const ParsedRequests parsed = ParseAll("\r\nGET /v1/x?a=b HTTP/1.1\r\nHost: a:1\r\nX-Y:  z \r\n\r\n");
  ASSERT_EQ(parsed.requests.size(), 1U);
  const ServedRequest& request = parsed.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/v1/x?a=b");
  EXPECT_TRUE(request.keep_alive);
  ASSERT_NE(FindHeader(request, "x-y"), nullptr);
  EXPECT_EQ(*FindHeader(request, "x-y"), "z");
  EXPECT_FALSE(parsed.started);
}

TEST(RequestParser, PipelinedBodies) {
  const ParsedRequests parsed = ParseAll(
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n"
      "GET /c HTTP/1.0\r\n\r\n");
  ASSERT_EQ(parsed.requests.size(), 3U);
  EXPECT_EQ(parsed.requests[0].body, "hello");
  EXPECT_EQ(parsed.requests[1].body, "abcde");
  EXPECT_EQ(parsed.requests[2].target, "/c");
  EXPECT_FALSE(parsed.requests[2].keep_alive);
}

TEST(RequestParser, ConnectionOptions) {
  EXPECT_FALSE(ParseAll("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, close\r\n\r\n").requests.at(0).keep_alive);
  EXPECT_TRUE(ParseAll("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").requests.at(0).keep_alive);
}

TEST(RequestParser, Expectation) {
  const ParsedRequests parsed =
      ParseAll("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\nok");
  EXPECT_EQ(parsed.continues, 1);
  EXPECT_EQ(parsed.requests.at(0).body, "ok");
  EXPECT_EQ(FaultOf("PUT / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), RequestFault::kExpectation);
}

TEST(RequestParser, TargetForms) {
  EXPECT_EQ(ParseAll("GET HTTP://a.b/c?d HTTP/1.1\r\nHost: a.b\r\n\r\n").requests.at(0).target, "/c?d");
  EXPECT_EQ(ParseAll("GET http://a.b?d HTTP/1.1\r\nHost: a.b\r\n\r\n").requests.at(0).target, "/?d");
  EXPECT_EQ(ParseAll("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").requests.at(0).target, "*");
  EXPECT_EQ(FaultOf("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), RequestFault::kNotHttp);
  EXPECT_EQ(FaultOf("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), RequestFault::kNotHttp);
}

TEST(RequestParser, HostileHeads) {
  EXPECT_EQ(FaultOf(std::string_view("\x16\x03\x01\x00\x05hello", 10)), RequestFault::kTls);
  EXPECT_EQ(FaultOf(std::string_view("\0\0\0\0", 4)), RequestFault::kNotHttp);
  EXPECT_EQ(FaultOf("GET  HTTP/1.1\r\n\r\n"), RequestFault::kNotHttp);
  EXPECT_EQ(FaultOf("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), RequestFault::kNotHttp);
  EXPECT_EQ(FaultOf("PRI * HTTP/2.0\r\n\r\n"), RequestFault::kVersion);
  EXPECT_EQ(FaultOf("GET / HTTP/1.1\r\n\r\n"), RequestFault::kHeader);
  EXPECT_EQ(FaultOf("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), RequestFault::kHeader);
  EXPECT_EQ(FaultOf("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), RequestFault::kHeader);
  EXPECT_EQ(FaultOf("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"), RequestFault::kHeader);
  EXPECT_EQ(FaultOf("GET /" + std::string(400, 'a')), RequestFault::kHeadTooLarge);
}

TEST(RequestParser, HostileFraming) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(FaultOf(post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"), RequestFault::kContentLength);
  EXPECT_EQ(FaultOf(post + "Content-Length: 4, 5\r\n\r\n"), RequestFault::kContentLength);
  EXPECT_EQ(FaultOf(post + "Content-Length: -1\r\n\r\n"), RequestFault::kContentLength);
  EXPECT_EQ(FaultOf(post + "Content-Length: 0x5\r\n\r\n"), RequestFault::kContentLength);
  EXPECT_EQ(FaultOf(post + "Content-Length: 101\r\n\r\n"), RequestFault::kBodyTooLarge);
  EXPECT_EQ(FaultOf(post + "Transfer-Encoding: gzip, chunked\r\n\r\n"), RequestFault::kCoding);
  EXPECT_EQ(FaultOf(post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), RequestFault::kChunk);
  EXPECT_EQ(FaultOf(post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(0x65, 'a')),
            RequestFault::kBodyTooLarge);
  EXPECT_EQ(ParseAll(post + "Content-Length: 2, 2\r\n\r\nok").requests.at(0).body, "ok");
}

TEST(RequestParser, FaultsHaveTheirStatus) {
  EXPECT_EQ(StatusOf(RequestFault::kNotHttp), 400);
  EXPECT_EQ(StatusOf(RequestFault::kHeadTooLarge), 431);
  EXPECT_EQ(StatusOf(RequestFault::kBodyTooLarge), 413);
}

TEST(RequestParser, KnowsThatSomethingIsMissing) {
  EXPECT_TRUE(ParseAll("GET / HTTP/1.1\r\n").started);
  EXPECT_TRUE(ParseAll("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\no").started);
}

}  // namespace
}  // namespace hone::net
