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
      ReadElements(R"({"items": [{"no": 1, "id": 7, "kind": "a"}, {"no": 2, "id": 9, "kind": "a"}], "total": 2})")
          .values;
  ASSERT_TRUE(values);
  ASSERT_EQ(values->elements.size(), 2U);
  EXPECT_EQ(values->elements[0].id, "7");
  EXPECT_THAT(values->elements[0].others, UnorderedElementsAre("1", "a"));
  EXPECT_THAT(values->elements[0].whole_numbers, ElementsAre("1"));
  EXPECT_THAT(values->all, UnorderedElementsAre("7", "9", "a", "1", "2"));
  const auto named = ReadElements(R"([{"name": "x", "month": 1}, {"name": "y", "month": 2}])").values;
  ASSERT_TRUE(named);
  EXPECT_EQ(named->elements[1].id, "y") << "a number that is no id may be any other";
}

TEST(ReadElements, TellsElementsApartByWhatTheyAreAbout) {
  const auto values =
      ReadElements(R"([{"owner": {"id": 7, "name": "A"}, "sum": 5}, {"owner": {"id": 9, "name": "B"}, "sum": 5}])")
          .values;
  ASSERT_TRUE(values);
  EXPECT_EQ(values->elements[1].id, "9");
  EXPECT_THAT(values->elements[1].others, UnorderedElementsAre("B", "5"));
  EXPECT_FALSE(ReadElements(R"([{"owner": {"id": 7}, "sum": 5.5}, {"owner": {"id": 9}, "sum": 7.5}])").values)
      << "others may have decided who has most";
  EXPECT_EQ(ReadElements(R"([{"code": "K", "owner": {"id": 7}}])").values->elements[0].id, "K");
  EXPECT_FALSE(ReadElements(R"([{"of": {"id": 7}, "by": {"id": 1}}, {"of": {"id": 9}, "by": {"id": 2}}])").values)
      << "it may be about either";
}

TEST(ReadElements, KnowsNothingWhereNumbersMayBeMadeOfOthers) {
  for (const char* sums : {R"({"items": [{"id": 7}, {"id": 8}], "revenue": 12.5})",
                           R"({"items": [{"id": 7}, {"id": 8}], "revenue": "12.50"})",
                           R"({"items": [{"id": 7}, {"id": 8}], "total": 12.5})",
                           R"({"summary": {"cents": 3}, "items": [{"id": 7}, {"id": 8}]})",
                           R"({"items": [{"id": 7}, {"id": 8}], "by_status": [{"status": "paid", "count": 300}]})"})
    EXPECT_FALSE(ReadElements(sums).values) << sums;
  EXPECT_TRUE(ReadElements(R"({"page": {"limit": 3, "total": 90}, "items": [{"id": 7}, {"id": 8}]})").values);
  EXPECT_FALSE(ReadElements(R"([{"kind": "a"}, {"kind": "a"}])").values) << "nothing tells them apart";
  EXPECT_FALSE(ReadElements(R"([{"id": 1}, {"no": 2}])").values);
  EXPECT_FALSE(ReadElements("[]").values);
}

TEST(ValuesIn, AreTheTextsAndWholeNumbersOfADocument) {
  EXPECT_EQ(ValuesIn(R"({"items": [{"id": 7, "name": "x", "at": 1.5}, null], "done": true})"),
            (std::unordered_set<std::string>{"7", "x"}));
  EXPECT_TRUE(ValuesIn("id,name\n7,x\n").empty());
}

}  // namespace
}  // namespace hone::ops
