// Rows taken out of the service's database, so that a loop over them runs over fewer: on a database of Hone's own,
// which is put back from its template afterwards (Rig::Refresh).
//
// Parameters and rows are raw values: they stay in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/row_places.h"
#include "sql/steady_loop.h"

namespace hone::ops {

class ThinnedRows {
 public:
  // Empty: the source's rows, as many as the service got, are not each made of rows of one table that no other is made
  // of.
  static base::Result<std::optional<ThinnedRows>> Find(const pg::Cluster& cluster, std::string_view database,
                                                       const sql::LoopSource& source);

  int64_t rows() const { return source_.rows; }

  // Deletes what the source returns beyond `rows` rows, chosen by `seed` of those that it returned (of a DISTINCT with
  // a LIMIT: of all), and what its LIMIT would let come instead; no trigger and no foreign key sees it. False where the
  // source does not return exactly so many then: it had fewer, or others come all the same.
  base::Result<bool> Keep(int64_t rows, uint64_t seed);

  // The source's rows now.
  base::Result<pg::Rows> Read();

  // Deletes, in the same way, all rows but those at `kept` (places in Read()'s, ascending) and what its LIMIT would let
  // come instead. False where the source does not return exactly the values of those then.
  base::Result<bool> KeepThese(const std::vector<size_t>& kept);

  // How many rows there are for the source, with those behind its LIMIT.
  base::Result<int64_t> All();

  // Deletes all but the first `rows` of those, in the same way. False where there are fewer, or others come.
  base::Result<bool> KeepOfAll(int64_t rows);

 private:
  ThinnedRows(pg::Session session, sql::LoopSource source, sql::RowPlaces places)
      : session_(std::move(session)), source_(std::move(source)), places_(std::move(places)) {}

  // How many rows the source returns now; negative: the server refuses it.
  int64_t Count();

  pg::Session session_;
  sql::LoopSource source_;
  sql::RowPlaces places_;
};

}  // namespace hone::ops
