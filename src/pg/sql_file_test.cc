#include "pg/sql_file.h"

#include <gtest/gtest.h>

namespace hone::pg {
namespace {

std::vector<std::string> Texts(std::string_view file) {
  std::vector<std::string> texts;
  for (const SqlStatement& statement : SplitStatements(file)) texts.emplace_back(statement.text);
  return texts;
}

using Strings = std::vector<std::string>;

TEST(SplitStatements, AtSemicolonsOnly) {
  EXPECT_EQ(Texts("select 1; select 2 ;\n"), (Strings{"select 1", "select 2"}));
}

TEST(SplitStatements, NotInStringsNamesOrComments) {
  EXPECT_EQ(Texts("select ';', E'\\';', \";\" -- ;\n; /* ; /* ; */ ; */ select 2"),
            (Strings{"select ';', E'\\';', \";\" -- ;", "/* ; /* ; */ ; */ select 2"}));
  EXPECT_EQ(Texts("select 'it''s;'"), (Strings{"select 'it''s;'"}));
}

TEST(SplitStatements, NotInDollarQuotedBodies) {
  const std::string function =
      "create function f() returns int as $body$ begin; return 1; end; $x$ ; $x$ $body$ language plpgsql";
  EXPECT_EQ(Texts(function + "; select $1;"), (Strings{function, "select $1"}));
}

TEST(SplitStatements, NotInParenthesesOrAtomicBodies) {
  const std::string rule =
      "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))";
  const std::string atomic =
      "create function g() returns int begin atomic select case when true then 1 end; select 2; end";
  EXPECT_EQ(Texts(rule + ";" + atomic + "; select 3"), (Strings{rule, atomic, "select 3"}));
}

TEST(SplitStatements, LeavesOutWhatHoldsNothingAndCountsLines) {
  const auto statements = SplitStatements("-- only a comment\n;\n\n-- then\nselect 1;\n");
  ASSERT_EQ(statements.size(), 1U);
  EXPECT_EQ(statements[0].line, 5U);
}

TEST(SplitStatements, UnfinishedTextsEnd) {
  for (const char* text : {"select 'x", "select $a$ x", "/* x", "select (1;", "\"", "$"})
    EXPECT_LE(SplitStatements(text).size(), 1U) << text;
}

TEST(UpPart, KeepsGoosesUpAndItsLineNumbers) {
  EXPECT_EQ(UpPart("-- +goose Up\nselect 1;\n-- +goose Down\ndrop table t;\n"), "-- +goose Up\nselect 1;\n\n\n");
  EXPECT_EQ(UpPart("select 1;\n"), "select 1;\n");
}

TEST(NeedsNoTransaction, ForWhatRefusesOne) {
  EXPECT_TRUE(NeedsNoTransaction("select 1; CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);"));
  EXPECT_TRUE(NeedsNoTransaction("vacuum analyze;"));
  EXPECT_TRUE(NeedsNoTransaction("-- +goose NO TRANSACTION\nselect 1;"));
  EXPECT_FALSE(NeedsNoTransaction("select 1; select ' concurrently'"));
}

}  // namespace
}  // namespace hone::pg
