#include "net/http_response.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hone::net {
namespace {

struct ParsedResponse {
  std::string body = {};
  int status = 0;
  int interim = 0;
  bool keep_alive = false;
  bool by_close = false;  // ended by the end of the stream
  size_t rest = 0;        // bytes behind the response
  ResponseFault fault = ResponseFault::kNone;
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool operator==(const ParsedResponse&) const = default;
};

// Parses `bytes` followed by the end of the stream, in two pieces cut at `cut`, or byte by byte for npos.
ParsedResponse ParseCut(std::string_view bytes, size_t cut, bool to_head) {
  ResponseParser parser({.head_bytes = 2000, .body_bytes = 5000});
  parser.Begin(to_head);
  ParsedResponse parsed;
  size_t fed = 0;
  auto event = ResponseParser::Event::kNeedMore;
  while (event != ResponseParser::Event::kDone && event != ResponseParser::Event::kFault) {
    const size_t end = cut == std::string_view::npos ? fed + 1 : fed < cut ? cut : bytes.size();
    const std::string piece(bytes.substr(fed, end - fed));  // a copy, so that a view that lives too long is caught
    std::string_view view = piece;
    parsed.by_close = fed == bytes.size();
    event = parsed.by_close ? parser.Finish() : parser.Feed(view);
    while (event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody) {
      if (event == ResponseParser::Event::kBody) parsed.body += parser.body_part();
      if (event == ResponseParser::Event::kHead) {
        HeaderFields fields = parser.head_fields();
        for (HeaderField field; fields.Next(field);) parsed.headers.emplace_back(field.name, field.value);
      }
      event = parser.Feed(view);
    }
    fed += piece.size() - view.size();
    parsed.rest = bytes.size() - fed;
  }
  if (parser.fault() != ResponseFault::kNone) return {.fault = parser.fault()};
  parsed.status = parser.status();
  parsed.interim = parser.interim();
  parsed.keep_alive = parser.keep_alive();
  EXPECT_EQ(parsed.body.size(), parser.body_bytes());
  return parsed;
}

// The same whatever the split.
ParsedResponse Parse(std::string_view bytes, bool to_head = false) {
  const ParsedResponse whole = ParseCut(bytes, 0, to_head);
  for (size_t cut = 1; cut <= bytes.size(); ++cut)
    EXPECT_EQ(ParseCut(bytes, cut, to_head), whole) << "cut at " << cut << " of " << bytes;
  EXPECT_EQ(ParseCut(bytes, std::string_view::npos, to_head), whole) << bytes;
  return whole;
}

TEST(ResponseParser, ContentLength) {
  const ParsedResponse parsed = Parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\nhello");
  EXPECT_EQ(parsed.status, 200);
  EXPECT_EQ(parsed.body, "hello");
  EXPECT_TRUE(parsed.keep_alive);
  EXPECT_FALSE(parsed.by_close);
  ASSERT_EQ(parsed.headers.size(), 2U);
  EXPECT_EQ(parsed.headers[1], std::make_pair(std::string("X-A"), std::string("b c")));
}

TEST(ResponseParser, BytesBehindTheResponseAreLeft) {
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP").rest, 4U);
  EXPECT_EQ(Parse("HTTP/1.1 204 No Content\r\n\r\nx").rest, 1U);
}

TEST(ResponseParser, ChunkedWithExtensionsAndTrailers) {
  const ParsedResponse parsed = Parse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
      "5\r\nhello\r\nA;name=\"v\"\r\n, world 12\r\n000\r\nX-Sum: 1\r\n\r\n");
  EXPECT_EQ(parsed.body, "hello, world 12");
  EXPECT_TRUE(parsed.keep_alive);
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nrest").rest, 4U);
}

TEST(ResponseParser, CloseDelimited) {
  const ParsedResponse parsed = Parse("HTTP/1.1 200 OK\r\n\r\nall there is");
  EXPECT_EQ(parsed.body, "all there is");
  EXPECT_TRUE(parsed.by_close);
  EXPECT_FALSE(parsed.keep_alive);
  // A coding that does not end in chunked is delimited by the close as well.
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\nContent-Length: 1\r\n\r\nabc").body, "abc");
}

TEST(ResponseParser, ResponsesWithoutABody) {
  for (const std::string_view status : {"204 No Content", "304 Not Modified"}) {
    const ParsedResponse parsed = Parse("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 10\r\n\r\n");
    EXPECT_EQ(parsed.body, "");
    EXPECT_TRUE(parsed.keep_alive);
    EXPECT_FALSE(parsed.by_close);
  }
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", true).status, 200);
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true).fault, ResponseFault::kNone);
  EXPECT_FALSE(Parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").by_close);
}

TEST(ResponseParser, InterimResponsesAreNotTheResponse) {
  const ParsedResponse parsed = Parse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
      "2\r\n\r\nok");
  EXPECT_EQ(parsed.status, 200);
  EXPECT_EQ(parsed.interim, 2);
  EXPECT_EQ(parsed.body, "ok");
  EXPECT_EQ(parsed.headers.size(), 1U);
  EXPECT_EQ(Parse("HTTP/1.1 101 Switching Protocols\r\n\r\n").fault, ResponseFault::kSwitchedProtocol);
}

