// Elements taken out of lists in a real PostgreSQL.
#include "ops/thinned_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

constexpr std::string_view kListsSchema = R"(
CREATE DOMAIN json_tags AS text[];
CREATE TABLE plans (id int PRIMARY KEY, slug text, part_ids int[] NOT NULL, "Layout" jsonb, notes json,
                    small int[] CHECK (cardinality(small) > 7));
CREATE TABLE logs (id int PRIMARY KEY, raw json, marks json_tags, bad json);
INSERT INTO logs VALUES (1, '{"z": [1.50, 2, 3, 4], "a": {"b": [5, 6, 7, 8, 9, 10]}}', ARRAY['x', 'y', 'z'], '"\u0000"');
CREATE TABLE kinds (id int PRIMARY KEY, plan_id int, tags text[] NOT NULL DEFAULT '{}');
INSERT INTO plans SELECT n, 'plan-' || n, ARRAY(SELECT generate_series(1, 12)),
                         '{"title": "t", "plates": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}]}', '{"a": 1}',
                         ARRAY(SELECT generate_series(1, 8))
                  FROM generate_series(1, 3) n;
INSERT INTO kinds SELECT n, 1, ARRAY['a', 'b', 'c', 'd'] FROM generate_series(1, 5) n;
)";

class ThinnedElementsTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() {
    MakeServer("work", kListsSchema);
    ASSERT_TRUE(cluster_->databases().MakeTemplate("work"));
  }
  static void TearDownTestSuite() { DropServer(); }
  void SetUp() override { ASSERT_TRUE(cluster_->databases().RestoreFromTemplate("work")); }

  static std::optional<ThinnedElements> Find(const std::string& text, int64_t rows, int64_t calls,
                                             const std::vector<std::string>& values = {}) {
    auto bind = std::make_shared<sql::RecordedBind>();
    bind->oids.assign(values.size(), 0);
    for (const std::string& value : values) bind->values.emplace_back(value);
    auto found = ThinnedElements::Find(*cluster_, "work",
                                       {.statement = {.text = text, .bind = std::move(bind)}, .rows = rows}, calls);
    EXPECT_TRUE(found) << base::Sentence(found.error());
    return found ? *std::move(found) : std::nullopt;
  }

  static std::string Ask(const std::string& what) {
    const auto rows = cluster_->RunSql("work", "SELECT " + what);
    return rows ? rows->rows.at(0).at(0).value_or("NULL") : base::Sentence(rows.error());
  }
};

TEST_F(ThinnedElementsTest, LeavesTheFirstOfAnArrayInTheRowsOfTheSourceOnly) {
  auto lists = Find("SELECT id, part_ids FROM plans WHERE slug = $1", 1, 12, {"plan-2"});
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->elements(), 12);
  EXPECT_EQ(lists->Keep(12), 12);
  EXPECT_EQ(lists->Keep(6), 6);
  EXPECT_EQ(Ask("part_ids FROM plans WHERE id = 2"), "{1,2,3,4,5,6}");
  EXPECT_EQ(lists->Keep(3), 3);
  EXPECT_EQ(Ask("part_ids FROM plans WHERE id = 2"), "{1,2,3}");
  EXPECT_EQ(Ask("cardinality(part_ids) FROM plans WHERE id = 1"), "12");
}

TEST_F(ThinnedElementsTest, LeavesTheFirstOfAListInADocument) {
  auto lists = Find(R"(SELECT p."Layout" FROM plans p WHERE id = 1)", 1, 5);
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->elements(), 5);
  EXPECT_EQ(lists->Keep(2), 2);
  EXPECT_EQ(Ask(R"("Layout" FROM plans WHERE id = 1)"), R"({"title": "t", "plates": [{"id": 1}, {"id": 2}]})");
  EXPECT_EQ(lists->Keep(1), 1) << "fewer than a list has";
  EXPECT_EQ(Ask(R"("Layout" FROM plans WHERE id = 1)"), R"({"title": "t", "plates": [{"id": 1}]})");
}

TEST_F(ThinnedElementsTest, TakesTheColumnWithAsManyElementsAsThereAreCalls) {
  EXPECT_EQ(Find("SELECT * FROM plans WHERE id = 1", 1, 6)->elements(), 5);
  EXPECT_EQ(Find("SELECT * FROM plans WHERE id = 1", 1, 11)->elements(), 12);
  EXPECT_EQ(Find("SELECT k.tags, p.part_ids FROM plans p JOIN kinds k ON k.id = p.id ORDER BY p.id", 3, 11)->elements(),
            12)
      << "of three kinds";
}

TEST_F(ThinnedElementsTest, CountsTheListsOfAllRows) {
  auto lists = Find("SELECT tags FROM kinds WHERE plan_id = 1 LIMIT 3", 3, 12);
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->elements(), 12);
  EXPECT_EQ(lists->Keep(6), 6);
  EXPECT_EQ(Ask("sum(cardinality(tags)) FROM kinds"), "14");
  EXPECT_EQ(lists->Keep(2), 3) << "at least one in each row";
}

TEST_F(ThinnedElementsTest, TakesOneListOfADocumentInTheOrderOfItsMembers) {
  EXPECT_EQ(Find("SELECT raw FROM logs", 1, 6)->elements(), 6);
  auto lists = Find("SELECT RAW, bad FROM logs WHERE id = 1", 1, 4);
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->elements(), 4);
  EXPECT_EQ(lists->Keep(4), 4);
  EXPECT_EQ(Ask("raw::text FROM logs"), R"({"z": [1.50, 2, 3, 4], "a": {"b": [5, 6, 7, 8, 9, 10]}})") << "untouched";
  EXPECT_EQ(lists->Keep(2), 2);
  EXPECT_EQ(Ask("raw::text FROM logs"), R"({"z":[1.5,2],"a":{"b":[5,6,7,8,9,10]}})");
}

TEST_F(ThinnedElementsTest, LooksBehindTheNameOfADomain) {
  auto lists = Find("SELECT marks FROM logs", 1, 3);
  ASSERT_TRUE(lists);
  EXPECT_EQ(lists->Keep(2), 2);
  EXPECT_EQ(Ask("marks FROM logs"), "{x,y}");
}

TEST_F(ThinnedElementsTest, FindsNoneWhereNoListIsRead) {
  EXPECT_FALSE(Find("SELECT id, slug FROM plans WHERE id = 1", 1, 12));
  EXPECT_FALSE(Find("SELECT notes FROM plans WHERE id = 1", 1, 12)) << "one member";
  EXPECT_FALSE(Find("SELECT count(*) * 2, id FROM plans GROUP BY id", 3, 12)) << "no star of columns";
  EXPECT_FALSE(Find("SELECT broken FROM", 1, 12));
}

TEST_F(ThinnedElementsTest, SaysWhereItCannot) {
  auto checked = Find("SELECT small FROM plans WHERE id = 1", 1, 8);
  ASSERT_TRUE(checked);
  EXPECT_FALSE(checked->Keep(4)) << "a constraint wants eight";
  auto changed = Find("SELECT part_ids FROM plans WHERE id = 3", 1, 12);
  ASSERT_TRUE(changed);
  ASSERT_TRUE(cluster_->RunSql("work", "UPDATE plans SET slug = 'other' WHERE id = 3"));
  EXPECT_EQ(changed->Keep(6), -1) << "the row has moved";
}

}  // namespace
}  // namespace hone::ops
