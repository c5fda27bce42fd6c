#include "sql/json_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace hone::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::map<std::string, int64_t> Counted(std::string_view text) { return CountElements(Document::parse(text)); }

// The document with `left` of `of` elements in its lists there.
std::string Kept(std::string_view text, std::string_view path, int64_t left, int64_t of) {
  Document document = Document::parse(text);
  KeepElements(document, path, left, of);
  return document.dump();
}

TEST(JsonElements, AreThoseOfTheOutermostLists) {
  EXPECT_THAT(Counted("[1,2,3,4]"), ElementsAre(Pair("", 4)));
  EXPECT_THAT(Counted("[[1,2,3,4],[5,6,7],[8,9,10]]"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(Counted(R"({"plates":[1,2,3],"tags":["a","b","c","d"],"title":"t"})"),
              ElementsAre(Pair("/plates", 3), Pair("/tags", 4)));
  EXPECT_THAT(Counted(R"([{"ids":[1,2,3]},{"ids":[4,5,6,7]}])"), ElementsAre(Pair("/*/ids", 7)));
  for (const std::string_view none : {"[1,2]", "17", "null", "\"[1,2,3]\"", "{}"})
    EXPECT_THAT(Counted(none), IsEmpty()) << none;
}

TEST(JsonElements, AreThoseOfAMapAndNotTheMembersOfAThing) {
  EXPECT_THAT(Counted(R"({"17":1,"18":2,"190":3})"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(Counted(R"({"a":{"id":1},"b":{"id":2},"c":{"id":3}})"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(Counted(R"({"billing_id":1,"return_id":2,"shipping_id":3})"), IsEmpty());
  EXPECT_THAT(Counted(R"({"a":{"id":1},"b":{"id":2},"c":{"no":3}})"), IsEmpty());
  EXPECT_THAT(Counted(R"({"1":1,"2":2})"), IsEmpty()) << "too few";
}

TEST(JsonElements, AreKeptFromTheFirstOn) {
  EXPECT_EQ(Kept("[1,2,3,4]", "", 2, 4), "[1,2]");
  EXPECT_EQ(Kept("[1,2,3,4,5]", "", 2, 4), "[1,2,3]") << "rounded up";
  EXPECT_EQ(Kept("[1,2,3]", "", 3, 3), "[1,2,3]");
  EXPECT_EQ(Kept(R"({"z":[1,2,3,4],"a":{"c":[5,6,7,8],"d":[9]}})", "/z", 4, 8),
            R"({"z":[1,2],"a":{"c":[5,6,7,8],"d":[9]}})")
      << "those of the path, in their order";
  EXPECT_EQ(Kept(R"({"1":1,"2":2,"3":3})", "", 1, 3), R"({"1":1})");
  EXPECT_EQ(Kept("[1,2]", "", 1, 2), "[1,2]");
  Document lists = Document::parse("[[1,2,3,4,5],[1,2,3]]");
  EXPECT_EQ(KeepElements(lists, "/*", 4, 8), 5) << "three and two";
}

TEST(JsonElements, AreNotLookedForInDocumentsWithoutAnEnd) {
  Document deep = Document::array({1, 2, 3});
  for (int i = 0; i < 2'000; ++i) deep = Document{{"in", std::move(deep)}};
  EXPECT_THAT(CountElements(deep), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
