// The indexes of a database as its catalogue has them, in the capture format "pg.indexes", and which of them are the
// same index twice. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::sql {

inline constexpr std::string_view kIndexesKind = "pg.indexes";

// What one run of all scenarios did with an index and its table.
struct IndexUse {
  std::string column = {};   // the first of its key; empty: an expression
  int64_t scans = 0;         // pg_stat_user_indexes.idx_scan
  int64_t table_reads = 0;   // scans of its table, by whatever way
  int64_t table_writes = 0;  // rows inserted, updated and deleted
  bool plain = false;        // neither expressions nor a predicate
  bool foreign_key = false;  // its first columns are those of a foreign key: a deletion above needs it
  bool named = false;        // a condition or order of a statement, seen or in the sources, names its first column
  bool alone = false;        // its first column stands alone in a text of the sources, such as a list of orders
};

struct IndexEntry {
  std::string schema = {};
  std::string table = {};
  std::string name = {};
  // A hash of all that makes it the index that it is: table, access method, columns, operator classes, collations,
  // orders, expressions and predicate. Equal for the same index under another name.
  std::string identity = {};
  bool unique = false;
  bool bound = false;  // a constraint, a foreign key or replication needs it
  int64_t bytes = 0;
  int64_t table_rows = 0;
  // Paired times of inserting `written_rows` copied rows without it and with it; empty: not measured.
  int64_t written_rows = 0;
  std::vector<double> write_without_ns = {};
  std::vector<double> write_with_ns = {};
  std::vector<std::string> key = {};  // its columns; fewer where it has expressions
  // The index that begins with this one's columns and has more, where this one enforces nothing; empty: none.
  std::string longer = {};
  // Paired times of looking up rows by its columns, with it and without it; empty: not measured.
  std::vector<double> lookup_with_ns = {};
  std::vector<double> lookup_without_ns = {};
  std::optional<IndexUse> use = {};  // of the whole run; empty: not counted
};

struct Duplicate {
  size_t index = 0;  // into the entries: can go
  size_t kept = 0;   // does all that it does
};

// Each index that another one makes superfluous, in order. Indexes that something needs are never among them, nor is a
// unique one unless the other is unique too.
std::vector<Duplicate> FindDuplicates(const std::vector<IndexEntry>& entries);

// Those that another one begins with, in order: it does what they do, if it is as fast. Not those of FindDuplicates,
// and none that something needs.
std::vector<size_t> FindBeginnings(const std::vector<IndexEntry>& entries);

// The indexes that no statement of the run used although their tables were, in order; not those that enforce something,
// serve a foreign key, have expressions or a predicate, are named by a statement (the planner may choose them on other
// data), stand on small tables, or are some other one under another name.
std::vector<size_t> FindUnused(const std::vector<IndexEntry>& entries);

// Whether a text of statements names `column` where an index on it could serve, but for what defines tables and
// indexes: in WHERE, ON, ORDER BY, GROUP BY, HAVING, USING, PARTITION BY, DISTINCT, or within min or max; and `table`
// anywhere (empty: any).
bool NamesForIndex(std::string_view text, std::string_view table, std::string_view column);

// How a text of the sources, which is a statement or a piece of one, names a column.
enum class ColumnMention : uint8_t {
  kNone,
  kAlone,   // nothing else stands there: the column by which others order, or a name of something else
  kServes,  // compared, ordered or grouped by
};
// `table` is heeded in whole statements only (empty: any).
ColumnMention MentionOf(std::string_view piece, std::string_view table, std::string_view column);

std::string EncodeIndexes(const std::vector<IndexEntry>& entries);
// kInput where the bytes are not EncodeIndexes'.
base::Result<std::vector<IndexEntry>> DecodeIndexes(std::string_view bytes);

// sql.duplicate_index. `capture` holds `entries`.
evidence::Judgement JudgeIndexes(const std::vector<IndexEntry>& entries, const evidence::Capture& capture);

// sql.unused_index of those of FindUnused. `capture` holds `entries`, with their use.
evidence::Judgement JudgeUnusedIndexes(const std::vector<IndexEntry>& entries, const std::vector<size_t>& unused,
                                       const evidence::Capture& capture);

// index.scans@1, index.lookup_ratio@1, index.bytes@1, index.table_rows@1, index.write_cost@1: of one "pg.indexes"
// capture; parameter "index": its schema.name.
std::span<const evidence::Method> IndexMethods();

}  // namespace hone::sql
