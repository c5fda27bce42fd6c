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
#include "sql/steady_loop.h"

namespace hone::ops {

class ThinnedRows {
 public:
  // The first of the sources whose rows, as many as the service got, stand one by one in one table; empty: there is
  // none.
  static base::Result<std::optional<ThinnedRows>> Find(const pg::Cluster& cluster, std::string_view database,
                                                       const std::vector<sql::LoopSource>& sources);

  int64_t rows() const { return rows_; }

  // Deletes what the source returns beyond `rows` rows, chosen by `seed`; no trigger and no foreign key sees it. False
  // where the source does not return exactly so many then: it had fewer, or its LIMIT lets others come.
  base::Result<bool> Keep(int64_t rows, uint64_t seed);

 private:
  ThinnedRows(pg::Session session, std::string text, std::vector<pg::Parameter> parameters, int64_t rows)
      : session_(std::move(session)), text_(std::move(text)), parameters_(std::move(parameters)), rows_(rows) {}

  pg::Session session_;
  std::string text_;  // with the places of its rows
  std::vector<pg::Parameter> parameters_;
  int64_t rows_;
};

}  // namespace hone::ops
