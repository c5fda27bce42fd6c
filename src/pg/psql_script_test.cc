#include "pg/psql_script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"

namespace hone::pg {
namespace {

using testing::HasSubstr;

class ScriptTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *base::TemporaryDirectory::Create("hone-script-test"); }

  std::filesystem::path File(const std::string& name, std::string_view text) {
    const std::filesystem::path file = folder_->path() / name;
    EXPECT_TRUE(base::MakeDirectories(file.parent_path()));
    EXPECT_TRUE(base::WriteFile(file, text));
    return file;
  }

  // The text of a script of one part.
  std::string Text(std::string_view script, const PsqlVariables& variables = {}) {
    const auto parts = ReadScript(File("a.sql", script), variables);
    if (!parts) return "error: " + base::Sentence(parts.error());
    return parts->size() == 1 ? parts->front().text : fmt::format("{} parts", parts->size());
  }

  std::optional<base::TemporaryDirectory> folder_;
};

TEST_F(ScriptTest, LeavesPlainSqlAsItIs) {
  const std::string plain =
      "-- :not 'it'\ninsert into t values (':a', \":b\", E'\\'\\n :c', $$ \\i :d $$, now()::date, x[1:n], x[:n]); /* "
      "\\i */\n";
  EXPECT_EQ(Text(plain), plain);
}

TEST_F(ScriptTest, FillsInVariables) {
  EXPECT_EQ(Text("select :n * 2, :'who', :\"col\", :{?n}, :{?m};", {{"n", "8"}, {"who", "it's"}, {"col", "a\"b"}}),
            "select 8 * 2, 'it''s', \"a\"\"b\", TRUE, FALSE;");
  EXPECT_EQ(Text("\\set n 3\n\\set twice :n :n\n\\set text 'a b'\nselect :twice, :'text';"), "\n\n\nselect 33, 'a b';");
  EXPECT_EQ(Text("\\set ON_ERROR_STOP on\n\\echo 'begin'\n\\timing\nselect 1\n\\g\n\\q\nselect 2"),
            "\n\n\nselect 1\n;\n");
  EXPECT_EQ(Text("select setseed(0.5) \\g /dev/null\n\\dt+ public.*\n\\o /dev/null\nselect 2 \\gx\n"),
            "select setseed(0.5) ;\n\n\nselect 2 ;\n");
}

TEST_F(ScriptTest, SaysWhichVariableIsNotSet) {
  const std::string said = Text("select 1;\nselect :books;\n");
  EXPECT_THAT(said, HasSubstr("a.sql:2: psql's variable books is not set"));
  EXPECT_THAT(said, HasSubstr("`books = \"${size}\"`, or another text, under [database.vars]"));
  EXPECT_THAT(Text("\\set n 1\n\\unset n\nselect :'n';"), HasSubstr("a.sql:3: psql's variable n is not set"));
}

TEST_F(ScriptTest, SaysWhatOnlyPsqlCanDo) {
  EXPECT_THAT(Text("select 1;\n\\copy t from 't.csv' csv\n"),
              HasSubstr("a.sql:2: \\copy is a command of psql's, and Hone runs SQL files without psql"));
  EXPECT_THAT(Text("select 1 \\g | sh\n"), HasSubstr("a.sql:1: \\g is a command of psql's that Hone does not follow"));
  for (const char* elsewhere : {"\\connect shop\n", "\\c shop\n", "\\! rm t.csv\n"}) {
    const auto parts = ReadScript(File("a.sql", elsewhere), {});
    ASSERT_FALSE(parts);
    EXPECT_FALSE(NeedsPsql(parts.error())) << elsewhere;
  }
  EXPECT_EQ(Text("\\encoding UTF8\n\\f '|'\nselect 1;"), "\n\nselect 1;");
  const auto latin = ReadScript(File("a.sql", "\\encoding latin1\n"), {});
  EXPECT_TRUE(!latin && NeedsPsql(latin.error()));
  EXPECT_THAT(Text("select 'vacuum' \\gexec\n"), HasSubstr("a.sql:1: \\gexec is a command of psql's"));
  EXPECT_THAT(Text("copy t (a)\n from stdin;\n1\n\\.\n"), HasSubstr("a.sql:2: COPY ... FROM stdin"));
  EXPECT_THAT(Text("\\copy t from 't.csv'"), HasSubstr("seed = \"psql -v ON_ERROR_STOP=1 -f a.sql ${db.url}\""));
}

TEST_F(ScriptTest, IncludesScriptsWithTheirLines) {
  File("parts/b.sql", "\\set n 2\nselect :n;\n");
  const auto parts = ReadScript(File("db/a.sql", "select 1;\n\\i parts/b.sql\nselect :n;\n"), {});
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].text, "select 1;\n");
  EXPECT_EQ((*parts)[1].file.filename(), "b.sql");
  EXPECT_EQ((*parts)[1].text, "\nselect 2;\n");
  EXPECT_EQ((*parts)[2].text, "\n\nselect 2;\n");
  EXPECT_THAT(Text("\\i missing.sql"), HasSubstr("a.sql:1: missing.sql is neither in the file's folder"));
  EXPECT_THAT(Text("\\ir a.sql"), HasSubstr("scripts include one another for ever"));
}

TEST_F(ScriptTest, KeepsOfGooseWhatGoesUp) {
  EXPECT_EQ(Text("-- +goose Up\nselect 1;\n-- +goose Down\n\\copy x\n"), "-- +goose Up\nselect 1;\n\n\n");
}

TEST_F(ScriptTest, UnfinishedTextsEnd) {
  for (const char* text : {"\\", "\\set", "\\set 'x", ":", ":'", ":{?", "\\i", "select ':x", ":\"a"}) {
    const auto parts = ReadScript(File("u.sql", text), {});
    EXPECT_TRUE(!parts || parts->size() <= 1) << text;
  }
}

}  // namespace
}  // namespace hone::pg
