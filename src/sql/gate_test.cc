#include "sql/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hone::sql {
namespace {

TEST(Gate, WithoutALimitEverybodyEnters) {
  Gate gate;
  for (uint32_t i = 1; i <= 100; ++i) EXPECT_TRUE(gate.Enter(i));
  EXPECT_EQ(gate.holding(), 0U) << "nobody is noted";
  EXPECT_EQ(gate.waiting(), 0U);
}

TEST(Gate, WhoBeganWithoutALimitIsNotedOnceThereIsOne) {
  Gate gate;
  EXPECT_TRUE(gate.Enter(1));
  gate.SetLimit(1);
  gate.Force(1);
  EXPECT_EQ(gate.holding(), 1U);
  EXPECT_FALSE(gate.Enter(2));
  gate.SetLimit(std::nullopt);
  EXPECT_EQ(gate.Admit(), 2U);
  EXPECT_EQ(gate.holding(), 0U);
  gate.SetLimit(1);
  EXPECT_TRUE(gate.Enter(3)) << "who is not noted takes no room";
}

TEST(Gate, AdmitsInTheOrderOfArrival) {
  Gate gate;
  gate.SetLimit(1);
  EXPECT_TRUE(gate.Enter(1));
  EXPECT_FALSE(gate.Enter(2));
  EXPECT_FALSE(gate.Enter(3));
  EXPECT_FALSE(gate.Enter(2)) << "asking again does not change the place in the queue";
  EXPECT_EQ(gate.waiting(), 2U);
  EXPECT_EQ(gate.Admit(), std::nullopt);
  gate.Leave(1);
  EXPECT_FALSE(gate.Enter(4)) << "there is room, but others came first";
  EXPECT_EQ(gate.Admit(), 2U);
  EXPECT_EQ(gate.Admit(), std::nullopt);
  gate.Leave(3);  // gives up waiting
  gate.Leave(2);
  EXPECT_EQ(gate.Admit(), 4U);
}

TEST(Gate, ALowerLimitTakesNothingAway) {
  Gate gate;
  gate.SetLimit(4);
  for (uint32_t i = 1; i <= 4; ++i) EXPECT_TRUE(gate.Enter(i));
  gate.SetLimit(2);
  EXPECT_TRUE(gate.Enter(3));
  EXPECT_FALSE(gate.Enter(5));
  gate.Leave(1);
  gate.Leave(2);
  EXPECT_EQ(gate.Admit(), std::nullopt);
  gate.Leave(3);
  EXPECT_EQ(gate.Admit(), 5U);
}

TEST(Gate, RaisingTheLimitAdmitsAndZeroCloses) {
  Gate gate;
  gate.SetLimit(0);
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_FALSE(gate.Enter(i));
  EXPECT_EQ(gate.Admit(), std::nullopt);
  gate.SetLimit(2);
  EXPECT_EQ(gate.Admit(), 1U);
  EXPECT_EQ(gate.Admit(), 2U);
  EXPECT_EQ(gate.Admit(), std::nullopt);
  gate.SetLimit(std::nullopt);
  EXPECT_EQ(gate.Admit(), 3U);
}

TEST(Gate, WhoHasBegunHoldsWhateverTheLimit) {
  Gate gate;
  gate.SetLimit(1);
  EXPECT_TRUE(gate.Enter(1));
  EXPECT_FALSE(gate.Enter(2));
  gate.Force(2);
  EXPECT_EQ(gate.holding(), 2U);
  EXPECT_EQ(gate.waiting(), 0U);
}

// Random sessions, checked against a plain list.
TEST(Gate, NeverLetsMoreInThanTheLimitAndForgetsNobody) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    Gate gate;
    const size_t limit = 1 + random() % 4;
    gate.SetLimit(limit);
    std::vector<uint32_t> holders;
    std::vector<uint32_t> queue;
    for (int step = 0; step < 500; ++step) {
      const auto session = static_cast<uint32_t>(random() % 12);
      const bool waits = std::ranges::find(queue, session) != queue.end();
      if (std::ranges::find(holders, session) != holders.end()) {
        gate.Leave(session);
        std::erase(holders, session);
        while (holders.size() < limit && !queue.empty()) {
          ASSERT_EQ(gate.Admit(), queue.front());
          holders.push_back(queue.front());
          queue.erase(queue.begin());
        }
        ASSERT_EQ(gate.Admit(), std::nullopt);
      } else if (gate.Enter(session)) {
        ASSERT_FALSE(waits);
        holders.push_back(session);
      } else if (!waits) {
        queue.push_back(session);
      }
      ASSERT_LE(gate.holding(), limit);
      ASSERT_EQ(gate.holding(), holders.size());
      ASSERT_EQ(gate.waiting(), queue.size());
    }
  }
}

}  // namespace
}  // namespace hone::sql
