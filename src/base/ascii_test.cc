#include "base/ascii.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Ascii, KnowsItsCharactersOnly) {
  EXPECT_TRUE(IsDigit('0') && IsDigit('9'));
  EXPECT_FALSE(IsDigit('/') || IsDigit(':') || IsDigit('a'));
  EXPECT_TRUE(IsAlphanumeric('a') && IsAlphanumeric('Z') && IsAlphanumeric('5'));
  EXPECT_FALSE(IsAlphanumeric('_') || IsAlphanumeric('@') || IsAlphanumeric('\xe9'));
  EXPECT_EQ(LowerCase("Grün ÄZ_09[`{"), "grün Äz_09[`{");
}

TEST(Ascii, TrimsBothEnds) {
  EXPECT_EQ(Trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trimmed("\n a \n", " "), "\n a \n");
  EXPECT_EQ(Trimmed(" \n "), "");
  EXPECT_EQ(Trimmed(""), "");
}

TEST(Ascii, SplitsLines) {
  EXPECT_THAT(Lines("a\n\nb"), ElementsAre("a", "", "b"));
  EXPECT_THAT(Lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(Lines("\n"), ElementsAre(""));
  EXPECT_THAT(Lines(""), IsEmpty());
}

TEST(Ascii, FindsPartsAndWords) {
  EXPECT_TRUE(Contains("abc", "bc"));
  EXPECT_FALSE(Contains("abc", "cb"));
  EXPECT_TRUE(Has({"ab", "c"}, "c"));
  EXPECT_FALSE(Has({"ab", "c"}, "a"));
}

}  // namespace
}  // namespace hone::base
