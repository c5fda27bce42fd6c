#include "sql/delay.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace hone::sql {

void ReplyDelay::Set(base::Nanos delay, Matches matches) {
  const std::lock_guard lock(mutex_);
  matches_ = std::move(matches);
  totals_ = {};
  by_text_.store(matches_ != nullptr);
  delay_.store(delay);
}

bool ReplyDelay::Wants(std::string_view text) {
  if (delay() == 0 || !by_text_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  return matches_ && matches_(text);
}

void ReplyDelay::Waited(base::Nanos waited) {
  const std::lock_guard lock(mutex_);
  ++totals_.replies;
  totals_.waited += waited;
}

ReplyDelay::Totals ReplyDelay::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

bool DelayLine::Open() {
  timer_.Reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  return static_cast<bool>(timer_);
}

// For the first of those that wait; without one the timer is off.
void DelayLine::Arm() const {
  itimerspec when{};
  if (!waiting_.empty()) {
    when.it_value.tv_sec = waiting_.front().until / base::kSecond;
    when.it_value.tv_nsec = waiting_.front().until % base::kSecond;
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void DelayLine::Add(Relay* relay, base::Nanos until) {
  const auto at = std::ranges::upper_bound(waiting_, until, {}, &Entry::until);
  const bool is_first = at == waiting_.begin();
  waiting_.insert(at, {until, relay});
  if (is_first) Arm();
}

void DelayLine::Remove(const Relay* relay) {
  if (std::erase_if(waiting_, [&](const Entry& entry) { return entry.relay == relay; }) > 0) Arm();
}

std::vector<Relay*> DelayLine::TakeDue(base::Nanos now) {
  uint64_t ignored = 0;
  (void)!::read(timer_.get(), &ignored, sizeof ignored);
  const auto end = std::ranges::upper_bound(waiting_, now, {}, &Entry::until);
  std::vector<Relay*> due;
  for (auto it = waiting_.begin(); it != end; ++it) due.push_back(it->relay);
  waiting_.erase(waiting_.begin(), end);
  Arm();
  return due;
}

}  // namespace hone::sql
