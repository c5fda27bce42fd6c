// Where the rows of a statement's answer stand in the tables of Hone's own database.
//
// Rows are raw values: they stay in memory.
#pragma once

#include <cstdint>
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

struct Place {
  std::string table = {};  // its name, as a statement takes it
  std::string ctid = {};
};

// A session whose changes no trigger and no foreign key sees, and that waits for nothing for long.
base::Result<pg::Session> OpenUnseen(const pg::Cluster& cluster, std::string_view database);

// Empty where a row has no place, one place makes two rows, or there are too many.
base::Result<Places> FindPlaces(pg::Session& session, const sql::LoopSource& source, const sql::RowPlaces& how);

// The table of a place by its name.
base::Result<Place> NamedPlace(pg::Session& session, std::string_view place);

}  // namespace hone::ops
