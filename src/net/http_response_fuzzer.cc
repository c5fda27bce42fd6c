// Any bytes, whole and in pieces: the same response must come out, and no byte twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http_response.h"

namespace {

using hone::net::ResponseParser;

struct Outcome {
  std::string body = {};
  int status = 0;
  int interim = 0;
  bool keep_alive = false;
  hone::net::ResponseFault fault = hone::net::ResponseFault::kNone;
  bool operator==(const Outcome&) const = default;
};

Outcome Parse(std::string_view bytes, size_t piece, bool to_head) {
  ResponseParser parser({.head_bytes = 4096, .body_bytes = 65536});
  parser.Begin(to_head);
  Outcome outcome;
  auto event = ResponseParser::Event::kNeedMore;
  while (event != ResponseParser::Event::kDone && event != ResponseParser::Event::kFault) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    event = part.empty() ? parser.Finish() : parser.Feed(part);
    while (event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody) {
      if (event == ResponseParser::Event::kBody) outcome.body += parser.body_part();
      event = parser.Feed(part);
    }
  }
  if (parser.fault() != hone::net::ResponseFault::kNone) return {.fault = parser.fault()};
  if (outcome.body.size() != parser.body_bytes()) std::abort();
  outcome.status = parser.status();
  outcome.interim = parser.interim();
  outcome.keep_alive = parser.keep_alive();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool to_head = (data[0] & 1) != 0;
  const Outcome whole = Parse(bytes, bytes.size() + 1, to_head);
  for (const size_t piece : {size_t{1}, size_t{1} + data[0] % 61}) {
    if (Parse(bytes, piece, to_head) != whole) std::abort();
  }
  return 0;
}
