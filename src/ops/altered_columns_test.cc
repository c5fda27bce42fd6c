// Other values in the columns of a real PostgreSQL's tables.
#include "ops/altered_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kTourSchema = R"(
CREATE TABLE guides (id int PRIMARY KEY, bio text NOT NULL);
CREATE TABLE tours (id int PRIMARY KEY, guide_id int NOT NULL, "Terms" text NOT NULL, layout jsonb, tags text[],
                    slogan text CHECK (slogan <> ''), same text NOT NULL, alike text NOT NULL, at timestamptz DEFAULT now());
INSERT INTO guides SELECT n, 'guide of many mountains ' || repeat(md5(n::text), 2) FROM generate_series(1, 3) n;
INSERT INTO tours SELECT n, 1 + n % 3, 'terms and conditions ' || repeat(md5(n::text), 4),
                         jsonb_build_object('plan', repeat(n::text, 40), 'n', n),
                         ARRAY[repeat('a' || n, 20), repeat('b' || n, 20)], 'slogan ' || repeat(md5(n::text), 2),
                         repeat('st', 50), repeat('s', 50)
                  FROM generate_series(1, 12) n;
CREATE TABLE logs (id int, at int, line text) PARTITION BY RANGE (at);
CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (0) TO (10);
CREATE TABLE logs_new PARTITION OF logs FOR VALUES FROM (10) TO (20);
INSERT INTO logs SELECT n, n, 'line ' || repeat(md5(n::text), 2) FROM generate_series(5, 14) n;
)";

class AlteredColumnsTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() {
    MakeServer("work", kTourSchema);
    ASSERT_TRUE(cluster_->databases().MakeTemplate("work"));
  }
  static void TearDownTestSuite() { DropServer(); }
  void SetUp() override { ASSERT_TRUE(cluster_->databases().RestoreFromTemplate("work")); }

  static AlteredColumns Read(const std::string& text) {
    auto read = AlteredColumns::Read(*cluster_, "work", {.statement = {.text = text}, .rows = 0});
    EXPECT_TRUE(read) << base::Sentence(read.error());
    return *std::move(read);
  }

  static std::string Ask(const std::string& what) {
    const auto rows = cluster_->RunSql("work", "SELECT " + what);
    return rows ? rows->rows.at(0).at(0).value_or("NULL") : base::Sentence(rows.error());
  }
};

TEST_F(AlteredColumnsTest, TellsTheColumnsOfTablesThatAreWide) {
  const AlteredColumns columns = Read("SELECT id, \"Terms\", at, repeat(slogan, 3) AS made, layout FROM tours");
  EXPECT_EQ(columns.rows(), 12);
  EXPECT_EQ(columns.columns().at(1).name, "Terms");
  EXPECT_EQ(columns.columns().at(1).bytes, 12 * (21 + 128));
  EXPECT_THAT(columns.Wide(), ElementsAre(1U, 4U));
}

TEST_F(AlteredColumnsTest, SeesWhetherValuesStandInAnAnswer) {
  const AlteredColumns columns = Read("SELECT id, \"Terms\", slogan FROM tours WHERE id = 3");
  const std::string terms = "terms and conditions " + Ask("repeat(md5('3'), 4)");
  EXPECT_TRUE(columns.StandsIn(1, R"({"terms": ")" + terms + R"("})"));
  EXPECT_FALSE(columns.StandsIn(2, R"({"terms": ")" + terms + R"("})"));
}

TEST_F(AlteredColumnsTest, ExchangesTheValuesOfTheRowsThatWereReadOnly) {
  const std::string second = Ask("\"Terms\" FROM tours WHERE id = 2");
  const std::string others = Ask("md5(string_agg(\"Terms\", '' ORDER BY id)) FROM tours WHERE id > 4");
  const std::string all = Ask("md5(string_agg(\"Terms\", '' ORDER BY \"Terms\")) FROM tours");
  AlteredColumns columns = Read("SELECT id, \"Terms\" FROM tours WHERE id <= 4 ORDER BY id");
  EXPECT_EQ(columns.Exchange(1), true);
  EXPECT_EQ(Ask("\"Terms\" FROM tours WHERE id = 1"), second);
  EXPECT_EQ(Ask("md5(string_agg(\"Terms\", '' ORDER BY id)) FROM tours WHERE id > 4"), others);
  EXPECT_EQ(Ask("md5(string_agg(\"Terms\", '' ORDER BY \"Terms\")) FROM tours"), all) << "each is still there once";
}

