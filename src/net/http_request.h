// An incremental parser for HTTP/1.x requests, for servers: bytes in, whole requests out, any split of the bytes giving
// the same requests.
//
// Source: RFC 9112 (sections 2 to 7, with the limits that section 11 advises) and RFC 9110. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_response.h"

namespace hone::net {

// What is wrong with a request; StatusOf() is how a server answers it before it closes the connection.
enum class RequestFault {
  kNone,
  kNotHttp,        // the first line is no request line
  kTls,            // the client begins a TLS handshake
  kVersion,        // HTTP, but not 1.0 or 1.1
  kHeader,         // a field line that is none, a folded one, or no Host (1.1)
  kHeadTooLarge,   // head or trailers beyond the limit
  kContentLength,  // not a number, several that differ, or beside a Transfer-Encoding
  kCoding,         // a Transfer-Encoding other than chunked
  kChunk,          // broken chunk framing
  kBodyTooLarge,   // beyond the limit
  kExpectation,    // an Expect other than 100-continue
};
std::string_view Describe(RequestFault fault);  // a clause: "the request line is malformed"
int StatusOf(RequestFault fault);               // 400, 413, 417, 431, 501 or 505

// A complete request.
struct ServedRequest {
  std::string method = {};
  std::string target = {};  // path and query; of a target in absolute form (RFC 9112, section 3.2.2) that part of it
  std::vector<std::pair<std::string, std::string>> headers = {};  // as sent, in order
  std::string body = {};                                          // without framing
  bool keep_alive = true;
  bool operator==(const ServedRequest&) const = default;
};

// The value of the first header of that name (in any case), or nullptr.
const std::string* FindHeader(const ServedRequest& request, std::string_view name);

class RequestParser {
 public:
  struct Limits {
    size_t head_bytes = size_t{64} << 10;  // of the head, and of the trailers
    uint64_t body_bytes = uint64_t{16} << 20;
    bool keep_body = true;  // false: bodies are framed and dropped
  };
  enum class Event {
    kNeedMore,  // all bytes are consumed
    kContinue,  // once a request: the client waits for "100 Continue" before it sends the body
    kRequest,   // Take() it; the next one may follow in the same bytes
    kFault,     // fault() says why; the connection is of no use any more
  };

  RequestParser() = default;
  explicit RequestParser(Limits limits) : limits_(limits) {}

  // Takes bytes from the front of `bytes` up to the next event.
  Event Feed(std::string_view& bytes);
  // The request of the last kRequest; the parser then expects the next one.
  ServedRequest Take();

  // The request whose head has come and which was not yet taken; nullptr where there is none.
  const ServedRequest* underway() const {
    return state_ == State::kHead || state_ == State::kFault ? nullptr : &request_;
  }

  RequestFault fault() const { return fault_; }
  // Whether any byte of a request has come that is not complete.
  bool started() const { return state_ != State::kHead || !head_.empty(); }

 private:
  enum class State { kHead, kLength, kChunked, kDone, kFault };

  Event Fail(RequestFault fault);
  Event FeedHead(std::string_view& bytes);
  Event FeedLength(std::string_view& bytes);
  Event FeedChunked(std::string_view& bytes);
  Event ParseHead();
  RequestFault ParseLine(std::string_view line);
  RequestFault ParseFields(std::string_view fields);
  RequestFault ParseFraming();
  RequestFault ParseConnection();

  Limits limits_ = {};
  State state_ = State::kHead;
  RequestFault fault_ = RequestFault::kNone;
  std::string head_ = {};
  ServedRequest request_ = {};
  uint64_t length_ = 0;  // of the body that is still to come
  bool expects_ = false;
  bool one_one_ = true;
  ResponseParser chunks_ = {};  // decodes chunked bodies, behind a head of its own
};

}  // namespace hone::net
