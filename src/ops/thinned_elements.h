// Elements taken out of the lists that a row of the service's database holds (a column of an array or of JSON), so that
// a loop over them runs over fewer: on a database of Hone's own, as ops/thinned_rows.h.
//
// Documents are raw values: they stay in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/json_elements.h"
#include "sql/steady_loop.h"

namespace hone::ops {

// A column that lists stand in.
struct ListColumn {
  std::string table = {};  // as a statement takes it, as the next
  std::string name = {};
  std::string type = {};  // "json", "jsonb", or "" for an array
};

class ThinnedElements {
 public:
  // Of the lists in the columns that the source's text names, the one with nearest to `calls` elements in all rows that
  // the source returned. Empty: there is none with at least three.
  static base::Result<std::optional<ThinnedElements>> Find(const pg::Cluster& cluster, std::string_view database,
                                                           const sql::LoopSource& source, int64_t calls);

  int64_t elements() const { return elements_; }

  // Leaves about that many, the first of each list; at most as many as before. Answers how many are left; -1 where a
  // row was changed meanwhile. With all of them nothing is written.
  base::Result<int64_t> Keep(int64_t elements);

 private:
  // A row's value.
  struct Held {
    std::string ctid = {};
    sql::Document document = {};  // as it was
  };

  explicit ThinnedElements(pg::Session session) : session_(std::move(session)) {}

  base::Result<std::vector<ListColumn>> ColumnsNamed(const std::string& table, std::string_view text);
  base::Result<std::vector<Held>> Read(const ListColumn& column, const std::string& ctids);
  void Consider(const ListColumn& column, std::vector<Held> rows, int64_t calls);
  base::Result<bool> KeepIn(Held& held, const sql::Document& fewer);

  pg::Session session_;
  ListColumn column_ = {};
  std::string path_ = {};  // of the list in each document
  std::vector<Held> rows_ = {};
  int64_t elements_ = 0;
};

}  // namespace hone::ops
