// How a SELECT tells where its rows stand in the tables that it reads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

struct RowPlaces {
  // Returns what the statement returns, without its LIMIT where that is a parameter or a constant, and with one column
  // more at its end: the places of the rows of one table that a row was made of, "16384(0,1) 16384(0,2)": the OID of
  // the table, and the ctid there.
  std::string text = {};
  std::vector<size_t> nulls = {};  // parameters, from 0, that must be NULL for that
};

// One for each table that stands in the FROM of `statement` by itself, in order; none where it is no SELECT that
// libpg_query knows. A text promises nothing: the server may refuse it (a view has no ctid), and several of its rows
// may come from one.
std::vector<RowPlaces> PlacesOfRows(std::string_view statement);

// The places in a value of that column.
std::vector<std::string_view> SplitPlaces(std::string_view value);

}  // namespace hone::sql
