// How a SELECT tells where its rows stand in the tables that it reads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

// Texts that return what `statement` returns, with two columns more at its end: the OID of a table, and the ctid of the
// row that it took from there. One for each table that stands in its FROM by itself, in order; none where it is no
// SELECT that libpg_query knows. A text promises nothing: the server may refuse it (a view has no ctid, a group of rows
// neither), and several of its rows may come from one.
std::vector<std::string> RowPlaces(std::string_view statement);

}  // namespace hone::sql
