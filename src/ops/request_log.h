// The requests that passed while somebody else drove the service, as a capture and as measurements of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/redaction.h"
#include "net/http_relay.h"
#include "ops/route_names.h"
#include "sql/attribution.h"

namespace hone::ops {

inline constexpr std::string_view kRequestLogKind = "http.requests";

struct RequestLog {
  std::vector<sql::SeenRequest> requests = {};  // by their starts
  std::vector<sql::RequestFate> fates = {};     // of each; empty: there was no database to look at
  std::vector<sql::IdleWindow> profiled = {};   // when a profile was taken: times of then are no evidence
  int64_t lost_connections = 0;                 // on which something passed that was not understood
  int64_t unreachable = 0;                      // connections that the service did not take
  int64_t dropped = 0;                          // requests that are not in it
};

// What the relay saw, redacted: endpoints instead of paths, a token instead of what was asked. The trace-ids stay until
// Encode.
RequestLog ReadLog(const net::RelayLog& seen, const RouteNames& names, const evidence::Redactor& redactor);

// The trace-id in a traceparent header (https://www.w3.org/TR/trace-context/), in lower case; empty: there is none.
std::string TraceIdOf(std::string_view traceparent);

// The endpoints of its requests, in order of their names.
std::vector<std::string> Endpoints(const RequestLog& log);

// The capture's bytes: no header, no body, no value of a path or query, no trace.
std::string Encode(const RequestLog& log);
base::Result<RequestLog> DecodeRequestLog(std::string_view bytes);

// driver.requests@1: an exact count, of all or those with the parameters `endpoint` and `fate`.
// driver.response_time@1: the quantile `quantile` (0.5, 0.99) of the times from a request's first byte to its answer's
// last, of the `endpoint`'s requests that were answered with a status below 400 while no profile was taken.
std::span<const evidence::Method> RequestLogMethods();

}  // namespace hone::ops
