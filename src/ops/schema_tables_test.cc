#include "ops/schema_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string Text(const std::optional<project::OfColumn>& of) { return of ? of->table + "." + of->column : "none"; }

TEST(FindTables, ReadsCreateTable) {
  const auto tables = FindTables({{"db/1.sql", R"(-- the first
CREATE TABLE IF NOT EXISTS shop.Orders (
  id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id), "Total" numeric(10, 2) DEFAULT (1 + 2),
  CONSTRAINT positive CHECK ("Total" > 0), UNIQUE (customer_id, id)
);
create unlogged table x; -- no columns
CREATE TABLE orders_2026 PARTITION OF shop.orders FOR VALUES FROM (1) TO (2);
CREATE TABLE cut (id int,)"},
                                  {"main.go", "const schema = `create table notes (id int, body text)`\n"},
                                  {"README.md", "create table prose (id int)"}});
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].name, "shop.orders");
  EXPECT_THAT(tables[0].columns, ElementsAre("id", "customer_id", "Total"));
  EXPECT_EQ(tables[1].name, "notes");
  EXPECT_THAT(tables[1].columns, ElementsAre("id", "body"));
  EXPECT_THAT(FindTables({{"a.sql", "create table"}, {"b.sql", "create table ("}, {"c.sql", "create table a b c"}}),
              IsEmpty());
}

TEST(FindTables, ReadsWhatAColumnMayHold) {
  const auto tables = FindTables({{"a.sql", R"(
    CREATE TYPE shop.order_kind AS ENUM ('web', 'shop');
    CREATE TABLE shop.orders (
      id bigint PRIMARY KEY CHECK (id IN (1, 2)),
      kind shop.order_kind NOT NULL,
      status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid')),
      currency char(3),
      note text CHECK (note <> 'x'),
      CONSTRAINT money CHECK ((currency)::text = ANY (ARRAY['EUR'::text, 'CHF'::text]))
    );)"}});
  ASSERT_EQ(tables.size(), 1U);
  using Few = std::vector<std::string>;
  EXPECT_THAT(tables[0].choices, testing::UnorderedElementsAre(testing::Pair("kind", Few{"web", "shop"}),
                                                               testing::Pair("status", Few{"new", "paid"}),
                                                               testing::Pair("currency", Few{"EUR", "CHF"})));
}

TEST(ColumnOfPath, IsOfTheTableThatTheParameterIsCalledAfter) {
  const std::vector<SchemaTable> tables = {{"repair_orders", {"id", "no"}},
                                           {"public.categories", {"id", "slug"}},
                                           {"staff_boxes", {"id"}},
                                           {"old_boxes", {"id"}},
                                           {"address", {"id"}},
                                           {"buses", {"ID"}}};
  EXPECT_EQ(Text(ColumnOfPath(tables, "/api/orders/", "id")), "repair_orders.id") << "the only one that ends so";
  EXPECT_EQ(Text(ColumnOfPath(tables, "/api/categories/", "slug")), "public.categories.slug");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/things/", "category_id")), "public.categories.id");
  EXPECT_EQ(Text(ColumnOfPath(tables, "", "categoryID")), "public.categories.id");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/boxes/", "id")), "none") << "there are two";
  EXPECT_EQ(Text(ColumnOfPath(tables, "/old-boxes/", "id")), "old_boxes.id");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/address/", "id")), "address.id");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/bus/", "id")), "buses.ID");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/categories/", "name")), "none") << "it has no such column";
  EXPECT_EQ(Text(ColumnOfPath(tables, "", "id")), "none");
}

TEST(ColumnOfPath, IsOfTheTableAboveTheWordThatNamesIt) {
  const std::vector<SchemaTable> tables = {{"objects", {"id", "accession_no", "title"}},
                                           {"loans", {"id", "reference", "start_on", "start_at"}},
                                           {"parcels", {"id", "tracking_no", "name", "owner"}}};
  EXPECT_EQ(Text(ColumnOfPath(tables, "/objects/by-accession/", "no")), "objects.accession_no");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/loans/by-reference/", "ref")), "loans.reference");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/loans/find/", "ref")), "loans.reference");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/parcels/track/", "no")), "parcels.tracking_no");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/parcels/by-owner/", "name")), "parcels.owner");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/parcels/named/", "name")), "parcels.name");
  EXPECT_EQ(Text(ColumnOfPath(tables, "/loans/by-start/", "day")), "none") << "two begin so";
  EXPECT_EQ(Text(ColumnOfPath(tables, "/loans/by-museum/", "id")), "none") << "another thing's";
}

}  // namespace
}  // namespace hone::ops
