#include "ops/page_parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::Optional;

project::Template Path(const std::string& text) { return *project::Template::Parse(text); }

TEST(PageParameter, StandsInTheQuery) {
  const auto page = FindPageParameter(Path("/a/page=3?limit=${n}&page=1"), {});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->name, "page");
  EXPECT_EQ(page->value, 1);
  EXPECT_EQ(WithPage(Path("/a/page=3?limit=${n}&page=1"), *page, 2400)->source(), "/a/page=3?limit=${n}&page=2400");
  const auto variable = FindPageParameter(Path("/a?Offset=${from}&limit=5"), {{"from", "40"}});
  ASSERT_TRUE(variable);
  EXPECT_EQ(variable->value, 40);
  EXPECT_EQ(WithPage(Path("/a?Offset=${from}&limit=5"), *variable, 7)->source(), "/a?Offset=7&limit=5");
  for (const char* path :
       {"/a", "/a?", "/a?page", "/a?page=", "/a?page=x", "/a?page=${gone}", "/a?homepage=1", "/a?page=-1"})
    EXPECT_FALSE(FindPageParameter(Path(path), {})) << path;
}

TEST(PageParameter, OfTheLastFullPage) {
  const auto last = [](const std::string& name, int64_t value, int64_t offset, int64_t rows = 1004) {
    return LastPage({.name = name, .value = value}, {.offset = offset, .rows = 10}, rows);
  };
  EXPECT_THAT(last("page", 1, 0), Optional(100));
  EXPECT_THAT(last("page", 3, 20), Optional(100));
  EXPECT_THAT(last("p", 0, 0), Optional(99)) << "the first page is 0";
  EXPECT_THAT(last("p", 2, 20), Optional(99));
  EXPECT_THAT(last("offset", 0, 0), Optional(990));
  EXPECT_EQ(last("offset", 0, 10), std::nullopt) << "it is no offset";
  EXPECT_EQ(last("page", 1, 50), std::nullopt) << "nor a page";
  EXPECT_EQ(last("page", 100, 990), std::nullopt) << "that is the last one";
  EXPECT_EQ(last("page", 1, 0, 19), std::nullopt) << "there is one full page";
}

}  // namespace
}  // namespace hone::ops
