// A small HTTP/1.1 server on one thread of its own, on a kernel-chosen port of 127.0.0.1: for answers that are written
// beforehand, to clients on this machine.
//
// Keep-alive, pipelining (answers in the order of the requests), chunked bodies, Expect: 100-continue and HEAD; hostile
// bytes are answered with their status, and the connection is closed. No TLS, no HTTP/2.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/http_request.h"

namespace hone::net {

struct ServedAnswer {
  int status = 200;                                               // 200 to 599
  std::vector<std::pair<std::string, std::string>> headers = {};  // Content-Length and Connection are the server's
  std::string body = {};                                          // not sent to HEAD, nor with 204 and 304
  base::Nanos delay_ns = 0;                                       // between the request's last byte and the answer
};

// Totals since the start.
struct ServerCounters {
  int64_t connections = 0;
  int64_t refused_connections = 0;  // beyond the limit: closed at once
  int64_t requests = 0;             // complete ones
  int64_t faults = 0;               // requests that were none
  int64_t tls = 0;                  // of them, those that began a TLS handshake
};

struct ServerOptions {
  RequestParser::Limits limits = {};
  size_t max_connections = 1000;
};

class HttpServer {
 public:
  // Runs on the server's thread, one call at a time: it must not block.
  using Handler = std::function<ServedAnswer(const ServedRequest&)>;

  // kEnvironment where no port can be had.
  static base::Result<std::unique_ptr<HttpServer>> Start(Handler handler, const ServerOptions& options = {});
  // Closes all connections and ends the thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  ServerCounters counters() const;  // thread-safe

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The bytes of an answer, with Content-Length; `to_head`: without its body.
std::string Serialise(const ServedAnswer& answer, bool to_head, bool keep_alive);

}  // namespace hone::net
