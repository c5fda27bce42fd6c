#include "sql/value.h"

#include <gtest/gtest.h>

#include <string>

namespace hone::sql {
namespace {

std::string Of(uint32_t oid, int16_t format, std::string_view bytes) { return Canonical(oid, format, bytes).canonical; }

TEST(Canonical, BinaryAndTextOfOneTypeAgree) {
  EXPECT_EQ(Of(21, 1, std::string_view("\xff\xfe", 2)), Of(21, 0, "-2"));
  EXPECT_EQ(Of(23, 1, std::string_view("\0\0\0\x2a", 4)), Of(23, 0, "42"));
  EXPECT_EQ(Of(20, 1, std::string_view("\xff\xff\xff\xff\xff\xff\xff\xd6", 8)), Of(20, 0, "-42"));
  EXPECT_EQ(Of(26, 1, std::string_view("\xff\xff\xff\xff", 4)), "4294967295");
  EXPECT_EQ(Of(25, 1, "text"), Of(1043, 0, "text"));
  EXPECT_EQ(Of(2950, 0, "ABCDEF00-0000-0000-0000-000000000000"),
            Of(2950, 1, std::string_view("\xab\xcd\xef\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)));
}

TEST(Canonical, DecimalsOfEitherFormAgree) {
  const auto numeric = [](std::string_view bytes) { return Of(1700, 1, bytes); };
  EXPECT_EQ(numeric(std::string_view("\0\1\0\0\0\0\0\2\0\5", 10)), "5.00");
  EXPECT_EQ(numeric(std::string_view("\0\3\0\1\x40\0\0\2\0\1\x09\x29\x0d\x48", 14)), "-12345.34");
  EXPECT_EQ(numeric(std::string_view("\0\1\0\1\0\0\0\0\0\x0c", 10)), "120000");
  EXPECT_EQ(numeric(std::string_view("\0\1\xff\xfe\0\0\0\6\x03\xe8", 10)), "0.000010");
  EXPECT_EQ(numeric(std::string_view("\0\0\0\0\0\0\0\0", 8)), "0");
  EXPECT_FALSE(Canonical(1700, 1, std::string_view("\0\0\0\0\xc0\0\0\0", 8)).traceable) << "not a number";
  EXPECT_FALSE(Canonical(1700, 1, std::string_view("\0\2\0\0\0\0\0\0\0\1", 10)).traceable) << "a digit is missing";
  EXPECT_EQ(Of(701, 1, std::string_view("\x40\x29\0\0\0\0\0\0", 8)), Of(701, 0, "12.5"));
  EXPECT_EQ(Of(701, 1, std::string_view("\x40\xc7\x70\0\0\0\0\0", 8)), "12000");
  EXPECT_FALSE(Canonical(701, 1, std::string_view("\x7f\xf0\0\0\0\0\0\0", 8)).traceable) << "infinity";
  EXPECT_EQ(Of(700, 1, std::string_view("\x3d\xcc\xcc\xcd", 4)), "0.1");
}

TEST(ArrayItems, CountsElementsOfEitherFormat) {
  EXPECT_EQ(ArrayItems(0, "{1,2,3}"), 3);
  EXPECT_EQ(ArrayItems(0, R"({"a,b","c\"d,{:",NULL})"), 3);
  EXPECT_EQ(ArrayItems(0, "{}"), 0);
  EXPECT_EQ(ArrayItems(0, "1,2"), 0);
  EXPECT_EQ(ArrayItems(0, R"({"a": 1, "b": 2})"), 0) << "JSON";
  EXPECT_EQ(ArrayItems(0, "{{1,2},{3,4}}"), 0) << "two dimensions";
  const std::string two("\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\7\xff\xff\xff\xff", 32);
  EXPECT_EQ(ArrayItems(1, two), 2);
  EXPECT_EQ(ArrayItems(1, two.substr(0, 30)), 0);
  EXPECT_EQ(ArrayItems(1, two + "x"), 0);
  EXPECT_EQ(ArrayItems(1, std::string("\0\0\0\0\0\0\0\x2a", 8)), 0) << "an int8";
}

TEST(Canonical, UnknownBinaryTypesAreComparedButNotTraced) {
  const RecordedValue timestamp = Canonical(1184, 1, "12345678");
  EXPECT_FALSE(timestamp.traceable);
  EXPECT_EQ(timestamp.canonical, Of(1184, 1, "12345678"));
  EXPECT_NE(timestamp.canonical, Of(1184, 1, "12345679"));
  EXPECT_FALSE(Canonical(23, 1, "123").traceable) << "an integer of three bytes is none";
}

TEST(Canonical, WhatProvesNothingIsNotTraced) {
  EXPECT_FALSE(Canonical(25, 0, std::nullopt).traceable);
  EXPECT_FALSE(Canonical(25, 0, "").traceable);
  EXPECT_FALSE(Canonical(16, 1, std::string_view("\1", 1)).traceable);
  EXPECT_TRUE(Canonical(25, 0, "x").traceable);
}

TEST(Canonical, LongValuesAreHashed) {
  const RecordedValue value = Canonical(25, 0, std::string(1000, 's'));
  EXPECT_FALSE(value.traceable);
  EXPECT_EQ(value.canonical.find("sss"), std::string::npos);
  EXPECT_NE(value.canonical, Of(25, 0, std::string(1000, 't')));
}

TEST(FormatOf, NoneIsTextOneIsForAll) {
  EXPECT_EQ(FormatOf({}, 3), 0);
  EXPECT_EQ(FormatOf({1}, 3), 1);
  EXPECT_EQ(FormatOf({1, 0}, 0), 1);
  EXPECT_EQ(FormatOf({1, 0}, 7), 0);
}

}  // namespace
}  // namespace hone::sql
