// A queue in one piece of memory that it keeps, for what comes and goes all the time: std::deque asks the allocator
// anew for every few elements.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace hone::base {

// T is default-constructible: what has left the queue is replaced by T{}, so that it holds on to nothing.
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

  void push_back(T item) { items_.push_back(std::move(item)); }

  void pop_front() {
    if (size() == 1) {
      clear();
      return;
    }
    items_[head_++] = T{};
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
