#include "ops/sql_proxy.h"

#include <charconv>

#include "base/files.h"
#include "ops/sql_control.h"
#include "ops/upstream.h"
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

base::Result<void> SetUpstream(const std::string& text, sql::ProxyOptions& options) {
  if (text.find("://") == std::string::npos && text.find('=') == std::string::npos) {
    HONE_TRY(const HostPort place, ParseHostPort(text));
    options.upstream_host = place.host;
    options.upstream_port = place.port;
    return {};
  }
  HONE_TRY(const pg::Dsn dsn, pg::ParseDsn(text));
  options.upstream_host = dsn.host;
  options.upstream_port = dsn.port;
  auto tls = ChooseUpstreamTls(dsn);
  // Without sslmode nobody asked for anything: a server that is not there yet may come.
  const bool may_come = !tls && tls.error().code == base::Code::kNetwork && !dsn.parameters.contains("sslmode");
  if (may_come) return {};
  HONE_TRY(options.upstream_tls, std::move(tls));
  return {};
}

base::Result<void> SetTls(const SqlProxyRequest& request, sql::ProxyOptions& options) {
  if (!request.tls && request.ca.empty()) return {};
  HONE_TRY(const net::RunCertificate made, net::MakeRunCertificate({options.listen_host, options.upstream_host}));
  HONE_TRY(options.tls, net::TlsContext::ForServer(made));
  return request.ca.empty() ? base::Result<void>() : base::WriteFile(request.ca, made.authority_pem);
}

constexpr base::Nanos kPoll = 50'000'000;

// Until the task is cancelled.
void Watch(sql::Proxy& proxy, const std::function<void(const sql::LiveView&, bool)>& live, const base::Task& task) {
  constexpr base::Nanos kEvery = 1'000'000'000;
  sql::LiveTable table;
  proxy.StartRecording();
  bool goes_on = true;
  for (base::Nanos next = task.clock().Now(); goes_on; next += kEvery) {
    const base::Nanos now = task.clock().Now();
    table.Add(proxy.Drain(), now);
    live(table.View(now), false);
    while (goes_on && task.clock().Now() < next + kEvery) {
      task.clock().SleepUntil(task.clock().Now() + kPoll);
      goes_on = task.Check().has_value();
    }
  }
  const base::Nanos end = task.clock().Now();
  table.Add(proxy.StopRecording(), end);
  live(table.View(end), true);
}

}  // namespace

base::Result<sql::ProxyCounters> SqlProxy(const SqlProxyRequest& request,
                                          const std::function<void(const std::string&)>& say, base::Task& task) {
  HONE_TRY(const HostPort listen, ParseHostPort(request.listen));
  sql::ProxyOptions options;
  HONE_CHECK_OK(SetUpstream(request.upstream, options));
  options.listen_host = listen.host;
  options.listen_port = listen.port;
  options.threads = static_cast<size_t>(request.threads);
  HONE_CHECK_OK(SetTls(request, options));
  HONE_TRY(const auto proxy, sql::Proxy::Start(options));
  if (request.control >= 0) {
    HONE_CHECK_OK(SqlControl(*proxy, say).Run(request.control, task));
    return proxy->counters();
  }
  say(proxy->address() + "\n");
  if (request.live) {
    Watch(*proxy, request.live, task);
    return proxy->counters();
  }
  while (task.Check()) task.clock().SleepUntil(task.clock().Now() + kPoll);
  return proxy->counters();
}

}  // namespace hone::ops
