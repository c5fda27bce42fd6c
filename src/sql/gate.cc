#include "sql/gate.h"

#include <algorithm>

namespace hone::sql {

bool Gate::Enter(Session session) {
  if (Holds(session)) return true;
  if (queue_.empty() && HasRoom()) {
    holders_.insert(session);
    return true;
  }
  if (std::ranges::find(queue_, session) == queue_.end()) queue_.push_back(session);
  return false;
}

void Gate::Force(Session session) {
  std::erase(queue_, session);
  holders_.insert(session);
}

void Gate::Leave(Session session) {
  if (holders_.erase(session) == 0) std::erase(queue_, session);
}

std::optional<Gate::Session> Gate::Admit() {
  if (queue_.empty() || !HasRoom()) return std::nullopt;
  const Session first = queue_.front();
  queue_.pop_front();
  holders_.insert(first);
  return first;
}

}  // namespace hone::sql
