// Rows of the service's database that belong to one row of another table: the orders of a tenant.
#pragma once

#include <string>

#include "base/error.h"
#include "ops/table_references.h"
#include "project/project.h"

namespace hone::ops {

// The table of a column as FROM takes it, with a name behind it: "shop.orders", or, where the column has a `within`, a
// SELECT in parentheses of those of its rows that refer to such a row, themselves or through one table between, or that
// are such a row. The whole table where none of them refers to it. kInput where `within` names no table; what the
// server says where it cannot be asked.
base::Result<std::string> RowsWithin(const AskFunction& ask, const project::OfColumn& of);

}  // namespace hone::ops
