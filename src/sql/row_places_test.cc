#include "sql/row_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kMost = 99;

std::vector<std::string> TextsOf(std::string_view statement) {
  std::vector<std::string> texts;
  for (const RowPlaces& places : PlacesOfRows(statement, kMost)) texts.push_back(places.text);
  return texts;
}

// A statement within the one that asks for the places only; `place` stands for that of the table.
std::string Placed(std::string before, const std::string& table, const std::string& after) {
  return "SELECT hone_place FROM (" + before + ", \"" + table + "\".tableoid::text || \"" + table +
         "\".ctid::text AS hone_place" + after + "\n) AS placed LIMIT 99";
}

TEST(PlacesOfRows, ATableByItsName) {
  EXPECT_THAT(TextsOf("SELECT id, name FROM bikes WHERE owner = $1 ORDER BY id"),
              ElementsAre(Placed("SELECT id, name", "bikes", " FROM bikes WHERE owner = $1 ORDER BY id")));
}

TEST(PlacesOfRows, EachTableOfAJoinByItsAlias) {
  const std::string from = " FROM shop.orders AS o JOIN \"Cust\" c ON c.id = o.c, extra";
  EXPECT_THAT(TextsOf("SELECT o.id" + from),
              ElementsAre(Placed("SELECT o.id", "o", from), Placed("SELECT o.id", "c", from),
                          Placed("SELECT o.id", "extra", from)));
}

TEST(PlacesOfRows, TheStatementsOwnFrom) {
  const std::string before = "SELECT extract(year FROM at), (SELECT 1 FROM x LIMIT 1)";
  EXPECT_THAT(TextsOf(before + " -- FROM\nFROM t"), ElementsAre(Placed(before, "t", " -- FROM\nFROM t")));
}

TEST(PlacesOfRows, WithWhatStandsBehindALimit) {
  EXPECT_THAT(TextsOf("SELECT id FROM t ORDER BY id LIMIT 5 OFFSET 0;"),
              ElementsAre(Placed("SELECT id", "t", " FROM t ORDER BY id LIMIT 99 OFFSET 0")));
  EXPECT_THAT(TextsOf("SELECT id FROM t FETCH FIRST 5 ROWS ONLY"),
              ElementsAre(Placed("SELECT id", "t", " FROM t FETCH FIRST 99 ROWS ONLY")));
  const auto places = PlacesOfRows("SELECT id FROM t WHERE a = $1 LIMIT $2", kMost);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_THAT(places[0].limits, ElementsAre(1U));
  EXPECT_THAT(TextsOf("SELECT id FROM t LIMIT 2 + 3"), ElementsAre(Placed("SELECT id", "t", " FROM t LIMIT 2 + 3")));
}

TEST(PlacesOfRows, OfAGroupThoseOfAllItsRows) {
  EXPECT_THAT(TextsOf("SELECT kind, count(*) FROM t GROUP BY kind"),
              ElementsAre("SELECT hone_place FROM (SELECT kind, count(*), string_agg(DISTINCT \"t\".tableoid::text || "
                          "\"t\".ctid::text, ' ') AS hone_place FROM t GROUP BY kind\n) AS placed LIMIT 99"));
  EXPECT_THAT(
      TextsOf("SELECT DISTINCT kind, lower(name) AS name FROM t WHERE a > 1;"),
      ElementsAre("SELECT string_agg(DISTINCT hone_place, ' ') FROM (SELECT  kind, lower(name) AS name, "
                  "\"t\".tableoid::text || \"t\".ctid::text AS hone_place FROM t WHERE a > 1\n) AS placed(c0, c1, "
                  "hone_place) GROUP BY c0, c1 LIMIT 99"));
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
