// Rows taken out of a real PostgreSQL.
#include "ops/thinned_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

constexpr std::string_view kThinnedSchema = R"(
CREATE TABLE owners (id int PRIMARY KEY, name text);
CREATE TABLE bikes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner_id int REFERENCES owners, name text);
CREATE TABLE orders (id int PRIMARY KEY, bike_id int NOT NULL REFERENCES bikes);
CREATE TABLE "Odd Name" (k int, PRIMARY KEY (k)) PARTITION BY RANGE (k);
CREATE TABLE low PARTITION OF "Odd Name" FOR VALUES FROM (0) TO (10);
CREATE TABLE high PARTITION OF "Odd Name" FOR VALUES FROM (10) TO (100);
CREATE VIEW seen AS SELECT id, owner_id FROM bikes;
CREATE TABLE told (what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told VALUES ('gone'); RETURN OLD; END $$;
CREATE TRIGGER on_delete BEFORE DELETE ON bikes FOR EACH ROW EXECUTE FUNCTION tell();
INSERT INTO owners VALUES (1, 'a'), (2, 'b');
INSERT INTO bikes (owner_id, name) SELECT 1 + n % 2, 'bike ' || n FROM generate_series(1, 20) n;
INSERT INTO orders SELECT id, id FROM bikes;
INSERT INTO "Odd Name" SELECT generate_series(0, 19);
)";

class ThinnedRowsTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() {
    MakeServer("work", kThinnedSchema);
    ASSERT_TRUE(cluster_->databases().MakeTemplate("work"));
  }
  static void TearDownTestSuite() { DropServer(); }
  void SetUp() override { ASSERT_TRUE(cluster_->databases().RestoreFromTemplate("work")); }

  static sql::LoopSource Source(const std::string& text, int64_t rows, const std::vector<std::string>& values = {}) {
    auto bind = std::make_shared<sql::RecordedBind>();
    bind->oids.assign(values.size(), 0);
    for (const std::string& value : values) bind->values.emplace_back(value);
    return {.statement = {.text = text, .bind = std::move(bind)}, .rows = rows};
  }

  static std::optional<ThinnedRows> Find(const sql::LoopSource& source) {
    auto rows = ThinnedRows::Find(*cluster_, "work", source);
    EXPECT_TRUE(rows) << base::Sentence(rows.error());
    return rows ? *std::move(rows) : std::nullopt;
  }

  static std::string Count(const std::string& what) {
    const auto rows = cluster_->RunSql("work", "SELECT count(*) FROM " + what);
    return rows ? rows->rows.at(0).at(0).value_or("") : base::Sentence(rows.error());
  }
};

TEST_F(ThinnedRowsTest, TakesAwayWhatTheSourceReturnsAndNothingElse) {
  auto rows = Find(Source("SELECT id, name FROM bikes WHERE owner_id = $1 ORDER BY id", 10, {"2"}));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows(), 10);
  for (const int64_t left : {10, 5, 3}) {
    EXPECT_EQ(rows->Keep(left, 1), true);
    EXPECT_EQ(Count("bikes WHERE owner_id = 2"), std::to_string(left));
  }
  EXPECT_EQ(Count("bikes WHERE owner_id = 1"), "10");
  EXPECT_EQ(Count("orders"), "20") << "no foreign key sees it";
  EXPECT_EQ(Count("told"), "0") << "no trigger either";
  EXPECT_EQ(rows->Keep(4, 1), false) << "there are three left";
}

TEST_F(ThinnedRowsTest, KeepsTheRowsThatAreNamed) {
  auto rows = Find(Source("SELECT id, name FROM bikes ORDER BY id LIMIT 8", 8));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->KeepThese({1, 4, 7}), true);
  const auto left = rows->Read();
  ASSERT_TRUE(left);
  ASSERT_EQ(left->rows.size(), 3U);
  EXPECT_EQ(left->rows[0].at(0), "2");
  EXPECT_EQ(left->rows[2].at(0), "8");
  EXPECT_EQ(Count("bikes"), "3") << "what would come instead is gone, too";
  EXPECT_EQ(Count("told"), "0");
}

