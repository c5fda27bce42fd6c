#include "ops/request_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "stats/quantile_interval.h"

namespace hone::ops {
namespace {

using evidence::Computed;
using sql::RequestFate;
using sql::SeenRequest;

constexpr std::string_view kLogHeader = "hone.http.requests/1\n";
constexpr std::string_view kNoFate = "none";
constexpr std::array kFates = {RequestFate::kAlone, RequestFate::kTraced, RequestFate::kOverlapped,
                               RequestFate::kUnsettled, RequestFate::kUnread};

std::string_view TakeUntil(std::string_view& text, char end) {
  const size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

// Throws nothing: `ok` turns false where a field is no number.
template <typename Number>
Number TakeNumber(std::string_view& line, bool& ok) {
  const std::string_view field = TakeUntil(line, ' ');
  Number number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  ok = ok && !field.empty() && error == std::errc() && end == field.data() + field.size();
  return number;
}

std::optional<RequestFate> FateNamed(std::string_view name) {
  const auto found = std::ranges::find(kFates, name, [](RequestFate fate) { return sql::Name(fate); });
  return found == kFates.end() ? std::nullopt : std::optional(*found);
}

// "request TARGET FATE STATUS ANSWERED START FIRST_BYTE END ENDPOINT".
bool TakeRequest(std::string_view line, RequestLog& log) {
  bool ok = true;
  SeenRequest request;
  request.target = TakeUntil(line, ' ');
  const std::string_view fate = TakeUntil(line, ' ');
  request.status = TakeNumber<int>(line, ok);
  request.answered = TakeNumber<int>(line, ok) != 0;
  request.start_ns = TakeNumber<int64_t>(line, ok);
  request.first_byte_ns = TakeNumber<int64_t>(line, ok);
  request.end_ns = TakeNumber<int64_t>(line, ok);
  request.endpoint = line;
  log.requests.push_back(std::move(request));
  if (fate == kNoFate) return ok;
  const std::optional<RequestFate> known = FateNamed(fate);
  if (known) log.fates.push_back(*known);
  return ok && known.has_value();
}

bool TakeLogLine(std::string_view line, RequestLog& log) {
  bool ok = true;
  const std::string_view kind = TakeUntil(line, ' ');
  if (kind == "request") return TakeRequest(line, log);
  if (kind == "profiled") {
    const auto start = TakeNumber<int64_t>(line, ok);
    log.profiled.push_back({start, TakeNumber<int64_t>(line, ok)});
    return ok;
  }
  log.lost_connections = TakeNumber<int64_t>(line, ok);
  log.unreachable = TakeNumber<int64_t>(line, ok);
  log.dropped = TakeNumber<int64_t>(line, ok);
  return ok && kind == "connections";
}

base::Result<RequestLog> LogOf(std::span<const evidence::CaptureBytes> captures) {
  if (captures.size() != 1) return base::Fail(base::Code::kInput, "The method takes one http.requests capture");
  return DecodeRequestLog(captures.front().bytes);
}

const std::string* Find(const evidence::Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? nullptr : &found->second;
}

base::Result<Computed> CountRequests(std::span<const evidence::CaptureBytes> captures,
                                     const evidence::Parameters& parameters, uint64_t) {
  HONE_TRY(const RequestLog log, LogOf(captures));
  const std::string* endpoint = Find(parameters, "endpoint");
  const std::string* fate = Find(parameters, "fate");
  if (fate != nullptr && !FateNamed(*fate)) return base::Fail(base::Code::kInput, "Not a request's fate", *fate);
  int64_t count = 0;
  for (size_t i = 0; i < log.requests.size(); ++i) {
    const bool of_endpoint = endpoint == nullptr || log.requests[i].endpoint == *endpoint;
    const bool of_fate = fate == nullptr || (i < log.fates.size() && log.fates[i] == *FateNamed(*fate));
    count += of_endpoint && of_fate ? 1 : 0;
  }
  return Computed{.value = static_cast<double>(count), .n = std::ssize(log.requests), .n_of = "requests"};
}

bool IsProfiled(const RequestLog& log, const SeenRequest& request) {
  return std::ranges::any_of(log.profiled, [&](const sql::IdleWindow& window) {
    return request.start_ns <= window.end_ns && request.end_ns >= window.start_ns;
  });
}

base::Result<Computed> ResponseTime(std::span<const evidence::CaptureBytes> captures,
                                    const evidence::Parameters& parameters, uint64_t) {
  constexpr int kFirstFailure = 400;
  HONE_TRY(const RequestLog log, LogOf(captures));
  const std::string* endpoint = Find(parameters, "endpoint");
  const std::string* named = Find(parameters, "quantile");
  double quantile = 0;
  const bool number = named != nullptr && std::from_chars(named->data(), named->data() + named->size(), quantile).ptr ==
                                              named->data() + named->size();
  if (endpoint == nullptr || !number || quantile <= 0 || quantile >= 1)
    return base::Fail(base::Code::kInput, "This measurement needs the parameters endpoint and quantile");
  std::vector<double> times;
  for (const SeenRequest& request : log.requests) {
    const bool good = request.answered && request.status < kFirstFailure && !IsProfiled(log, request);
    if (good && request.endpoint == *endpoint) times.push_back(static_cast<double>(request.end_ns - request.start_ns));
  }
  const stats::QuantileEstimate estimate = stats::QuantileOf(times, quantile);
  Computed computed{.value = estimate.value, .n = estimate.n, .n_of = "requests"};
  if (estimate.interval)
    computed.interval = evidence::ForRecord(*estimate.interval);
  else
    computed.validity = evidence::Validity::kTooFew;
  return computed;
}

}  // namespace

std::string TraceIdOf(std::string_view traceparent) {
  // The comment that sqlcommenter writes holds the header's value: one reader for both.
  return sql::TraceOf(fmt::format("/*traceparent='{}'*/", traceparent));
}

RequestLog ReadLog(const net::RelayLog& seen, const RouteNames& names, const evidence::Redactor& redactor) {
  RequestLog log{.lost_connections = seen.lost_connections, .unreachable = seen.unreachable, .dropped = seen.dropped};
  for (const net::ObservedRequest& request : seen.requests) {
    log.requests.push_back({.endpoint = request.method.empty() ? "" : names.Of(request.method, request.target),
                            .target = redactor.Token(request.method + " " + request.target),
                            .trace = TraceIdOf(request.traceparent),
                            .status = request.status,
                            .answered = request.end == net::ObservedEnd::kAnswered,
                            .start_ns = request.start_ns,
                            .first_byte_ns = request.first_byte_ns,
                            .end_ns = request.end_ns});
  }
  return log;
}

std::vector<std::string> Endpoints(const RequestLog& log) {
  std::set<std::string> endpoints;
  for (const SeenRequest& request : log.requests) {
    if (!request.endpoint.empty()) endpoints.insert(request.endpoint);
  }
  return {endpoints.begin(), endpoints.end()};
}

std::string Encode(const RequestLog& log) {
  std::string bytes(kLogHeader);
  bytes += fmt::format("connections {} {} {}\n", log.lost_connections, log.unreachable, log.dropped);
  for (const sql::IdleWindow& window : log.profiled)
    bytes += fmt::format("profiled {} {}\n", window.start_ns, window.end_ns);
  for (size_t i = 0; i < log.requests.size(); ++i) {
    const SeenRequest& r = log.requests[i];
    bytes += fmt::format("request {} {} {} {} {} {} {} {}\n", r.target,
                         i < log.fates.size() ? sql::Name(log.fates[i]) : kNoFate, r.status, r.answered ? 1 : 0,
                         r.start_ns, r.first_byte_ns, r.end_ns, r.endpoint);
  }
  return bytes;
}

base::Result<RequestLog> DecodeRequestLog(std::string_view bytes) {
  const auto broken = [] { return base::Fail(base::Code::kInput, "Not an http.requests capture"); };
  if (!bytes.starts_with(kLogHeader)) return broken();
  bytes.remove_prefix(kLogHeader.size());
  RequestLog log;
  while (!bytes.empty()) {
    if (!TakeLogLine(TakeUntil(bytes, '\n'), log)) return broken();
  }
  if (!log.fates.empty() && log.fates.size() != log.requests.size()) return broken();
  return log;
}

std::span<const evidence::Method> RequestLogMethods() {
  static constexpr std::array<evidence::Method, 2> kMethods = {
      {{"driver.requests@1", "Exact count of the requests that passed a relay before the service", CountRequests},
       {"driver.response_time@1",
        "Order statistics of the times from a request's first byte to its answer's last, at a relay before the service",
        ResponseTime}}};
  return kMethods;
}

}  // namespace hone::ops
