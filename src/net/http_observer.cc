#include "net/http_observer.h"

#include <utility>

namespace hone::net {

void HttpObserver::Announce(const ServedRequest& request) {
  ObservedRequest observed{.method = request.method, .target = request.target, .start_ns = *began_};
  if (const std::string* trace = FindHeader(request, "traceparent")) observed.traceparent = *trace;
  in_flight_.push_back(std::move(observed));
  announced_ = true;
  if (in_flight_.size() == 1) ExpectAnswer();
}

void HttpObserver::ExpectAnswer() { answers_.Begin(in_flight_.front().method == "HEAD"); }

void HttpObserver::FromClient(std::string_view bytes, base::Nanos now) {
  while (!bytes.empty() && state_ == State::kReading) {
    if (!began_) began_ = now;
    const RequestParser::Event event = requests_.Feed(bytes);
    if (event == RequestParser::Event::kFault) return Lose(now);
    if (!announced_ && requests_.underway() != nullptr) Announce(*requests_.underway());
    if (event == RequestParser::Event::kRequest) {
      (void)requests_.Take();
      began_.reset();
      announced_ = false;
    } else if (event == RequestParser::Event::kNeedMore && !requests_.started()) {
      began_.reset();  // empty lines before a request are none of it
    }
  }
}

void HttpObserver::FromServer(std::string_view bytes, base::Nanos now) {
  while (!bytes.empty() && state_ == State::kReading) {
    if (in_flight_.empty()) return Lose(now);  // nobody asked
    ObservedRequest& asked = in_flight_.front();
    if (asked.first_byte_ns == 0) asked.first_byte_ns = now;
    ResponseParser::Event event = answers_.Feed(bytes);
    // An answer without a body ends with its head, though no further byte comes.
    while (event == ResponseParser::Event::kHead || event == ResponseParser::Event::kBody) event = answers_.Feed(bytes);
    asked.status = answers_.status();
    if (event == ResponseParser::Event::kDone) {
      Finish(now, ObservedEnd::kAnswered);
    } else if (event == ResponseParser::Event::kFault) {
      if (answers_.fault() != ResponseFault::kSwitchedProtocol) return Lose(now);
      state_ = State::kTunnel;
    }
  }
}

void HttpObserver::Finish(base::Nanos now, ObservedEnd end) {
  ObservedRequest& request = in_flight_.front();
  request.end_ns = now;
  request.end = end;
  ended_.push_back(std::move(request));
  in_flight_.pop_front();
  if (!in_flight_.empty()) ExpectAnswer();
}

void HttpObserver::Lose(base::Nanos now) {
  state_ = State::kLost;
  if (in_flight_.empty()) in_flight_.push_back({.start_ns = began_.value_or(now)});
}

void HttpObserver::ServerEnded(base::Nanos now) {
  if (state_ != State::kReading || in_flight_.empty() || !answers_.started()) return;
  if (answers_.Finish() == ResponseParser::Event::kDone) Finish(now, ObservedEnd::kAnswered);
}

void HttpObserver::Ended(base::Nanos now) {
  const ObservedEnd end = state_ == State::kLost     ? ObservedEnd::kLost
                          : state_ == State::kTunnel ? ObservedEnd::kSwitched
                                                     : ObservedEnd::kCut;
  while (!in_flight_.empty()) Finish(now, end);
}

std::vector<ObservedRequest> HttpObserver::Take() { return std::exchange(ended_, {}); }

}  // namespace hone::net
