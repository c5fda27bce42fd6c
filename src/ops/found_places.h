// Where the rows of a statement's answer stand in the tables of Hone's own database.
//
// Rows are raw values: they stay in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/row_places.h"
#include "sql/steady_loop.h"

namespace hone::ops {

// For each row that a source returns, where the rows that it is made of stand: "16384(0,1)", as sql/row_places.h.
using Places = std::vector<std::vector<std::string>>;

inline constexpr int64_t kMostPlaces = 200'000;

// A session whose changes no trigger and no foreign key sees, and that waits for nothing for long.
base::Result<pg::Session> OpenUnseen(const pg::Cluster& cluster, std::string_view database);

// Empty where a row has no place, one place makes two rows, or there are too many. `most` stands for LIMITs that are
// parameters.
base::Result<Places> FindPlaces(pg::Session& session, const sql::LoopSource& source, const sql::RowPlaces& how,
                                int64_t most = kMostPlaces + 1);

// The ctids of the first `rows` rows' places, as an array that a statement takes ({"(0,1)","(0,2)"}), by the OID of
// their table.
std::map<std::string, std::string> CtidsByTable(const Places& places, size_t rows);

// The name of a table by its OID, as a statement takes it.
base::Result<std::string> NameOfTable(pg::Session& session, std::string_view oid);

}  // namespace hone::ops
