// Elements taken out of the lists that a row of the service's database holds (a column of an array or of JSON), so that
// a loop over them runs over fewer: on a database of Hone's own, as ops/thinned_rows.h.
//
// Documents are raw values: they stay in memory.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ops/found_places.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/steady_loop.h"

namespace hone::ops {

class ThinnedElements {
 public:
  // Of the columns that the source's text names, the one whose lists hold nearest to `calls` elements in all rows that
  // it returned. Empty: there is none with at least three.
  static base::Result<std::optional<ThinnedElements>> Find(const pg::Cluster& cluster, std::string_view database,
                                                           const sql::LoopSource& source, int64_t calls);

  int64_t elements() const { return elements_; }

  // Leaves about that many, the first of each list; at most as many as before. Answers how many are left; -1 where a
  // row was changed meanwhile.
  base::Result<int64_t> Keep(int64_t elements);

 private:
  struct Column {
    std::string name = {};  // as a statement takes it
    std::string type = {};  // "json", "jsonb", or "" for an array
  };
  // A row's value.
  struct Held {
    Place place = {};
    nlohmann::json document = {};  // as it was
  };

  explicit ThinnedElements(pg::Session session) : session_(std::move(session)) {}

  static int64_t Count(const Column& column, const nlohmann::json& document);
  base::Result<std::vector<Column>> ColumnsNamed(const std::string& table, std::string_view text);
  base::Result<std::vector<Held>> Read(const Column& column, const std::vector<Place>& places);
  base::Result<bool> KeepIn(Held& held, const nlohmann::json& fewer);

  pg::Session session_;
  Column column_ = {};
  std::vector<Held> rows_ = {};
  int64_t elements_ = 0;
};

}  // namespace hone::ops
