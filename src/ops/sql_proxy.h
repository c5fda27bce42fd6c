// `hone sql proxy`: the wire proxy by itself, until it is told to stop.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "sql/live.h"
#include "sql/proxy.h"

namespace hone::ops {

struct SqlProxyRequest {
  std::string listen = "127.0.0.1:0";
  std::string upstream = {};  // postgres://host:port or host:port
  bool tls = false;           // for clients that ask for it, with a certificate made for this run
  std::string ca = {};        // the file that gets the certificate of its authority (and tls); empty: none
  int threads = 1;            // that relay
  // Gets what passed once a second, and at the end (`last`); empty: nobody.
  std::function<void(const sql::LiveView& view, bool last)> live = {};
  int control = -1;  // a descriptor to read commands from (see sql_control.h); -1: none
};

// How it speaks with the server is what its address says: see ChooseUpstreamTls; host:port alone is plain. Calls `say`
// with the address as a line once clients can connect, then relays until the task is cancelled; answers with what
// passed. With `control` the lines are those of sql_control.h, also from another thread (but never two at a time), and
// it ends where the commands end.
base::Result<sql::ProxyCounters> SqlProxy(const SqlProxyRequest& request,
                                          const std::function<void(const std::string&)>& say, base::Task& task);

}  // namespace hone::ops
