#include "load/connection.h"

#include <cerrno>

namespace hone::load {

using Event = net::ResponseParser::Event;

std::optional<Ending> Connection::Start(std::string_view request, bool to_head, base::Nanos intended, base::Nanos ready,
                                        base::Nanos now) {
  request_ = request;
  sent_ = 0;
  parser_.Begin(to_head);
  stamps_ = {.intended = intended, .ready = ready, .dequeued = now};
  if (state_ == State::kClosed) return Connect(now);
  state_ = State::kWriting;
  return Write(now);
}

std::optional<Ending> Connection::Connect(base::Nanos now) {
  state_ = State::kConnecting;
  const int error = transport_->Connect(slot_);
  if (error != 0) return Broken(error, now);
  return std::nullopt;
}

std::optional<Ending> Connection::OnReady(const Transport::Ready& ready, base::Nanos now, std::span<char> buffer) {
  if (state_ == State::kClosed) return std::nullopt;
  if (state_ == State::kIdle) {
    CheckIdle(buffer, ready.closed);
    return std::nullopt;
  }
  if (state_ == State::kConnecting) {
    const int error = transport_->ConnectError(slot_);
    if (error != 0) return Broken(error, now);
    if (!ready.writable) return std::nullopt;
    ++opened_;
    state_ = State::kWriting;
  }
  if (state_ == State::kWriting && ready.writable) {
    if (auto ending = Write(now)) return ending;
  }
  return ready.readable ? Read(now, buffer, ready.closed) : std::nullopt;
}

std::optional<Ending> Connection::Write(base::Nanos now) {
  if (stamps_.written == 0) stamps_.written = now;
  while (sent_ < request_.size()) {
    const int64_t sent = transport_->Write(slot_, request_.substr(sent_));
    if (sent == -EAGAIN) return std::nullopt;
    if (sent == -EINTR) continue;
    // A peer that closed may have answered before: reading tells, and finds the end of the stream otherwise.
    if (sent == -EPIPE || sent == -ECONNRESET) break;
    if (sent < 0) return Broken(static_cast<int>(sent), now);
    sent_ += static_cast<size_t>(sent);
  }
  state_ = State::kReading;
  return std::nullopt;
}

// Readiness comes on edges: a read that fills the buffer, or a stream whose end was told, is read on.
std::optional<Ending> Connection::Read(base::Nanos now, std::span<char> buffer, bool closed) {
  for (;;) {
    const int64_t got = transport_->Read(slot_, buffer);
    if (got == -EINTR) continue;
    if (got == -EAGAIN) return std::nullopt;
    if (got < 0) return Broken(static_cast<int>(got), now);
    if (got == 0) {
      const bool complete = parser_.Finish() == Event::kDone;
      return Finish(complete ? Outcome::kOk : Outcome::kReset, false, now);
    }
    const auto ending = Parse({buffer.data(), static_cast<size_t>(got)}, now);
    if (ending && closed) CloseNow();
    if (ending) return ending;
    if (!closed && static_cast<size_t>(got) < buffer.size()) return std::nullopt;
  }
}

std::optional<Ending> Connection::Parse(std::string_view bytes, base::Nanos now) {
  if (stamps_.first_byte == 0) stamps_.first_byte = now;
  for (;;) {
    switch (parser_.Feed(bytes)) {
      case Event::kHead:
      case Event::kBody:
        continue;
      case Event::kNeedMore:
        return std::nullopt;
      case Event::kFault:
        return Finish(Outcome::kProtocol, false, now);
      case Event::kDone: {
        // An answer to half a request, or bytes that answer none, leave a connection that cannot be trusted with
        // another.
        const bool clean = sent_ == request_.size() && bytes.empty();
        return Finish(Outcome::kOk, clean && parser_.keep_alive(), now);
      }
    }
  }
}

// An edge for an idle connection is the tail of the last response's, the peer's close, or something that nobody asked
// for.
void Connection::CheckIdle(std::span<char> buffer, bool closed) {
  if (closed || transport_->Read(slot_, buffer) != -EAGAIN) CloseNow();
}

std::optional<Ending> Connection::Broken(int error, base::Nanos now) {
  if (error == -ETIMEDOUT) return Finish(Outcome::kTimeout, false, now);
  return Finish(state_ == State::kConnecting ? Outcome::kRefused : Outcome::kReset, false, now);
}

Ending Connection::Abandon(Outcome outcome, base::Nanos now) { return Finish(outcome, false, now); }

Ending Connection::Finish(Outcome outcome, bool reusable, base::Nanos now) {
  stamps_.done = now;
  state_ = State::kIdle;
  if (!reusable) CloseNow();
  return {outcome, outcome == Outcome::kOk ? parser_.status() : 0};
}

void Connection::CloseNow() {
  transport_->Close(slot_);
  state_ = State::kClosed;
}

}  // namespace hone::load
