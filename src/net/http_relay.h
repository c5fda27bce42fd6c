// A relay before a service on a kernel-chosen port of 127.0.0.1: it passes every byte on unaltered, in both directions,
// and notes down which requests passed (http_observer.h).
//
// One thread of its own. Each connection of a client is one connection to the service: ends, half-closed ones too, and
// resets are passed on as they come. A request's start is noted before its bytes go on to the service and its end
// before the answer's last bytes go on to the client, so whoever sends one request after the other is seen to.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "net/http_observer.h"
#include "net/url.h"

namespace hone::net {

struct RelayLog {
  std::vector<ObservedRequest> requests = {};  // by their starts
  int64_t connections = 0;
  int64_t lost_connections = 0;  // on which something passed that was not understood
  int64_t unreachable = 0;       // connections that the service did not take
  int64_t dropped = 0;           // requests beyond what a log holds
};

class HttpRelay {
 public:
  // kNetwork where the service's name has no address, kEnvironment where no port can be had. Does not connect before a
  // client does.
  static base::Result<std::unique_ptr<HttpRelay>> Start(const Address& service);
  ~HttpRelay();
  HttpRelay(const HttpRelay&) = delete;
  HttpRelay& operator=(const HttpRelay&) = delete;

  Address address() const;
  // Closes all connections, ends the thread, and answers what passed; later calls answer nothing.
  RelayLog Stop();

 private:
  struct State;
  explicit HttpRelay(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hone::net
