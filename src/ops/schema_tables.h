// The tables of a service's schema, and which of their columns holds values for a parameter of an endpoint. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/source_texts.h"
#include "project/project.h"

namespace hone::ops {

struct SchemaTable {
  std::string name = {};  // as CREATE TABLE has it, with its schema where that stands there: "shop.orders"
  std::vector<std::string> columns = {};  // likewise
};

// What the texts create by CREATE TABLE: SQL files, and Go code that holds such statements. Each name once.
std::vector<SchemaTable> FindTables(const std::vector<SourceText>& texts);

// The column for a parameter: of the table that is called like the first of `nouns` for which there is one ("orders"
// and "order" are alike, and so is the only table whose name ends so: "repair_orders"), the first of `columns` that it
// has.
std::optional<project::OfColumn> FindColumn(const std::vector<SchemaTable>& tables,
                                            const std::vector<std::string>& nouns,
                                            const std::vector<std::string>& columns);

// What a parameter in a path is called after, and where its values may stand: "id" behind "/orders/" is orders.id,
// "order_id" is orders.id too, and "no" behind "/orders/by-tracking/" is orders.tracking_no. `before` is the path up to
// it.
std::optional<project::OfColumn> ColumnOfPath(const std::vector<SchemaTable>& tables, std::string_view before,
                                              std::string_view name);

}  // namespace hone::ops
