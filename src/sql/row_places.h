// How a SELECT tells where its rows stand in the tables that it reads. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

struct RowPlaces {
  // Returns a row for each that the statement returns, with one column: the places of the rows of one table that it was
  // made of, "16384(0,1) 16384(0,2)": the OID of the table, and the ctid there. Those behind its LIMIT follow, up to
  // `most` rows in all.
  std::string text = {};
  std::vector<size_t> limits = {};  // parameters, from 0, that must be `most` for that
};

// One for each table that stands in the FROM of `statement` by itself, in order; none where it is no SELECT that
// libpg_query knows. A text promises nothing: the server may refuse it (a view has no ctid), and several of its rows
// may come from one. A LIMIT that is neither a parameter nor a constant stays.
std::vector<RowPlaces> PlacesOfRows(std::string_view statement, int64_t most);

// The places in a value of that column.
std::vector<std::string_view> SplitPlaces(std::string_view value);

}  // namespace hone::sql
