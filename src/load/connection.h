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

// The five times of a request, and when it could have been taken up.
struct Stamps {
  base::Nanos intended = 0;
  base::Nanos ready = 0;     // the later of `intended` and when a connection was free for it
  base::Nanos dequeued = 0;  // a connection took it up; 0: none did
  base::Nanos written =
      0;  // just before the first byte was written (after connecting, where that was needed); 0: none was
  base::Nanos first_byte = 0;  // 0: none came
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

  // Takes up a request (its bytes live until it ended), connecting first where needed. Requires !busy(). Never sends
  // one twice.
  std::optional<Ending> Start(std::string_view request, bool to_head, base::Nanos intended, base::Nanos ready,
                              base::Nanos now);
  // Goes on after a Ready; `buffer` is scratch. Also notices that an idle connection was closed.
  std::optional<Ending> OnReady(const Transport::Ready& ready, base::Nanos now, std::span<char> buffer);
  // Gives the request up (timeout, end of the run) and closes.
  Ending Abandon(Outcome outcome, base::Nanos now);

  bool busy() const { return state_ == State::kConnecting || state_ == State::kWriting || state_ == State::kReading; }
  bool open() const { return state_ != State::kClosed; }
  const Stamps& stamps() const { return stamps_; }
  // How often it was opened.
  int64_t opened() const { return opened_; }

 private:
  enum class State { kClosed, kConnecting, kIdle, kWriting, kReading };

  std::optional<Ending> Connect(base::Nanos now);
  std::optional<Ending> Write(base::Nanos now);
  std::optional<Ending> Read(base::Nanos now, std::span<char> buffer, bool closed);
  std::optional<Ending> Parse(std::string_view bytes, base::Nanos now);
  void CheckIdle(std::span<char> buffer, bool closed);
  std::optional<Ending> Broken(int error, base::Nanos now);
  Ending Finish(Outcome outcome, bool reusable, base::Nanos now);
  void CloseNow();

  Transport* transport_;
  uint32_t slot_;
  State state_ = State::kClosed;
  net::ResponseParser parser_;
  std::string_view request_ = {};
  size_t sent_ = 0;
  bool to_head_ = false;
  Stamps stamps_ = {};
  int64_t opened_ = 0;
};

}  // namespace hone::load
