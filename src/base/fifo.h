// A queue in one piece of memory that it keeps, for what comes and goes all the time: std::deque asks the allocator
// anew for every few elements.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <vector>

namespace hone::base {

// T{} can be made, and never fails: it replaces what has left the queue, so that that holds on to nothing.
template <typename T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  size_t size() const { return items_.size() - head_; }
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return items_.back(); }
  // Counted from the front.
  T& operator[](size_t index) { return items_[head_ + index]; }
  auto begin() { return items_.begin() + static_cast<std::ptrdiff_t>(head_); }
  auto end() { return items_.end(); }

  // A new one behind all others.
  T& emplace_back() { return items_.emplace_back(); }

  void pop_front() {
    if (size() == 1) {
      clear();
      return;
    }
    T* const gone = &items_[head_++];
    std::destroy_at(gone);
    std::construct_at(gone);
    if (head_ >= kCompactFrom && head_ >= size()) {
      // At most as many are moved as have left since the last time.
      items_.erase(items_.begin(), begin());
      head_ = 0;
    }
  }

  void clear() {
    items_.clear();
    head_ = 0;
    if (items_.capacity() > kKept) items_.shrink_to_fit();
  }

 private:
  static constexpr size_t kCompactFrom = 64;
  static constexpr size_t kKept = 1024;

  std::vector<T> items_;
  size_t head_ = 0;  // what is before it has left
};

}  // namespace hone::base
