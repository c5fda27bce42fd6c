#include "ops/sql_proxy.h"

#include <charconv>

#include "ops/sql_control.h"
#include "pg/dsn.h"

namespace hone::ops {
namespace {

struct HostPort {
  std::string host;
  uint16_t port = 0;
};

base::Result<HostPort> ParseHostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  HostPort parsed;
  if (colon != std::string::npos) {
    parsed.host = text.substr(0, colon);
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, parsed.port);
    if (error == std::errc() && stopped == end && !parsed.host.empty()) return parsed;
  }
  return base::Fail(base::Code::kUsage, "Not an address", text, "Write host:port, such as 127.0.0.1:5432");
}

base::Result<HostPort> ParseUpstream(const std::string& text) {
  if (text.find("://") == std::string::npos && text.find('=') == std::string::npos) return ParseHostPort(text);
  HONE_TRY(const pg::Dsn dsn, pg::ParseDsn(text));
  return HostPort{dsn.host, dsn.port};
}

}  // namespace

base::Result<sql::ProxyCounters> SqlProxy(const SqlProxyRequest& request,
                                          const std::function<void(const std::string&)>& say, base::Task& task) {
  HONE_TRY(const HostPort listen, ParseHostPort(request.listen));
  HONE_TRY(const HostPort upstream, ParseUpstream(request.upstream));
  sql::ProxyOptions options;
  options.listen_host = listen.host;
  options.listen_port = listen.port;
  options.upstream_host = upstream.host;
  options.upstream_port = upstream.port;
  HONE_TRY(const auto proxy, sql::Proxy::Start(options));
  if (request.control >= 0) {
    HONE_CHECK_OK(SqlControl(*proxy, say).Run(request.control, task));
    return proxy->counters();
  }
  say(proxy->address() + "\n");
  constexpr base::Nanos kPoll = 50'000'000;
  while (task.Check()) task.clock().SleepUntil(task.clock().Now() + kPoll);
  return proxy->counters();
}

}  // namespace hone::ops
