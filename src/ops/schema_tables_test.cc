#include "ops/schema_tables.h"

#include <gtest/gtest.h>

namespace hone::ops {
namespace {

std::string Text(const std::optional<project::OfColumn>& of) { return of ? of->table + "." + of->column : "none"; }

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

TEST(ColumnCompared, IsOfTheOnlyOneOfItsTablesThatHasIt) {
  const std::vector<SchemaTable> tables = {
      {"shop.orders", {"id", "Code"}}, {"lines", {"id", "order_id"}}, {"prices", {"code"}}};
  EXPECT_EQ(Text(ColumnCompared(tables, golang::Compared{{"orders"}, "code"})), "shop.orders.Code");
  EXPECT_EQ(Text(ColumnCompared(tables, golang::Compared{{"shop.orders", "lines"}, "order_id"})), "lines.order_id");
  EXPECT_EQ(Text(ColumnCompared(tables, golang::Compared{{"orders", "lines"}, "id"})), "none") << "both have it";
  EXPECT_EQ(Text(ColumnCompared(tables, golang::Compared{{"lines"}, "code"})), "none");
  EXPECT_EQ(Text(ColumnCompared(tables, golang::Compared{{}, "code"})), "none");
  EXPECT_EQ(Text(ColumnCompared(tables, std::nullopt)), "none");
}

TEST(ColumnAfterCollection, IsTheOnlyOneOfThatName) {
  const std::vector<SchemaTable> tables = {{.name = "samples", .columns = {"id", "reference", "city"}},
                                           {.name = "sites", .columns = {"id", "city"}}};
  const auto of = ColumnAfterCollection(tables, "/api/references/");
  ASSERT_TRUE(of);
  EXPECT_EQ(of->table + "." + of->column, "samples.reference");
  EXPECT_FALSE(ColumnAfterCollection(tables, "/cities/")) << "one of two";
  EXPECT_FALSE(ColumnAfterCollection(tables, "/samples/")) << "a table";
}

TEST(ColumnBehindWord, IsOfTheTableAboveTheWordThatNamesIt) {
  const std::vector<SchemaTable> tables = {{"objects", {"id", "accession_no", "title"}},
                                           {"loans", {"id", "reference", "start_on", "start_at"}},
                                           {"parcels", {"id", "tracking_no", "name", "owner", "city_id"}}};
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/objects/by-accession/", "no")), "objects.accession_no");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/loans/by-reference/", "ref")), "loans.reference");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/loans/find/", "ref")), "loans.reference");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/parcels/track/", "no")), "parcels.tracking_no");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/parcels/by-owner/", "name")), "parcels.owner");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/parcels/named/", "name")), "parcels.name");
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/loans/by-start/", "day")), "none") << "two begin so";
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/parcels/in/", "city")), "none") << "another thing's number";
  EXPECT_EQ(Text(ColumnBehindWord(tables, "/loans/by-museum/", "id")), "none") << "another thing's";
}

TEST(ColumnOfDays, IsLikelyAskedBy) {
  const std::vector<SchemaTable> tables = {
      {.name = "schema_versions", .columns = {"applied_at"}, .indexed = {"applied_at"}, .times = {"applied_at"}},
      {.name = "snapshots", .columns = {"taken_at"}, .times = {"taken_at"}},
      {.name = "visits", .columns = {"seen_on"}, .indexed = {"seen_on"}, .times = {"seen_on"}}};
  EXPECT_EQ(ColumnOfDays(tables, "/reports/load", "from")->table, "visits");
  EXPECT_EQ(ColumnOfDays({tables[0], tables[1]}, "/reports/load", "from")->table, "snapshots");
  EXPECT_FALSE(ColumnOfDays({tables[0]}, "/reports/load", "from"));
}

}  // namespace
}  // namespace hone::ops
