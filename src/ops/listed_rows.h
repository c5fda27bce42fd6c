// Which rows of a statement stand in an answer. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "pg/databases.h"

namespace hone::ops {

// The places of the rows whose value of one column is among `values`, ascending: of the columns with another value in
// each row the one with most of them there. A small number may be among them by chance. Empty: none is.
// Times of UTC are the same as JSON and PostgreSQL write them.
std::vector<size_t> ListedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values);

// The places of the rows that have one of those values in a column, for each column that not all rows have it in: what
// is asked for by a path or a query. At most three columns, those with the fewest such rows.
std::vector<std::vector<size_t>> AskedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values);

}  // namespace hone::ops
