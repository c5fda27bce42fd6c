// Any bytes, whole and in pieces: the same requests must come out, within the limits, and no byte twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "net/http_request.h"

namespace {

using hone::net::RequestParser;

constexpr RequestParser::Limits kLimits = {.head_bytes = 4096, .body_bytes = 65536};

struct Outcome {
  std::vector<hone::net::ServedRequest> requests = {};
  hone::net::RequestFault fault = hone::net::RequestFault::kNone;
  int continues = 0;
  bool started = false;
  bool operator==(const Outcome&) const = default;
};

Outcome Parse(std::string_view bytes, size_t piece) {
  RequestParser parser(kLimits);
  Outcome outcome;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto event = parser.Feed(part);
      if (event == RequestParser::Event::kContinue) ++outcome.continues;
      if (event == RequestParser::Event::kRequest) outcome.requests.push_back(parser.Take());
      if (event == RequestParser::Event::kFault) {
        outcome.fault = parser.fault();
        return outcome;
      }
      if (event == RequestParser::Event::kNeedMore && !part.empty()) std::abort();
    }
  }
  outcome.started = parser.started();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = Parse(bytes, size);
  for (const auto& request : whole.requests) {
    const bool sound = request.target.starts_with('/') || request.target == "*";
    if (!sound || request.body.size() > kLimits.body_bytes) std::abort();
  }
  for (const size_t piece : {size_t{1}, size_t{1} + data[0] % 61}) {
    if (Parse(bytes, piece) != whole) std::abort();
  }
  return 0;
}
