// One non-blocking HTTP/1.1 connection of the load engine: one request at a time, and how it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "load/plan.h"
#include "load/transport.h"
#include "net/http_response.h"

namespace hone::load {

// The five times of a request, and when it could have been sent.
struct Stamps {
  base::Nanos intended = 0;
  base::Nanos dequeued = 0;    // a connection took it up
  base::Nanos ready = 0;       // the later of `intended` and when that connection was free and open
  base::Nanos written = 0;     // just before the first byte was written; 0 if none was
  base::Nanos first_byte = 0;  // 0 if none came
  base::Nanos done = 0;
};

// What ended a request.
struct Ending {
  Outcome outcome = Outcome::kOk;  // kOk also for an unexpected status: the caller knows what it expected
  int status = 0;                  // of a complete response
};

class Connection {
 public:
  Connection(Transport& transport, uint32_t slot) : transport_(&transport), slot_(slot) {}

  // Takes up a request (bytes live until it ended), connecting first where needed. Requires !busy().
  std::optional<Ending> Start(std::string_view request, bool to_head, base::Nanos intended, base::Nanos now);
  // Goes on after a Ready; `buffer` is scratch. Also notices that an idle connection was closed.
  std::optional<Ending> OnReady(const Transport::Ready& ready, base::Nanos now, std::span<char> buffer);
  // Gives the request up (timeout, end of the run) and closes.
  Ending Abandon(Outcome outcome, base::Nanos now);

  bool busy() const { return state_ == State::kConnecting || state_ == State::kWriting || state_ == State::kReading; }
  bool open() const { return state_ != State::kClosed; }
  const Stamps& stamps() const { return stamps_; }
  // Connections opened so far, and requests sent again because a kept-alive connection turned out closed before any byte came.
  int64_t opened() const { return opened_; }

 private:
  enum class State { kClosed, kConnecting, kIdle, kWriting, kReading };

  std::optional<Ending> Connect(base::Nanos now);
  std::optional<Ending> Write(base::Nanos now);
  std::optional<Ending> Read(base::Nanos now, std::span<char> buffer);
  std::optional<Ending> Parse(std::string_view bytes, base::Nanos now);
  std::optional<Ending> Broken(int error, base::Nanos now);
  Ending Finish(Outcome outcome, base::Nanos now);
  void CloseNow();

  Transport* transport_;
  uint32_t slot_;
  State state_ = State::kClosed;
  net::ResponseParser parser_;
  std::string_view request_ = {};
  size_t sent_ = 0;
  bool to_head_ = false;
  bool reused_ = false;
  base::Nanos free_since_ = 0;
  Stamps stamps_ = {};
  int64_t opened_ = 0;
};

}  // namespace hone::load
