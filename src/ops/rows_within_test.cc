// Rows of a tenant, in a real PostgreSQL.
#include "ops/rows_within.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::string_view kTenantSchema = R"(
CREATE SCHEMA core;
CREATE TABLE core.orgs (id int PRIMARY KEY, slug text);
CREATE TABLE orders (id int PRIMARY KEY, org_id int REFERENCES core.orgs);
CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders);
CREATE TABLE "Crates" (id int PRIMARY KEY, org_id int REFERENCES core.orgs);
CREATE TABLE bottles (id int PRIMARY KEY, crate_id int REFERENCES "Crates");
CREATE TABLE moods (id int PRIMARY KEY);
INSERT INTO core.orgs VALUES (1, 'north'), (2, 'it''s south');
INSERT INTO "Crates" VALUES (1, 1), (2, 2);
INSERT INTO bottles VALUES (11, 1), (21, 2);
INSERT INTO orders SELECT n, 1 + n % 2 FROM generate_series(1, 6) n;
INSERT INTO lines SELECT 10 * o + n, o FROM generate_series(1, 6) o, generate_series(1, 2) n;
INSERT INTO moods SELECT generate_series(1, 3);
)";

class RowsWithinTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("work", kTenantSchema); }
  static void TearDownTestSuite() { DropServer(); }

  static std::vector<std::string> Ids(const std::string& table, const std::string& slug) {
    project::OfColumn of{table, "id"};
    of.within = project::Within{"core.orgs", "slug", slug};
    const auto ask = [](const std::string& text) { return cluster_->RunSql("work", text); };
    const auto rows_of = RowsWithin(ask, of);
    EXPECT_TRUE(rows_of) << base::Sentence(rows_of.error());
    const auto rows = ask("SELECT id FROM " + rows_of.value_or("") + " AS own ORDER BY id");
    EXPECT_TRUE(rows) << base::Sentence(rows.error());
    std::vector<std::string> ids;
    for (size_t i = 0; rows && i < rows->rows.size(); ++i) ids.push_back(rows->rows[i].at(0).value_or(""));
    return ids;
  }
};

TEST_F(RowsWithinTest, AreThoseThatReferToTheTenant) {
  EXPECT_THAT(Ids("orders", "north"), ElementsAre("2", "4", "6"));
  EXPECT_THAT(Ids("orders", "it's south"), ElementsAre("1", "3", "5"));
}

TEST_F(RowsWithinTest, MayReferToItThroughATableBetween) {
  EXPECT_THAT(Ids("lines", "north"), ElementsAre("21", "22", "41", "42", "61", "62"));
  EXPECT_THAT(Ids("bottles", "north"), ElementsAre("11")) << "of a table with a quoted name";
}

TEST_F(RowsWithinTest, AreAllWhereNothingRefersToIt) { EXPECT_THAT(Ids("moods", "north"), SizeIs(3)); }

TEST_F(RowsWithinTest, OfTheTenantsThemselvesAreThatOne) { EXPECT_THAT(Ids("core.orgs", "north"), ElementsAre("1")); }

TEST_F(RowsWithinTest, AreRefusedWithoutItsTable) {
  project::OfColumn of{"orders", "id"};
  of.within = project::Within{"tenants", "slug", "north"};
  const auto rows = RowsWithin([](const std::string& text) { return cluster_->RunSql("work", text); }, of);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().what, "There is no table tenants for `within`");
}

TEST_F(RowsWithinTest, OfNoTenantAreTheTable) {
  const auto rows =
      RowsWithin([](const std::string& text) { return cluster_->RunSql("work", text); }, {"orders", "id"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, "\"orders\"");
}

}  // namespace
}  // namespace hone::ops
