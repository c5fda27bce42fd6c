#include "ops/answer_differences.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using Places = std::set<std::string>;

TEST(AnswerDifferences, NamesTheMembersThatAreNotAlike) {
  EXPECT_EQ(DifferencesOf(R"({"a": 1, "at": "x", "items": [{"n": 1}, {"n": 2}]})",
                          R"({"items": [{"n": 1}, {"n": 3}], "at": "y", "a": 1})"),
            (Places{"/at", "/items/*/n"}));
}

TEST(AnswerDifferences, AListOfAnotherLengthDiffersAsSuch) {
  EXPECT_EQ(DifferencesOf(R"({"items": [1, 2]})", R"({"items": [1]})"), Places{"/items"});
}

TEST(AnswerDifferences, AMemberOfAnotherNameOrTypeIsADifference) {
  EXPECT_EQ(DifferencesOf(R"({"a": {"b": 1}})", R"({"a": {"c": 1}})"), Places{"/a"});
  EXPECT_EQ(DifferencesOf(R"({"a": "1"})", R"({"a": 1})"), Places{"/a"});
}

TEST(AnswerDifferences, TheOrderOfAListCounts) { EXPECT_EQ(DifferencesOf("[1, 2]", "[2, 1]"), Places{"/*"}); }

TEST(AnswerDifferences, SpacesAndOrderOfMembersDoNot) {
  EXPECT_TRUE(DifferencesOf(R"({"a": 1, "b": 2})", R"({"b":2,"a":1})").empty());
}

TEST(AnswerDifferences, WhatIsNoJsonDiffersAsAWhole) {
  EXPECT_TRUE(DifferencesOf("id,name\n1,x\n", "id,name\n1,x\n").empty());
  EXPECT_EQ(DifferencesOf("id,name\n1,x\n", "id,name\n1,y\n"), Places{""});
  EXPECT_EQ(DifferencesOf(R"({"a": 1})", "{"), Places{""});
}

}  // namespace
}  // namespace hone::ops
