// Whose rows a service lists, in a real PostgreSQL.
#include "ops/owner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kOwnerSchema = R"(
CREATE TABLE organisers (id int PRIMARY KEY);
CREATE TABLE cities (code text PRIMARY KEY);
CREATE TABLE events (id int PRIMARY KEY, organiser_id int REFERENCES organisers, city text REFERENCES cities, parent_id int REFERENCES events);
CREATE TABLE speakers (id int PRIMARY KEY, organiser_id int);
CREATE TABLE settings (name text PRIMARY KEY, organiser_id int REFERENCES organisers);
CREATE TABLE halls (id int PRIMARY KEY, city_code text);
INSERT INTO halls SELECT n, CASE WHEN n % 2 = 0 THEN 'B' ELSE 'P' END FROM generate_series(1, 10) n;
INSERT INTO organisers VALUES (1), (2);
INSERT INTO cities VALUES ('B'), ('P');
INSERT INTO events SELECT n, 1 + n % 2, CASE WHEN n < 9 THEN 'B' ELSE 'P' END, 1 FROM generate_series(1, 20) n;
INSERT INTO speakers SELECT n, 1 + n % 2 FROM generate_series(1, 20) n;
INSERT INTO settings SELECT 's' || n, 2 FROM generate_series(1, 5) n;
)";

class FindOwnersTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("work", kOwnerSchema); }
  static void TearDownTestSuite() { DropServer(); }

  static std::vector<Owner> Of(const std::vector<ListedValues>& listed) {
    return FindOwners([](const std::string& text) { return cluster_->RunSql("work", text); }, listed);
  }

  const ListedValues events_ = {{"events", "id"}, {"11", "13", "15", "17"}, 0};
  const ListedValues speakers_ = {{"speakers", "id"}, {"1", "3", "5", "7"}, 1};
};

TEST_F(FindOwnersTest, AreWhatAllListedRowsBelongTo) {
  const std::vector<Owner> owners = Of({events_, speakers_});
  ASSERT_THAT(owners, SizeIs(2));
  EXPECT_EQ(owners[0].row, (project::Within{"public.organisers", "id", "2"})) << "by a key, and by a name";
  EXPECT_EQ(owners[0].lists, 2U);
  EXPECT_EQ(owners[1].row, (project::Within{"public.cities", "code", "P"}));
  EXPECT_EQ(owners[1].lists, 1U);
}

TEST_F(FindOwnersTest, AreTheNarrowerFirstOfAsManyLists) {
  const std::vector<Owner> owners = Of({events_, {{"events", "id"}, {"9", "11", "13", "15"}, 0}});
  ASSERT_THAT(owners, SizeIs(2));
  EXPECT_EQ(owners[0].row.table, "public.organisers");
  EXPECT_EQ(owners[0].lists, 1U) << "two columns of one list are one";
  EXPECT_EQ(owners[0].rows, 10);
  EXPECT_EQ(owners[1].rows, 12);
}

TEST_F(FindOwnersTest, AreFoundByNamesOfOtherKeysToo) {
  const std::vector<Owner> owners = Of({{{"halls", "id"}, {"2", "4", "6", "8"}, 0}});
  ASSERT_THAT(owners, SizeIs(1));
  EXPECT_EQ(owners[0].row, (project::Within{"public.cities", "code", "B"}));
}

TEST_F(FindOwnersTest, AreNoneWhereRowsDiffer) {
  EXPECT_THAT(Of({{{"speakers", "id"}, {"1", "2", "3", "5"}}}), IsEmpty());
  EXPECT_THAT(Of({{{"speakers", "id"}, {"1", "3", "5"}}}), IsEmpty()) << "too few";
  EXPECT_THAT(Of({{{"settings", "name"}, {"s1", "s2", "s3", "s4"}}}), IsEmpty()) << "nobody else has any";
  EXPECT_THAT(Of({{{"nothing", "id"}, {"1", "3", "5", "7"}}}), IsEmpty());
  EXPECT_THAT(Of({}), IsEmpty());
}

}  // namespace
}  // namespace hone::ops
