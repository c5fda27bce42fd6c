// Whose statements are whose where somebody else sends the requests and a relay sees them pass: only where that is
// certain. Pure.
//
// A request that was alone from its beginning to its answer's end, before a database at rest, owns what began
// meanwhile, less the service's background. Where statements name a trace (the comment that sqlcommenter writes) that
// one request began with, they are that request's, whatever else is under way. Everything else is nobody's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "evidence/redaction.h"
#include "sql/exchange.h"
#include "sql/recording.h"

namespace hone::sql {

// One request as it passed.
struct SeenRequest {
  std::string endpoint = {};  // "GET /orders/{id}"
  std::string target = {};    // a token of what was asked: equal for equal paths and queries
  std::string trace = {};     // the trace-id that it came with, in lower case: 32 hex digits; for memory only
  int status = 0;
  bool answered = false;  // its whole answer passed; else its end is that of its connection
  base::Nanos start_ns = 0;
  base::Nanos first_byte_ns = 0;
  base::Nanos end_ns = 0;
  bool operator==(const SeenRequest&) const = default;
};

// How a request's statements are known, or why not.
enum class RequestFate {
  kAlone,       // they are known: it was alone
  kTraced,      // they are known: they name its trace
  kOverlapped,  // other requests were under way
  kUnsettled,   // the database was still at work for something else when it began, or may have been
  kUnread,      // its answer did not pass as a whole, or what passed was not understood
};
std::string_view Name(RequestFate fate);

struct Attribution {
  std::vector<RequestFate> fates = {};  // of each request
  std::vector<int32_t> owners = {};   // of each round trip of the recording: an index into the requests, or kNoRequest
  std::vector<IdleWindow> idle = {};  // when no request was under way, before and between them
};

// After this long without a statement a request's work on the database is over: what a quiet phase waits for as well.
inline constexpr base::Nanos kSettledNs = 3'000'000;

// `seen` in the order of their starts; `idle` is the time before, when nobody asked anything. Where anything but the
// background of that time was ever seen to go on behind an answer, a request counts as alone only kSettledNs behind
// whatever came before.
Attribution AttributeRequests(const Recording& recording, const std::vector<SeenRequest>& seen,
                              const std::vector<IdleWindow>& idle);

// The trace-id that a statement's comment names as sqlcommenter writes it (traceparent='00-TRACE-SPAN-FLAGS'), in lower
// case; empty: none.
std::string TraceOf(std::string_view text);

// One endpoint's requests whose statements are known and that were answered with a status below 400, as an exchange. A
// request counts as cold where nothing asked for the same before it. The size of a request is the most rows that one
// with the same target had: it is the same for all that ask the same. Where most are alone, those; else the traced.
Exchange BuildEndpoint(const Recording& recording, const std::vector<SeenRequest>& seen, const Attribution& attribution,
                       const std::string& endpoint, const evidence::Redactor& redactor);

}  // namespace hone::sql
