#include "ops/answer_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(ReadElements, CountsTheLongestList) {
  EXPECT_EQ(ReadElements("[1, 2, 3]").count, 3);
  EXPECT_EQ(ReadElements(R"({"items": [{"lines": [1, 2, 3, 4]}, {}], "total": 7})").count, 4);
  EXPECT_EQ(ReadElements(R"({"a": 1})").count, 0);
  EXPECT_EQ(ReadElements("true").count, 0);
  EXPECT_EQ(ReadElements("").count, -1);
  EXPECT_EQ(ReadElements("<html>").count, -1);
}

TEST(ReadElements, FindsWhatTellsElementsApart) {
  const auto values =
      ReadElements(
          R"({"items": [{"id": 7, "kind": "a", "name": "x"}, {"id": 9, "kind": "a", "name": "y"}], "total": 2})")
          .values;
  ASSERT_TRUE(values);
  EXPECT_THAT(values->keys, UnorderedElementsAre(ElementsAre("7", "9"), ElementsAre("x", "y")));
  EXPECT_THAT(values->all, UnorderedElementsAre("7", "9", "a", "x", "y", "2"));
}

TEST(ReadElements, KnowsNothingWhereNumbersMayBeMadeOfOthers) {
  EXPECT_FALSE(ReadElements(R"({"items": [{"id": 7}, {"id": 8}], "revenue": 12.5})").values);
  EXPECT_FALSE(ReadElements(R"({"summary": {"cents": 3}, "items": [{"id": 7}, {"id": 8}]})").values);
  EXPECT_TRUE(ReadElements(R"({"page": {"limit": 3, "total": 90}, "items": [{"id": 7}, {"id": 8}]})").values);
  EXPECT_FALSE(ReadElements(R"([{"kind": "a"}, {"kind": "a"}])").values) << "nothing tells them apart";
  EXPECT_FALSE(ReadElements(R"([{"id": 1}, {"no": 2}])").values);
  EXPECT_FALSE(ReadElements("[]").values);
}

}  // namespace
}  // namespace hone::ops
