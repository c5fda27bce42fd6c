#include "sql/row_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RowPlaces, ATableByItsName) {
  EXPECT_THAT(RowPlaces("SELECT id, name FROM bikes WHERE owner = $1 ORDER BY id LIMIT 5"),
              ElementsAre("SELECT id, name, \"bikes\".tableoid, \"bikes\".ctid FROM bikes WHERE owner = $1 ORDER BY id "
                          "LIMIT 5"));
}

TEST(RowPlaces, EachTableOfAJoinByItsAlias) {
  EXPECT_THAT(
      RowPlaces("SELECT o.id FROM shop.orders AS o JOIN \"Cust\" c ON c.id = o.c, extra"),
      ElementsAre("SELECT o.id, \"o\".tableoid, \"o\".ctid FROM shop.orders AS o JOIN \"Cust\" c ON c.id = o.c, extra",
                  "SELECT o.id, \"c\".tableoid, \"c\".ctid FROM shop.orders AS o JOIN \"Cust\" c ON c.id = o.c, extra",
                  "SELECT o.id, \"extra\".tableoid, \"extra\".ctid FROM shop.orders AS o JOIN \"Cust\" c ON c.id = "
                  "o.c, extra"));
}

TEST(RowPlaces, TheStatementsOwnFrom) {
  EXPECT_THAT(
      RowPlaces("SELECT extract(year FROM at), (SELECT 1 FROM x LIMIT 1) -- FROM\nFROM t"),
      ElementsAre("SELECT extract(year FROM at), (SELECT 1 FROM x LIMIT 1), \"t\".tableoid, \"t\".ctid -- FROM\nFROM "
                  "t"));
}

TEST(RowPlaces, NothingOfWhatIsNoSelectOfTables) {
  for (const char* text : {"UPDATE t SET a = 1", "SELECT 1", "SELECT a FROM (SELECT 1 AS a) s",
                           "SELECT a FROM t UNION SELECT b FROM u", "SELECT FROM WHERE", ""})
    EXPECT_THAT(RowPlaces(text), IsEmpty()) << text;
}

}  // namespace
}  // namespace hone::sql