TEST_F(ThinnedRowsTest, LetsNoOthersComeBehindALimit) {
  for (const auto& source : {Source("SELECT id FROM bikes ORDER BY id DESC LIMIT 8", 8),
                             Source("SELECT id FROM bikes WHERE id > $2 ORDER BY id DESC LIMIT $1", 8, {"8", "0"})}) {
    ASSERT_TRUE(cluster_->databases().RestoreFromTemplate("work"));
    auto rows = Find(source);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->rows(), 8);
    EXPECT_EQ(rows->Keep(8, 1), true);
    EXPECT_EQ(Count("bikes"), "8") << "the others go at once";
    EXPECT_EQ(rows->Keep(4, 1), true);
    EXPECT_EQ(Count("bikes"), "4");
    EXPECT_EQ(Count("bikes WHERE id > 12"), "4") << "of those that it returned";
    rows.reset();
  }
}

TEST_F(ThinnedRowsTest, DoesNotServeWhereOthersComeInstead) {
  auto rows = Find(Source("SELECT id FROM bikes ORDER BY id LIMIT 4 + 4", 8));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->Keep(8, 1), true);
  EXPECT_EQ(rows->Keep(4, 1), false);
}

TEST_F(ThinnedRowsTest, TakesGroupsWithAllTheirRows) {
  for (const auto& source : {Source("SELECT k / 4, count(*) FROM \"Odd Name\" GROUP BY k / 4 ORDER BY 2", 5),
                             Source("SELECT DISTINCT k / 4 FROM \"Odd Name\" LIMIT 5", 5)}) {
    ASSERT_TRUE(cluster_->databases().RestoreFromTemplate("work"));
    auto rows = Find(source);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->Keep(3, 1), true);
    EXPECT_EQ(Count("\"Odd Name\""), "12");
    EXPECT_EQ(rows->Keep(1, 1), true);
    EXPECT_EQ(Count("\"Odd Name\""), "4");
    rows.reset();
  }
}

TEST_F(ThinnedRowsTest, TakesTheTableThatHasARowForEachOfTheAnswers) {
  auto rows = Find(
      {Source("SELECT o.name, b.name FROM owners o JOIN bikes b ON b.owner_id = o.id WHERE o.id = $1", 10, {"1"})});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->Keep(1, 1), true);
  EXPECT_EQ(Count("owners"), "2");
  EXPECT_EQ(Count("bikes"), "11");
}

TEST_F(ThinnedRowsTest, KnowsPartitionsAndNamesThatNeedQuotes) {
  auto rows = Find(Source("SELECT k FROM \"Odd Name\" ORDER BY k", 20));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->Keep(2, 1), true);
  EXPECT_EQ(Count("\"Odd Name\""), "2");
}

TEST_F(ThinnedRowsTest, TakesGroupsOverAJoin) {
  auto rows = Find(Source("SELECT b.id, count(x) FROM bikes b JOIN generate_series(1, 3) x ON true GROUP BY b.id", 20));
  ASSERT_TRUE(rows) << "a bike stands three times in its own group";
  EXPECT_EQ(rows->Keep(5, 1), true);
  EXPECT_EQ(Count("bikes"), "5");
}

TEST_F(ThinnedRowsTest, FindsNoPlaceForRowsOfSeveral) {
  EXPECT_FALSE(Find(Source("SELECT count(*) FROM owners o JOIN bikes b ON true GROUP BY o.id, b.owner_id", 4)));
  EXPECT_FALSE(Find(Source("SELECT id FROM seen", 20))) << "a view";
  EXPECT_FALSE(Find(Source("SELECT b.id FROM owners b, owners c, owners d", 8))) << "each row several times";
  EXPECT_FALSE(Find(Source("SELECT id FROM bikes", 19))) << "other rows than the service got";
  EXPECT_FALSE(Find(Source("SELECT broken FROM", 3)));
}

}  // namespace
}  // namespace hone::ops
