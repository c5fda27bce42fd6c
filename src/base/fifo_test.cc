#include "base/fifo.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

namespace hone::base {
namespace {

TEST(Fifo, KeepsTheOrderOfADeque) {
  Fifo<int> fifo;
  std::deque<int> peer;
  // A queue that grows, then shrinks, then is never empty for long: it moves its items to the front now and then.
  for (int i = 0; i < 20'000; ++i) {
    const int pushed = i < 5'000 ? 2 : 1;
    for (int k = 0; k < pushed; ++k) {
      fifo.emplace_back() = i * 2 + k;
      peer.push_back(i * 2 + k);
    }
    for (int k = 0; k < (i % 7 == 0 ? 3 : 1) && !peer.empty(); ++k) {
      ASSERT_EQ(fifo.front(), peer.front());
      fifo.pop_front();
      peer.pop_front();
    }
    ASSERT_EQ(fifo.size(), peer.size());
    if (!peer.empty()) {
      ASSERT_EQ(fifo.back(), peer.back());
      ASSERT_EQ(fifo[peer.size() / 2], peer[peer.size() / 2]);
    }
  }
  EXPECT_TRUE(std::equal(fifo.begin(), fifo.end(), peer.begin(), peer.end()));
}

TEST(Fifo, HoldsNothingThatHasLeft) {
  Fifo<std::shared_ptr<int>> fifo;
  const auto item = std::make_shared<int>(1);
  for (int i = 0; i < 3; ++i) fifo.emplace_back() = item;
  fifo.pop_front();
  EXPECT_EQ(item.use_count(), 3);
  fifo.clear();
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_TRUE(fifo.empty());
}

}  // namespace
}  // namespace hone::base
