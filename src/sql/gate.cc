#include "sql/gate.h"

namespace hone::sql {

bool Gate::Enter(Session session) {
  if (!most_ || Holds(session)) return true;
  if (queue_.empty() && HasRoom()) {
    holders_.push_back(session);
    return true;
  }
  if (std::ranges::find(queue_, session) == queue_.end()) queue_.push_back(session);
  return false;
}

void Gate::Force(Session session) {
  if (!most_ || Holds(session)) return;
  std::erase(queue_, session);
  holders_.push_back(session);
}

void Gate::Leave(Session session) {
  const auto held = std::ranges::find(holders_, session);
  if (held == holders_.end()) {
    std::erase(queue_, session);
    return;
  }
  *held = holders_.back();
  holders_.pop_back();
}

std::optional<Gate::Session> Gate::Admit() {
  if (queue_.empty() || !HasRoom()) return std::nullopt;
  const Session first = queue_.front();
  queue_.pop_front();
  if (most_) holders_.push_back(first);
  return first;
}

}  // namespace hone::sql
