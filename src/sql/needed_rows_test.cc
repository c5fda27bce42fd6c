#include "sql/needed_rows.h"

#include <gtest/gtest.h>

namespace hone::sql {
namespace {

TEST(NeededRows, ComeBackFromTheirBytes) {
  const std::string bytes =
      EncodeNeededRows({.endpoint = "GET /a", .query = "0", .text = "select", .rows = 640, .needed = 12});
  const auto decoded = DecodeNeededRows(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(EncodeNeededRows(*decoded), bytes);
  for (size_t length = 0; length + 2 < bytes.size(); ++length)
    EXPECT_FALSE(DecodeNeededRows(bytes.substr(0, length))) << length;
}

TEST(NeededRows, MustBeFewOfMany) {
  EXPECT_TRUE(AreMostUnneeded(100, 25));
  EXPECT_FALSE(AreMostUnneeded(100, 26));
  EXPECT_FALSE(AreMostUnneeded(99, 1));
  EXPECT_FALSE(AreMostUnneeded(1000, 0)) << "what lists nothing proves nothing";
}

}  // namespace
}  // namespace hone::sql
