// Rows counted in a real PostgreSQL.
#include "ops/busiest_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ops/cluster_for_test.h"

namespace hone::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kBusySchema = R"(
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE shop.orders (id int PRIMARY KEY, buyer int REFERENCES shop.customers);
CREATE TABLE shop.customer_notes (id int, customer_id int, author_id int);
CREATE TABLE shop.visits (customer_id text, shop_id int);
CREATE TABLE regions (id int PRIMARY KEY, slug text, parent_id int REFERENCES regions);
CREATE TABLE prices (region_id int NOT NULL REFERENCES regions, n int);
CREATE TABLE "Odd Things" ("Key" text PRIMARY KEY);
CREATE TABLE parts (thing text REFERENCES "Odd Things");
CREATE TABLE lonely (id int PRIMARY KEY);
CREATE TABLE boats (id int PRIMARY KEY);
CREATE TABLE trips (boat_id int);
CREATE TABLE repairs (boat_id int REFERENCES boats);
INSERT INTO boats VALUES (1), (2), (3);
INSERT INTO trips SELECT CASE WHEN n <= 7 THEN 1 WHEN n <= 13 THEN 2 ELSE 3 END FROM generate_series(1, 25) n;
INSERT INTO repairs SELECT CASE WHEN n <= 9 THEN 1 ELSE 3 END FROM generate_series(1, 13) n;
INSERT INTO shop.customers SELECT n, 'c' || n FROM generate_series(1, 100) n;
INSERT INTO shop.orders SELECT n, CASE WHEN n <= 20 THEN 7 ELSE 1 + n % 100 END FROM generate_series(1, 90) n;
INSERT INTO shop.customer_notes SELECT n, CASE WHEN n <= 600 THEN 8 WHEN n <= 640 THEN 9 ELSE n % 100 END, 3 FROM generate_series(1, 800) n;
INSERT INTO shop.visits SELECT '5', 1 FROM generate_series(1, 50);
INSERT INTO regions SELECT n, 's' || n, CASE WHEN n > 1 THEN (n + 4) / 6 END FROM generate_series(1, 40) n;
INSERT INTO prices SELECT 39, n FROM generate_series(1, 5) n;
INSERT INTO "Odd Things" VALUES ('a b'), ('it''s');
INSERT INTO parts SELECT 'it''s' FROM generate_series(1, 4);
)";

class BusiestValuesTest : public ClusterTest {
 protected:
  static void SetUpTestSuite() { MakeServer("work", kBusySchema); }
  static void TearDownTestSuite() { DropServer(); }

  // "value rows table", in their order.
  static std::vector<std::string> Busiest(const std::string& table, const std::string& column,
                                          std::string_view after = "") {
    auto values =
        BusiestValues([](const std::string& text) { return cluster_->RunSql("work", text); }, {table, column});
    EXPECT_TRUE(values) << base::Sentence(values.error());
    std::vector<std::string> told;
    if (!values) return told;
    PutNamedFirst(after, *values);
    for (const BusiestValue& each : *values)
      told.push_back(each.value + " " + std::to_string(each.rows) + " " + each.table);
    return told;
  }
};

TEST_F(BusiestValuesTest, AreOfForeignKeysAndOfColumnsThatAreCalledSo) {
  EXPECT_THAT(Busiest("shop.customers", "code"), ElementsAre("c9 41 customer_notes", "c7 20 orders"))
      << "600 notes are too many, and a text is no key of a number";
  EXPECT_THAT(Busiest("shop.customers", "id", "/orders"), ElementsAre("7 20 orders", "9 41 customer_notes"));
  EXPECT_THAT(Busiest("shop.customers", "id", "/all/notes"), ElementsAre("9 41 customer_notes", "7 20 orders"));
}

TEST_F(BusiestValuesTest, AreOfTreesToo) {
  EXPECT_THAT(Busiest("regions", "slug", "/tree"), ElementsAre("s1 39 regions", "s2 6 regions", "s39 5 prices"));
}

TEST_F(BusiestValuesTest, AreThoseWithHalfAsManyToo) {
  EXPECT_THAT(Busiest("boats", "id"), ElementsAre("3 12 trips", "1 9 repairs", "2 6 trips", "3 4 repairs"))
      << "the lesser ones come last, also where they have more rows than others";
  EXPECT_THAT(Busiest("boats", "id", "/repairs"), ElementsAre("1 9 repairs", "3 4 repairs", "3 12 trips", "2 6 trips"));
}

TEST_F(BusiestValuesTest, QuotesNames) { EXPECT_THAT(Busiest("Odd Things", "Key"), ElementsAre("it's 4 parts")); }

TEST_F(BusiestValuesTest, AreNoneWhereNothingRefersToThem) {
  EXPECT_THAT(Busiest("lonely", "id"), IsEmpty());
  EXPECT_THAT(Busiest("no_table", "id"), IsEmpty());
}

TEST_F(BusiestValuesTest, SayWhatTheServerSaysOfAColumnThatIsNotThere) {
  const auto values =
      BusiestValues([](const std::string& text) { return cluster_->RunSql("work", text); }, {"regions", "colour"});
  ASSERT_FALSE(values);
  EXPECT_THAT(base::Sentence(values.error()), ::testing::HasSubstr("colour"));
}

}  // namespace
}  // namespace hone::ops
