#include "sql/hold.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hone::sql {

void ReplyHold::Arm(Matches matches, base::Nanos at_most) {
  const std::lock_guard lock(mutex_);
  matches_ = std::move(matches);
  at_most_ = at_most;
  state_ = State::kArmed;
  armed_.store(true);
}

bool ReplyHold::Release() {
  const std::lock_guard lock(mutex_);
  const bool held = state_ == State::kHeld;
  armed_.store(false);
  until_ = 0;
  if (state_ == State::kArmed) state_ = State::kIdle;
  changed_.notify_all();
  return held;
}

bool ReplyHold::WaitTaken(base::Nanos deadline) {
  constexpr base::Nanos kStep = 100'000'000;
  std::unique_lock lock(mutex_);
  while (state_ == State::kArmed) {
    const base::Nanos left = deadline - base::SystemClock().Now();
    if (left <= 0) return false;
    // By the wall clock, because the thread sanitizer knows no wait by the monotonic one.
    changed_.wait_until(lock, std::chrono::system_clock::now() + std::chrono::nanoseconds(std::min(left, kStep)));
  }
  return state_ != State::kIdle;
}

bool ReplyHold::Take(uint32_t session, std::string_view text, base::Nanos now) {
  if (!armed_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  if (state_ != State::kArmed || !matches_(text)) return false;
  armed_.store(false);
  state_ = State::kHeld;
  until_ = now + at_most_;
  session_ = session;
  changed_.notify_all();
  return true;
}

std::optional<base::Nanos> ReplyHold::Until(uint32_t session) const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kHeld || session_ != session) return std::nullopt;
  return until_;
}

void ReplyHold::Passed(uint32_t session) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kHeld || session_ != session) return;
  state_ = State::kPassed;
  changed_.notify_all();
}

}  // namespace hone::sql
