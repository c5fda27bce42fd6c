// Other values in the columns that a statement of the service reads, so that it can be seen whether an answer depends
// on them: on a database of Hone's own, as ops/thinned_rows.h.
//
// Parameters and rows are raw values: they stay in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/steady_loop.h"
#include "sql/unused_columns.h"

namespace hone::ops {

class AlteredColumns {
 public:
  // Runs the statement once. Fails where the server refuses it.
  static base::Result<AlteredColumns> Read(const pg::Cluster& cluster, std::string_view database,
                                           const sql::LoopSource& source);

  int64_t rows() const { return std::ssize(answer_.rows); }
  // Of the statement's answer, in its order.
  const std::vector<sql::FetchedColumn>& columns() const { return columns_; }

  // The places of columns that are as wide as is worth while, and are a text, a document, a list or bytes of a table.
  std::vector<size_t> Wide() const;

  // Whether a value of that column stands in a body, as far as letters, digits and spaces tell.
  bool StandsIn(size_t column, std::string_view body) const;

  // Each answers whether the statement returns at least half of its rows with another value in that column than Read
  // saw, and in their places with the same ones in all others; also false where the server refuses it.
  //
  // Gives each of the rows that the statement read the value of the next one; where that changes too few of them, texts
  // are turned round.
  base::Result<bool> Exchange(size_t column);
  // Empties the column in them: '', {} or [].
  base::Result<bool> Empty(size_t column);
  // Takes its values away; false where it must have one.
  base::Result<bool> Clear(size_t column);

 private:
  // A column of a table.
  struct Place {
    std::string name = {};   // as a statement takes it
    std::string empty = {};  // its empty value, likewise
    bool is_text = false;
    bool nullable = false;
  };

  explicit AlteredColumns(pg::Session session) : session_(std::move(session)) {}

  base::Result<void> FindRows(const sql::LoopSource& source);
  base::Result<std::optional<Place>> PlaceOf(size_t column);
  // Sets the column in all rows that the statement read. False where the server refuses it.
  base::Result<bool> Update(size_t column, const Place& place, const std::string& value);
  // Whether the statement returns other values in that column, and in none that was not altered.
  base::Result<bool> Changed(size_t column);

  pg::Session session_;
  pg::Rows answer_ = {};
  std::vector<sql::FetchedColumn> columns_ = {};
  std::map<std::string, std::string> ctids_ = {};  // of the rows, as an array, by the OID of their table
  bool sought_ = false;                            // the rows
  sql::LoopSource source_ = {};
  std::set<size_t> altered_ = {};  // columns
};

}  // namespace hone::ops