TEST_F(AlteredColumnsTest, EmptiesWhatWasExchangedByItsType) {
  AlteredColumns columns = Read("SELECT id, \"Terms\", layout, tags FROM tours WHERE id <= 4");
  for (const size_t column : {1U, 2U, 3U}) {
    EXPECT_EQ(columns.Exchange(column), true);
    EXPECT_EQ(columns.Empty(column), true);
  }
  EXPECT_EQ(Ask("string_agg(\"Terms\" || layout::text || tags::text, ' ') FROM tours WHERE id <= 4"),
            "{}{} {}{} {}{} {}{}");
  EXPECT_EQ(Ask("count(*) FROM tours WHERE \"Terms\" = ''"), "4");
}

TEST_F(AlteredColumnsTest, RefusesWhatTheServerRefusesAndWhatChangesNothing) {
  AlteredColumns columns = Read("SELECT id, slogan, same, alike FROM tours ORDER BY id");
  EXPECT_EQ(columns.Exchange(1), true);
  EXPECT_EQ(columns.Empty(1), false) << "its CHECK";
  EXPECT_EQ(columns.Exchange(3), false) << "all have the same value, which is the same from behind";
  EXPECT_EQ(columns.Exchange(2), true) << "all have the same value, but it can be turned round";
  EXPECT_EQ(Ask("count(*) FROM tours WHERE same = repeat('ts', 50)"), "12");
  EXPECT_EQ(columns.Empty(2), true);
}

TEST_F(AlteredColumnsTest, AltersTheRowsOfAJoinThatMakeOneRowEach) {
  AlteredColumns columns =
      Read("SELECT t.id, t.slogan, g.bio FROM tours t JOIN guides g ON g.id = t.guide_id ORDER BY t.id");
  EXPECT_EQ(columns.Exchange(1), true);
  EXPECT_EQ(columns.Exchange(2), false) << "a guide makes several rows";
  EXPECT_EQ(Ask("count(DISTINCT bio) FROM guides"), "3");
}

TEST_F(AlteredColumnsTest, SeesThatOtherRowsOfTheSameTableWereAltered) {
  AlteredColumns columns =
      Read("SELECT t.id, p.\"Terms\" FROM tours t JOIN tours p ON p.id = t.guide_id WHERE t.id > 4 ORDER BY t.id");
  EXPECT_EQ(columns.Exchange(1), false) << "a parent makes several rows, and the children were altered";
}

TEST_F(AlteredColumnsTest, TakesValuesAwayWhereTheyMayBeMissing) {
  AlteredColumns columns = Read("SELECT id, \"Terms\", layout FROM tours ORDER BY id");
  EXPECT_EQ(columns.Clear(1), false);
  EXPECT_EQ(columns.Clear(2), true);
  EXPECT_EQ(Ask("count(*) FROM tours WHERE layout IS NULL"), "12");
}

TEST_F(AlteredColumnsTest, AltersTheRowsOfPartitions) {
  AlteredColumns columns = Read("SELECT id, line FROM logs ORDER BY at");
  EXPECT_EQ(columns.Exchange(1), true);
  EXPECT_EQ(columns.Empty(1), true);
  EXPECT_EQ(Ask("count(*) FROM logs WHERE line = ''"), "10");
}

TEST_F(AlteredColumnsTest, OfAGroupNothingIsAltered) {
  AlteredColumns columns = Read("SELECT guide_id, string_agg(slogan, ',') AS all_of_them FROM tours GROUP BY 1");
  EXPECT_THAT(columns.Wide(), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
