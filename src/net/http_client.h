// A blocking HTTP/1.1 client over one keep-alive connection, with the times of each exchange.
//
// For calls to services on this machine or network: no proxy, no TLS, no redirects, no cookies. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/url.h"

namespace hone::net {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query as in a request line
  std::vector<std::pair<std::string, std::string>> headers =
      {};  // Host and Content-Length are added where they are missing
  std::string body = {};
};

// The bytes of a request to `address`. kInput where method, target or a header would break the message's lines.
base::Result<std::string> Serialise(const HttpRequest& request, const Address& address);

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  base::Nanos write_ns = 0;       // just before the first byte was written
  base::Nanos first_byte_ns = 0;  // the first byte of the response was there
  base::Nanos done_ns = 0;        // and the last
};

// The value of the first header of that name (in any case), or nullptr.
const std::string* FindHeader(const HttpAnswer& answer, std::string_view name);

class HttpConnection {
 public:
  // Connects; deadlines are of CLOCK_MONOTONIC in nanoseconds. kNetwork (refused, unreachable, unknown host) or
  // kTimeout.
  static base::Result<HttpConnection> Open(const Address& address, base::Nanos deadline);
  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;
  ~HttpConnection();

  // Sends and reads the whole answer. A connection that the peer closed meanwhile is opened once more; a request that
  // the peer may have seen is repeated only where its method is idempotent. kNetwork (refused, reset, closed early),
  // kTimeout, kInput (the answer breaks the protocol or is larger than `max_bytes`); after any of them the next
  // exchange opens a new connection.
  base::Result<HttpAnswer> Exchange(const HttpRequest& request, base::Nanos deadline,
                                    uint64_t max_bytes = uint64_t{256} << 20);

 private:
  struct State;
  explicit HttpConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One GET over a connection of its own; the answer as it comes, whatever its status.
base::Result<HttpAnswer> Fetch(std::string_view url, base::Nanos deadline, uint64_t max_bytes = uint64_t{256} << 20);

}  // namespace hone::net
