// Asks a PostgreSQL server, before anything depends on it, whether TLS with it works and is wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "net/tls.h"

namespace hone::sql {

struct UpstreamQuestion {
  std::string host = {};
  uint16_t port = 5432;
  const net::TlsContext* tls = nullptr;  // nullptr: in plain
  // Whose start-up packet is sent, to see whether such a connection is let in as far as its login; empty: none is.
  std::string user = {};
  std::string database = {};
};

struct UpstreamAnswer {
  bool declined = false;     // it speaks no TLS
  std::string problem = {};  // of the handshake, as a part of a sentence; empty: none
  bool refused = false;      // the start-up packet was answered with an error

  bool secured() const { return !declined && problem.empty(); }
};

// Connects, asks, disconnects; nobody logs in. kNetwork where nothing can be connected to or it gives no answer until
// `deadline` (of base::SystemClock()), kInput where the host cannot be resolved.
base::Result<UpstreamAnswer> AskUpstream(const UpstreamQuestion& question, base::Nanos deadline);

}  // namespace hone::sql
