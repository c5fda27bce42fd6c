#include "ops/answer_elements.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

TEST(LongestList, IsFoundInTheDocument) {
  EXPECT_EQ(LongestList("[1, 2, 3]"), 3);
  EXPECT_EQ(LongestList(R"({"items": [{"lines": [1, 2, 3, 4]}, {}], "total": 7})"), 4);
  EXPECT_EQ(LongestList(R"({"a": 1})"), 0);
  EXPECT_EQ(LongestList("true"), 0);
  EXPECT_EQ(LongestList(""), -1);
  EXPECT_EQ(LongestList("<html>"), -1);
}

}  // namespace
}  // namespace hone::ops
