// What requests pass over one HTTP/1.x connection, read beside from the bytes of both directions: when each began and
// ended, what it asked, how it was answered. No I/O.
//
// Any split of the bytes gives the same requests. Where it cannot tell any more what is a request it says so and reads
// no further; it never guesses. Bodies are framed and dropped. Not thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http_request.h"
#include "net/http_response.h"

namespace hone::net {

enum class ObservedEnd {
  kAnswered,  // the whole answer passed
  kCut,       // the connection ended before
  kSwitched,  // 101: the connection went on in another protocol, until its end
  kLost,      // what passed was not understood: from then to the connection's end there may have been any requests
};

// Raw: for memory only.
struct ObservedRequest {
  std::string method = {};  // empty where nothing of it was understood
  std::string target = {};  // path and query
  std::string traceparent = {};
  int status = 0;  // 0: no answer began
  base::Nanos start_ns = 0;
  base::Nanos first_byte_ns = 0;  // of the answer; 0: none
  base::Nanos end_ns = 0;         // the answer's last byte; where the end is another one, the connection's end
  ObservedEnd end = ObservedEnd::kAnswered;
  bool operator==(const ObservedRequest&) const = default;
};

class HttpObserver {
 public:
  // Bytes as they passed, `now` being when they were read.
  void FromClient(std::string_view bytes, base::Nanos now);
  void FromServer(std::string_view bytes, base::Nanos now);
  // The server sends no more: that is the end of some answers.
  void ServerEnded(base::Nanos now);
  // The connection is over.
  void Ended(base::Nanos now);

  // The requests that have ended since the last Take.
  std::vector<ObservedRequest> Take();
  size_t in_flight() const { return in_flight_.size(); }
  bool lost() const { return state_ == State::kLost; }

 private:
  enum class State { kReading, kTunnel, kLost };

  void Announce(const ServedRequest& request);
  void Finish(base::Nanos now, ObservedEnd end);
  void Lose(base::Nanos now);
  void ExpectAnswer();

  State state_ = State::kReading;
  RequestParser requests_ = RequestParser({.head_bytes = size_t{1} << 20,  // net/http's own limit
                                           .body_bytes = uint64_t{1} << 60,
                                           .keep_body = false});
  ResponseParser answers_ = ResponseParser({.head_bytes = size_t{1} << 20, .body_bytes = uint64_t{1} << 60});
  std::optional<base::Nanos> began_ = {};  // the first byte of the request that comes in
  bool announced_ = false;                 // its head is known: it is in flight
  std::deque<ObservedRequest> in_flight_ = {};
  std::vector<ObservedRequest> ended_ = {};
};

}  // namespace hone::net
