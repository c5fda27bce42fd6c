// Who may use the database: at most so many sessions at a time, the others in the order in which they came.
//
// A state machine without I/O; the proxy feeds it. Belongs to one thread at a time, but for limited().
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace hone::sql {

class Gate {
 public:
  using Session = uint32_t;

  // At most `most` holders from now on (0: nobody new); empty: no limit, and nobody is noted as a holder any more.
  // Those who hold keep what they have, also above the limit; who has begun while there was none is to be noted by
  // Force.
  void SetLimit(std::optional<size_t> most) {
    most_ = most;
    if (!most) holders_.clear();
    limited_.store(most.has_value());
  }
  // Whether there is a limit. Thread-safe.
  bool limited() const { return limited_.load(std::memory_order_relaxed); }

  // `session` wants to begin: true if it holds a place now (or did before), false if it waits from now on (or did
  // before). Nobody overtakes who waits.
  bool Enter(Session session);
  // Gives `session` a place whatever the limit is: it has begun already.
  void Force(Session session);
  // Gives back the place that `session` holds or waits for, if any.
  void Leave(Session session);
  // Whoever has waited longest, where there is room: it holds a place now. To be called until it answers nobody.
  std::optional<Session> Admit();

  bool Holds(Session session) const { return std::ranges::find(holders_, session) != holders_.end(); }
  size_t holding() const { return holders_.size(); }
  size_t waiting() const { return queue_.size(); }

 private:
  bool HasRoom() const { return !most_ || holders_.size() < *most_; }

  std::optional<size_t> most_ = {};
  std::atomic<bool> limited_ = false;
  std::vector<Session> holders_ = {};  // few, and looked for at every message: quicker than a set
  std::deque<Session> queue_ = {};
};

}  // namespace hone::sql
