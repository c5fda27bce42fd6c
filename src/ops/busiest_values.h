// Which values of a column name rows that many others refer to: the customer with most orders.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ops/table_references.h"
#include "project/project.h"

namespace hone::ops {

struct BusiestValue {
  std::string value = {};
  std::string table = {};  // whose rows refer to it, without its schema
  int64_t rows = 0;        // so many
  bool lesser = false;     // of a table that is no tree: the one with most of those with at most half as many
};

// More rows would show no more of a loop, and take long.
inline constexpr int64_t kMostRowsBehind = 500;
// As many as anybody lists.
inline constexpr int64_t kFewestRowsBehind = 4;

// For each table that refers to that of the column, by a foreign key of one column or by a column that is called so
// ("order_id" to orders.id): the value with most of its rows behind it, of those with kFewestRowsBehind to
// kMostRowsBehind, and the one with most of those with at most half as many, since two counts of rows (theirs and that
// of most values) are no line; of a table that refers to itself, all rows that stand below it in the tree count. Those
// with more rows come first, the lesser ones last. What the server says where it has no such column.
base::Result<std::vector<BusiestValue>> BusiestValues(const AskFunction& ask, const project::OfColumn& of);

// Those of tables that a path names after the value ("/items/history") first, otherwise in their order.
void PutNamedFirst(std::string_view after, std::vector<BusiestValue>& busiest);

}  // namespace hone::ops
