#include "ops/array_parameter.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

TEST(ArrayOf, QuotesTexts) {
  const auto array = ArrayOf({{.bytes = "a"}, {.bytes = "b\"\\,{}"}, {.bytes = "NULL"}, {.bytes = ""}}, 25, 1009);
  ASSERT_TRUE(array);
  EXPECT_EQ(array->oid, 1009U);
  EXPECT_EQ(array->format, 0);
  EXPECT_EQ(array->bytes, R"({"a","b\"\\,{}","NULL",""})");
}

TEST(ArrayOf, PutsBinaryValuesBehindEachOther) {
  using std::string_literals::operator""s;
  const auto array = ArrayOf({{.format = 1, .bytes = "\0\0\0\7"s}, {.format = 1, .bytes = "\0\0\1\0"s}}, 23, 1007);
  ASSERT_TRUE(array);
  EXPECT_EQ(array->format, 1);
  EXPECT_EQ(array->bytes,
            "\0\0\0\1"
            "\0\0\0\0"
            "\0\0\0\x17"
            "\0\0\0\2"
            "\0\0\0\1"
            "\0\0\0\4\0\0\0\7"
            "\0\0\0\4\0\0\1\0"s);
}

TEST(ArrayOf, RefusesWhatIsNotAlike) {
  EXPECT_FALSE(ArrayOf({{.bytes = "1"}, {.format = 1, .bytes = "1"}}, 23, 1007));
  EXPECT_FALSE(ArrayOf({{.bytes = "1"}, {}}, 23, 1007));
  EXPECT_EQ(ArrayOf({}, 23, 1007)->bytes, "{}");
}

}  // namespace
}  // namespace hone::ops
