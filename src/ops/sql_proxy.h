// `hone sql proxy`: the wire proxy by itself, until it is told to stop.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "sql/proxy.h"

namespace hone::ops {

struct SqlProxyRequest {
  std::string listen = "127.0.0.1:0";
  std::string upstream = {};  // postgres://host:port or host:port
  bool tls = false;           // for clients that ask for it, with a certificate made for this run
  std::string ca = {};        // the file that gets the certificate of its authority (and tls); empty: none
};

// How it speaks with the server is what its address says: see ChooseUpstreamTls; host:port alone is plain. Calls
// `listening` with the address once clients can connect, then relays until the task is cancelled; answers with
// what passed.
base::Result<sql::ProxyCounters> SqlProxy(const SqlProxyRequest& request,
                                          const std::function<void(const std::string&)>& listening, base::Task& task);

}  // namespace hone::ops
