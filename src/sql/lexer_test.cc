#include "sql/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Normalize, ReplacesEveryKindOfLiteral) {
  const std::string secret =
      "select 'kanari', 'it''s kanari', E'kanari\\'kanari', U&'kanari\\0041', $$kanari$$, $tag$kanari $$ kanari$tag$, "
      "B'1010', X'ca4a41', 4711.25e-7, 0xca4a, "
      "1_000, .5, n'kanari' from t -- kanari\n where a = 'x' /* kanari /* nested kanari */ kanari */ and b = -4711";
  const NormalText normal = Normalize(secret);
  EXPECT_THAT(normal.text, Not(HasSubstr("kanari")));
  EXPECT_THAT(normal.text, Not(HasSubstr("4711")));
  EXPECT_THAT(normal.text, Not(HasSubstr("ca4a")));
  EXPECT_THAT(normal.text, Not(HasSubstr("1010")));
  EXPECT_EQ(normal.literals, 15);
}

TEST(Normalize, KeepsWhatHoldsNoValue) {
  EXPECT_EQ(Normalize("SELECT  a.b,\n\t\"C d\"\n FROM t WHERE x=$2 AND y = $1 ;").text,
            "SELECT a.b, \"C d\" FROM t WHERE x=$2 AND y = $1");
  EXPECT_EQ(Normalize("select t1.c2 from t1").text, "select t1.c2 from t1");
  EXPECT_EQ(Normalize("select count( * ) , a::int from t").text, "select count(*), a::int from t");
  EXPECT_EQ(Normalize("select a->>$1, b - 1, c @> $2").text, "select a->>$1, b - $2, c @> $3");
}

TEST(Normalize, SquashesListsAndFurtherRows) {
  EXPECT_EQ(Normalize("select * from t where id in (1, 2, 3) and x = 'y'").text,
            "select * from t where id in (...) and x = $1");
  EXPECT_EQ(Normalize("select * from t where id in ($1,$2,$3) and x = $4").text,
            "select * from t where id in (...) and x = $1");
  EXPECT_EQ(Normalize("select * from t where (a, b) IN ((1,2),(3,4))").text, "select * from t where (a, b) IN (...)");
  EXPECT_EQ(Normalize("select * from t where id in (select id from u where k = 5)").text,
            "select * from t where id in (select id from u where k = $1)");
  EXPECT_EQ(Normalize("insert into t(a,b) values (1,'x'),(2,'y') returning a").text,
            "insert into t(a, b) values ($1, $2), ... returning a");
  EXPECT_EQ(Normalize("insert into t(a) values ($1)").text, "insert into t(a) values ($1)");
  EXPECT_EQ(Normalize("select * from t where id = any(array[1,2,3])").text,
            "select * from t where id = any(array[...])");
  EXPECT_EQ(Normalize("select * from t where id in (1)").text,
            Normalize("select * from t where id in (1, -2, 3::int)").text);
}

TEST(Normalize, CountsWhatListsHold) {
  EXPECT_EQ(Normalize("select * from t where id in ($1, $2, $3) and x = $4").list_items, 3);
  EXPECT_EQ(Normalize("select * from t where id in (7) and k = any(array[1, 2])").list_items, 3);
  EXPECT_EQ(Normalize("select * from t where (a, b) in ((1, 2), (3, 4))").list_items, 2);
  EXPECT_EQ(Normalize("insert into t(a, b) values ($1, $2), ($3, $4), ($5, lower($6))").list_items, 3);
  EXPECT_EQ(Normalize("insert into t(a, b) values ($1, $2)").list_items, 1);
  EXPECT_EQ(Normalize("select * from t where id = any($1) and id in (select id from u)").list_items, 0);
}

TEST(SplitStatements, DividesAtTopLevelSemicolonsOnly) {
  EXPECT_THAT(SplitStatements("select 1; select ';' -- ;\n; ;select $$;$$"),
              ElementsAre("select 1", "select ';'", "select $$;$$"));
  EXPECT_THAT(
      SplitStatements(
          "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3"),
      ElementsAre(StartsWith("create function"), "select 3"));
  EXPECT_THAT(SplitStatements(" -- ping"), ElementsAre());
}

TEST(WithoutComments, KeepsWhatIsSaid) {
  EXPECT_EQ(WithoutComments("/* a */ select -- b\n  '/* c */',\td /* e */"), "select '/* c */', d");
  EXPECT_EQ(WithoutComments("select/**/1"), WithoutComments("select 1"));
  EXPECT_EQ(WithoutComments("-- nothing"), "");
}

}  // namespace
}  // namespace hone::sql
