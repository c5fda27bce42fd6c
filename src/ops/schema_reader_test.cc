#include "ops/schema_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

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

TEST(FindTables, KnowsWhatTheCodeMakesOutOfTypes) {
  const auto tables =
      FindTables({{"1.sql", "CREATE TABLE racks (id int); CREATE INDEX ON barrels (serial);"}},
                 {{"CREATE TABLE racks (other int);"},
                  {"CREATE TABLE barrels (id bigint, serial text, PRIMARY KEY (id)); CREATE INDEX ON barrels (id);"}});
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_THAT(tables[0].columns, ElementsAre("id")) << "what migrations make";
  EXPECT_THAT(tables[1].columns, ElementsAre("id", "serial"));
  EXPECT_THAT(tables[1].indexed, ElementsAre("id", "serial", "id"));
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
      gift text CHECK (kind <> 'gift' OR gift IN ('a', 'b')),
      size text CHECK (size IN ('it''s big')),
      CONSTRAINT money CHECK ((currency)::text = ANY (ARRAY['EUR'::text, 'CHF'::text]))
    );)"}});
  ASSERT_EQ(tables.size(), 1U);
  using Few = std::vector<std::string>;
  EXPECT_THAT(tables[0].choices, testing::UnorderedElementsAre(testing::Pair("kind", Few{"web", "shop"}),
                                                               testing::Pair("status", Few{"new", "paid"}),
                                                               testing::Pair("currency", Few{"EUR", "CHF"}),
                                                               testing::Pair("size", Few{"it's big"})));
}

TEST(FindTables, ReadsWhatIsIndexed) {
  const auto tables = FindTables({{"a.sql", R"(
    CREATE TABLE shop.orders (
      id bigint PRIMARY KEY,
      number text NOT NULL UNIQUE,
      price numeric(10, 2) CHECK (price > 0),
      email text,
      placed_at timestamptz,
      kind text,
      UNIQUE (kind, placed_at)
    );
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS orders_email ON shop.orders USING btree (lower(email));)"},
                                  {"b.sql", "CREATE INDEX ON orders (placed_at DESC, id);"}});
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_THAT(tables[0].indexed, testing::UnorderedElementsAre("id", "number", "kind", "email", "placed_at"));
}

}  // namespace
}  // namespace hone::ops