TEST(ResponseParser, Persistence) {
  const auto keeps = [](std::string_view version, std::string_view fields) {
    return Parse("HTTP/" + std::string(version) + " 200 OK\r\nContent-Length: 1\r\n" + std::string(fields) + "\r\nx")
        .keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: upgrade, close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
  // A coding beside a length, or from HTTP/1.0: not to be trusted with another request (RFC 9112, section 6.1).
  EXPECT_FALSE(Parse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
                   .keep_alive);
  EXPECT_FALSE(
      Parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
          .keep_alive);
}

TEST(ResponseParser, WhatServersSendThoughTheyShouldNot) {
  EXPECT_EQ(Parse("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx").status, 200);  // no space before the reason
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\nContent-Length: 1\n\nx").body, "x");       // bare line feeds
  EXPECT_EQ(Parse("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nxyz").body, "xyz");
  const ParsedResponse folded = Parse("HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length:\r\n 1\r\n\r\nx");
  EXPECT_EQ(folded.body, "x");
  EXPECT_EQ(folded.headers[0].second, "a\r\n  b");
  EXPECT_EQ(Parse("HTTP/1.1 200 \xC3\xA4\r\nX: \xFF\r\nContent-Length: 0\r\n\r\n").status, 200);
}

TEST(ResponseParser, Faults) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::pair<std::string, ResponseFault>> cases = {
      {"SSH-2.0-OpenSSH", ResponseFault::kStatusLine},
      {"HTTP/2 200\r\n\r\n", ResponseFault::kStatusLine},
      {"HTTP/1.1 20 OK\r\n\r\n", ResponseFault::kStatusLine},
      {"HTTP/1.1 2000 OK\r\n\r\n", ResponseFault::kStatusLine},
      {"HTTP/1.1 099 X\r\n\r\n", ResponseFault::kStatusLine},
      {"HTTP/1.1  200 OK\r\n\r\n", ResponseFault::kStatusLine},
      {"HTTP/1.1 200 a\rb\r\n\r\n", ResponseFault::kStatusLine},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", ResponseFault::kStatusLine},
      {ok + "no colon\r\n\r\n", ResponseFault::kHeader},
      {ok + ": empty\r\n\r\n", ResponseFault::kHeader},
      {ok + "A : b\r\n\r\n", ResponseFault::kHeader},
      {ok + " folded: first\r\n\r\n", ResponseFault::kHeader},
      {ok + std::string("A: b\0c\r\n\r\n", 10), ResponseFault::kHeader},
      {ok + "A: b\rc\r\n\r\n", ResponseFault::kHeader},
      {ok + "A: " + std::string(3000, 'x') + "\r\n\r\n", ResponseFault::kHeadTooLarge},
      {ok + "Content-Length: -1\r\n\r\n", ResponseFault::kContentLength},
      {ok + "Content-Length: 1x\r\n\r\n", ResponseFault::kContentLength},
      {ok + "Content-Length:\r\n\r\n", ResponseFault::kContentLength},
      {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", ResponseFault::kContentLength},
      {ok + "Content-Length: 99999999999999999999\r\n\r\n", ResponseFault::kContentLength},
      {ok + "Content-Length: 5001\r\n\r\n", ResponseFault::kBodyTooLarge},
      {ok + "\r\n" + std::string(5001, 'x'), ResponseFault::kBodyTooLarge},
      {ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n", ResponseFault::kChunk},
      {ok + "Transfer-Encoding: chunked\r\n\r\n\r\n", ResponseFault::kChunk},
      {ok + "Transfer-Encoding: chunked\r\n\r\n1\nx", ResponseFault::kChunk},
      {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy", ResponseFault::kChunk},
      {ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", ResponseFault::kChunk},
      {ok + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", ResponseFault::kBodyTooLarge},
      {ok + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(3000, 'x') + "\r\n", ResponseFault::kHeadTooLarge},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nbad\r\n\r\n", ResponseFault::kHeader},
      {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(3000, 'x'), ResponseFault::kHeadTooLarge},
      {"", ResponseFault::kTruncated},
      {"HTTP/1.1 2", ResponseFault::kTruncated},
      {ok + "Content-Length: 5\r\n\r\nhell", ResponseFault::kTruncated},
      {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ResponseFault::kTruncated},
      {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", ResponseFault::kTruncated},
      {"HTTP/1.1 100 Continue\r\n\r\n", ResponseFault::kTruncated},
  };
  for (const auto& [bytes, fault] : cases) EXPECT_EQ(Name(Parse(bytes).fault), Name(fault)) << bytes.substr(0, 80);
}

TEST(ResponseParser, ManyInterimResponsesAreAHeadThatIsTooLarge) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(Parse(bytes).fault, ResponseFault::kHeadTooLarge);
}

TEST(ResponseParser, BeginForgetsTheResponseBefore) {
  ResponseParser parser;
  for (const std::string_view response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 500 Oops\r\n\r\n", "junk",
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    parser.Begin();
    EXPECT_FALSE(parser.started());
    std::string_view bytes = response;
    auto event = parser.Feed(bytes);
    while (event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody) event = parser.Feed(bytes);
    EXPECT_TRUE(parser.started());
    if (event == ResponseParser::Event::kNeedMore) event = parser.Finish();
    EXPECT_EQ(event == ResponseParser::Event::kFault, response == "junk");
  }
  EXPECT_EQ(parser.status(), 404);
  EXPECT_TRUE(parser.keep_alive());
}

}  // namespace
}  // namespace hone::net
