#include "sql/paging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/exchange_for_test.h"

namespace hone::sql {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::Optional;

StatementSample Bound(std::string text, std::vector<std::optional<std::string>> values,
                      std::vector<int16_t> formats = {}) {
  auto bind = std::make_shared<RecordedBind>();
  bind->oids.assign(values.size(), 0);
  bind->values = std::move(values);
  bind->formats = std::move(formats);
  return {.text = std::move(text), .bind = std::move(bind)};
}

const std::string kPaged = "select id from orders where kind = $1 order by id limit $2 offset $3";

TEST(Paging, ReadsTheOffset) {
  EXPECT_THAT(OffsetOf(Bound(kPaged, {"a", "10", "20"})), Optional(20));
  EXPECT_THAT(OffsetOf(Bound(kPaged, {"a", "10", "\0\0\0\x14"s}, {0, 0, 1})), Optional(20)) << "an int4 in binary";
  EXPECT_THAT(OffsetOf(Bound(kPaged, {"a", "10", "\0\0\0\0\0\0\x1\0"s}, {1})), Optional(256));
  EXPECT_THAT(OffsetOf({.text = "SELECT * FROM t LIMIT 10 OFFSET 30 -- page 4"}), Optional(30));
  EXPECT_THAT(OffsetOf(Bound("select a from t limit $1 offset $2::int", {"5", "7"})), Optional(7));
  EXPECT_EQ(OffsetOf(Bound(kPaged, {"a", "10", std::nullopt})), std::nullopt);
  EXPECT_EQ(OffsetOf({.text = kPaged}), std::nullopt) << "its parameters were not kept";
  EXPECT_EQ(OffsetOf({.text = "select a from t limit 10"}), std::nullopt);
  EXPECT_EQ(OffsetOf({.text = "select a from t limit 10 offset 1 + 2"}), std::nullopt);
  EXPECT_EQ(OffsetOf({.text = "update t set a = 1"}), std::nullopt);
}

TEST(Paging, AsksForAnotherPage) {
  const StatementSample other = WithOffset(Bound(kPaged, {"\x1"s, "\0\0\0\xa"s, "\0\0\0\x14"s}, {1}), 990);
  EXPECT_EQ(other.text, kPaged);
  EXPECT_THAT(other.bind->formats, ElementsAre(1, 1, 0));
  EXPECT_THAT(other.bind->values, ElementsAre("\x1"s, "\0\0\0\xa"s, "990"));
  EXPECT_EQ(WithOffset({.text = "SELECT * FROM t LIMIT 10 OFFSET 30 -- page 4"}, 7).text,
            "SELECT * FROM t LIMIT 10 OFFSET 7 -- page 4");
}

TEST(Paging, CountsAllPages) {
  const StatementSample count = CountOfPages(Bound(kPaged, {"a", "10", "20"}));
  EXPECT_EQ(count.text, "SELECT count(*) FROM (" + kPaged + "\n) AS pages");
  EXPECT_THAT(count.bind->values, ElementsAre("a", std::nullopt, "0"));
  EXPECT_EQ(CountOfPages({.text = "SELECT * FROM t LIMIT 10 OFFSET 30 -- page 4"}).text,
            "SELECT count(*) FROM (SELECT * FROM t LIMIT NULL OFFSET 0 -- page 4\n) AS pages");
}

TEST(Paging, AFirstPageMayHaveNoOffset) {
  Script script;
  const auto read = [&](const char* text, int64_t rows) { script.Run(text, {}, rows); };
  for (int i = 0; i < 6; ++i) {
    script.BeginRequest(1, i == 0);
    read("select a from t order by a limit 50", 40);
    read("select a from u where a = 7 limit 1", 1);
    read("select a from t", 500);
    script.EndRequest();
  }
  auto page = FindPage(script.recording(), script.Build());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->statement.text, "select a from t order by a limit 50");
  EXPECT_EQ(page->offset, 0);
  EXPECT_EQ(page->rows, 40);
  EXPECT_EQ(CountOfPages(page->statement).text,
            "SELECT count(*) FROM (select a from t order by a limit NULL\n) AS pages");
  script.BeginRequest(1);
  read("select a from t order by a limit 5 offset 15", 5);
  read("select a from t order by a limit 50", 40);
  script.EndRequest();
  page = FindPage(script.recording(), script.Build());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->offset, 15) << "what has an OFFSET tells more";
}

}  // namespace
}  // namespace hone::sql
