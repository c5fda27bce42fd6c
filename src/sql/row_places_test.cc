#include "sql/row_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> TextsOf(std::string_view statement) {
  std::vector<std::string> texts;
  for (const RowPlaces& places : PlacesOfRows(statement)) texts.push_back(places.text);
  return texts;
}

TEST(PlacesOfRows, ATableByItsName) {
  EXPECT_THAT(
      TextsOf("SELECT id, name FROM bikes WHERE owner = $1 ORDER BY id"),
      ElementsAre("SELECT id, name, \"bikes\".tableoid::text || \"bikes\".ctid::text FROM bikes WHERE owner = $1 "
                  "ORDER BY id"));
}

TEST(PlacesOfRows, EachTableOfAJoinByItsAlias) {
  EXPECT_THAT(
      TextsOf("SELECT o.id FROM shop.orders AS o JOIN \"Cust\" c ON c.id = o.c, extra"),
      ElementsAre(
          "SELECT o.id, \"o\".tableoid::text || \"o\".ctid::text FROM shop.orders AS o JOIN \"Cust\" c ON c.id = "
          "o.c, extra",
          "SELECT o.id, \"c\".tableoid::text || \"c\".ctid::text FROM shop.orders AS o JOIN \"Cust\" c ON c.id = "
          "o.c, extra",
          "SELECT o.id, \"extra\".tableoid::text || \"extra\".ctid::text FROM shop.orders AS o JOIN \"Cust\" c ON "
          "c.id = o.c, extra"));
}

TEST(PlacesOfRows, TheStatementsOwnFrom) {
  EXPECT_THAT(TextsOf("SELECT extract(year FROM at), (SELECT 1 FROM x LIMIT 1) -- FROM\nFROM t"),
              ElementsAre("SELECT extract(year FROM at), (SELECT 1 FROM x LIMIT 1), \"t\".tableoid::text || "
                          "\"t\".ctid::text -- FROM\nFROM t"));
}

TEST(PlacesOfRows, WithoutALimit) {
  EXPECT_THAT(
      TextsOf("SELECT id FROM t ORDER BY id LIMIT 5 OFFSET 0"),
      ElementsAre("SELECT id, \"t\".tableoid::text || \"t\".ctid::text FROM t ORDER BY id LIMIT (NULL) OFFSET 0"));
  EXPECT_THAT(TextsOf("SELECT id FROM t FETCH FIRST 5 ROWS ONLY"),
              ElementsAre("SELECT id, \"t\".tableoid::text || \"t\".ctid::text FROM t FETCH FIRST (NULL) ROWS ONLY"));
  const auto places = PlacesOfRows("SELECT id FROM t WHERE a = $1 LIMIT $2");
  ASSERT_EQ(places.size(), 1U);
  EXPECT_THAT(places[0].nulls, ElementsAre(1U));
  EXPECT_THAT(TextsOf("SELECT id FROM t LIMIT 2 + 3"),
              ElementsAre("SELECT id, \"t\".tableoid::text || \"t\".ctid::text FROM t LIMIT 2 + 3"));
}

TEST(PlacesOfRows, OfAGroupThoseOfAllItsRows) {
  EXPECT_THAT(
      TextsOf("SELECT kind, count(*) FROM t GROUP BY kind"),
      ElementsAre("SELECT kind, count(*), string_agg(\"t\".tableoid::text || \"t\".ctid::text, ' ') FROM t GROUP BY "
                  "kind"));
  EXPECT_THAT(
      TextsOf("SELECT DISTINCT kind, lower(name) AS name FROM t WHERE a > 1;"),
      ElementsAre("SELECT c0, c1, string_agg(place, ' ') FROM (SELECT  kind, lower(name) AS name, "
                  "\"t\".tableoid::text || \"t\".ctid::text FROM t WHERE a > 1\n) AS alike(c0, c1, place) GROUP BY "
                  "c0, c1"));
}

TEST(PlacesOfRows, NothingOfWhatIsNoSelectOfTables) {
  for (const char* text :
       {"UPDATE t SET a = 1", "SELECT 1", "SELECT a FROM (SELECT 1 AS a) s", "SELECT a FROM t UNION SELECT b FROM u",
        "SELECT FROM WHERE", "", "SELECT DISTINCT ON (a) a, b FROM t", "SELECT DISTINCT * FROM t"})
    EXPECT_THAT(TextsOf(text), IsEmpty()) << text;
}

TEST(SplitPlaces, AtSpaces) {
  EXPECT_THAT(SplitPlaces("16384(0,1) 16385(12,3)"), ElementsAre("16384(0,1)", "16385(12,3)"));
  EXPECT_THAT(SplitPlaces("16384(0,1)"), ElementsAre("16384(0,1)"));
  EXPECT_THAT(SplitPlaces(""), IsEmpty());
}

}  // namespace
}  // namespace hone::sql
