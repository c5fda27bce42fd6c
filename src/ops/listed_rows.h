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
std::vector<size_t> ListedRows(const pg::Rows& rows, const std::unordered_set<std::string>& values);

}  // namespace hone::ops
