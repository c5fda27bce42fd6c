// The tables of a service's schema, and which of their columns holds values for a parameter of an endpoint. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "project/project.h"

namespace hone::ops {

struct SchemaTable {
  std::string name = {};  // as CREATE TABLE has it, with its schema where that stands there: "shop.orders"
  std::vector<std::string> columns = {};  // likewise
  std::vector<std::string> indexed = {};  // columns that an index, a key or a unique constraint begins with
  // The texts that a column may have, where an enum or a CHECK lists them.
  std::map<std::string, std::vector<std::string>> choices = {};
  std::vector<std::string> times = {};  // columns of days or times
};

// The column for a parameter: of the table that is called like the first of `nouns` for which there is one ("orders"
// and "order" are alike, and so is the only table whose name ends so: "repair_orders"), the first of `columns` that it
// has.
std::optional<project::OfColumn> FindColumn(const std::vector<SchemaTable>& tables,
                                            const std::vector<std::string>& nouns,
                                            const std::vector<std::string>& columns);

// The column that the code's statements compare a value with, where one of their tables alone has it.
std::optional<project::OfColumn> ColumnCompared(const std::vector<SchemaTable>& tables,
                                                const std::optional<golang::Compared>& compared);

// Whether an index, a key or a unique constraint begins with the column.
bool IsIndexed(const std::vector<SchemaTable>& tables, const project::OfColumn& of);

// Whether it is a column of days or times.
bool IsOfTime(const std::vector<SchemaTable>& tables, const project::OfColumn& of);

// The texts that the schema allows for a member of a body sent to `path` that is called like a column: of the table
// that the path names, or else of all tables with such a column, if they allow the same. Empty: any, or not known.
std::vector<std::string> ChoicesOf(const std::vector<SchemaTable>& tables, std::string_view path,
                                   const std::string& column);

// What a parameter in a path is called after, and where its values may stand: "id" behind "/orders/" is orders.id,
// "order_id" is orders.id too. `before` is the path up to it.
std::optional<project::OfColumn> ColumnOfPath(const std::vector<SchemaTable>& tables, std::string_view before,
                                              std::string_view name);

// A guess where that gives nothing: "no" behind "/orders/by-tracking/" is orders.tracking_no (NamedBehind).
std::optional<project::OfColumn> ColumnBehindWord(const std::vector<SchemaTable>& tables, std::string_view before,
                                                  std::string_view name);

// Whether the rows of a table belong to what a path names: variants with a product_id to "/products".
bool IsPartOf(const std::vector<SchemaTable>& tables, const std::string& table, std::string_view path);

// Whether the rows of a table belong to those of an outer one, by columns called so ("depot_id"): they refer to it, or
// to a table that does.
bool BelongTo(const std::vector<SchemaTable>& tables, const std::string& table, const std::string& outer);

// A guess for a day that a path is asked with: a column of days or times of the table that the path names, or of one
// whose rows belong to what it names, or else of any; where there is a choice the one that is called like the
// parameter, and none that says when a row was written.
std::optional<project::OfColumn> ColumnOfDays(const std::vector<SchemaTable>& tables, std::string_view path,
                                              std::string_view name);

// A guess: the column of that name of the only table with one whose rows belong to what a path names. "email" behind
// "/customers/lookup" is contacts.email.
std::optional<project::OfColumn> ColumnOfPart(const std::vector<SchemaTable>& tables, std::string_view path,
                                              std::string_view name);

// For a text that names a thing: "venue_slug" is venues.slug.
std::optional<project::OfColumn> ColumnOfThing(const std::vector<SchemaTable>& tables, std::string_view name);

// For a text that is called like a thing: "tariff" is tariffs.slug, where an index begins with it.
std::optional<project::OfColumn> ColumnNaming(const std::vector<SchemaTable>& tables, std::string_view thing);

// A guess for one of a list of texts by its name alone: "serial" is items.serial or items.serial_code, where that is
// the only such column and an index begins with it.
std::optional<project::OfColumn> ColumnOfText(const std::vector<SchemaTable>& tables, std::string_view name);

// A guess for a collection that is no table: behind "/references/" stands samples.reference, where one table alone has
// such a column.
std::optional<project::OfColumn> ColumnAfterCollection(const std::vector<SchemaTable>& tables, std::string_view before);

}  // namespace hone::ops
