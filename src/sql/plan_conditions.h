// Which columns a condition of a plan compares, and how. Pure; belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

// A column in `column = value` (also = ANY, IN, IS NULL), in a comparison of
// order or with a pattern.
struct ColumnUse {
  std::string alias = {};  // of its table; empty where the plan names none
  std::string column = {};
  bool equality = true;
  std::string function = {};  // "lower" or "upper": of what it makes of the column; empty: of the column itself
  bool pattern = false;       // LIKE, ILIKE or a regular expression; then it is no equality
  bool operator==(const ColumnUse&) const = default;
};

// Of all conditions that are joined by AND, and of those of an OR each of which compares with a pattern; where there
// are none, boolean columns and those of IS NOT NULL. Those on other expressions, and all of one with syntax that
// libpg_query does not know, are left out. Both sides of `a.x = b.y` are given.
std::vector<ColumnUse> ColumnsOfCondition(std::string_view condition);

// Whether one of the conditions joined by AND compares with a value what a function, a cast or arithmetic makes of a
// column, or compares a column by `<>`: what no B-tree on columns finds. False where anything else stands in one of
// them: OR, rows, subplans, operators that other kinds of indexes serve (`@>`, `->>`, `@@`).
bool ComparesComputed(std::string_view condition);

struct SortColumn {
  std::string alias = {};
  std::string column = {};
  bool descending = false;
  bool usual_nulls = true;  // NULLS LAST ascending, NULLS FIRST descending
};

// The columns of sort keys; empty where one of them is an expression.
std::vector<SortColumn> ColumnsOfSort(const std::vector<std::string>& keys);

// `name` as an identifier, in quotes only where it needs them.
std::string Identifier(const std::string& name);

}  // namespace hone::sql
