#include "sql/json_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace hone::sql {
namespace {

using nlohmann::json;

// The document with `left` of `of` elements in its lists.
std::string Kept(std::string_view text, int64_t left, int64_t of) {
  json document = json::parse(text);
  KeepElements(document, left, of);
  return document.dump();
}

TEST(JsonElements, AreThoseOfTheOutermostLists) {
  for (const auto& [text, count] : {std::pair{"[1,2,3,4]", 4},
                                    {"[[1,2,3,4],[5,6,7],[8,9,10]]", 3},
                                    {R"({"plates":[1,2,3],"tags":["a","b","c","d"],"title":"t"})", 7},
                                    {R"([{"ids":[1,2,3]},{"ids":[4,5,6,7]}])", 7},
                                    {R"({"a":1,"b":2,"c":3})", 3},
                                    {R"({"a":1,"b":2})", 0},
                                    {"[1,2]", 0},
                                    {"17", 0},
                                    {"null", 0},
                                    {"\"[1,2,3]\"", 0}})
    EXPECT_EQ(CountElements(json::parse(text)), count) << text;
}

TEST(JsonElements, AreKeptFromTheFirstOn) {
  EXPECT_EQ(Kept("[1,2,3,4]", 2, 4), "[1,2]");
  EXPECT_EQ(Kept("[1,2,3,4,5]", 2, 4), "[1,2,3]") << "rounded up";
  EXPECT_EQ(Kept("[1,2,3]", 3, 3), "[1,2,3]");
  EXPECT_EQ(Kept(R"({"a":[1,2,3,4],"b":{"c":[5,6,7,8],"d":[9]}})", 4, 8), R"({"a":[1,2],"b":{"c":[5,6],"d":[9]}})");
  EXPECT_EQ(Kept(R"({"a":1,"b":2,"c":3})", 1, 3), R"({"a":1})");
  EXPECT_EQ(Kept("[1,2]", 1, 2), "[1,2]");
}

TEST(JsonElements, AreNotLookedForInDocumentsWithoutAnEnd) {
  json deep = json::array({1, 2, 3});
  for (int i = 0; i < 2'000; ++i) deep = json{{"in", std::move(deep)}};
  EXPECT_EQ(CountElements(deep), 0);
}

}  // namespace
}  // namespace hone::sql
