// The indexes of a database as its catalogue has them, in the capture format "pg.indexes", and which of them are the
// same index twice. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"

namespace hone::sql {

inline constexpr std::string_view kIndexesKind = "pg.indexes";

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
};

struct Duplicate {
  size_t index = 0;  // into the entries: can go
  size_t kept = 0;   // does all that it does
};

// Each index that another one makes superfluous, in order. Indexes that something needs are never among them, nor is a
// unique one unless the other is unique too.
std::vector<Duplicate> FindDuplicates(const std::vector<IndexEntry>& entries);

std::string EncodeIndexes(const std::vector<IndexEntry>& entries);
// kInput where the bytes are not EncodeIndexes'.
base::Result<std::vector<IndexEntry>> DecodeIndexes(std::string_view bytes);

// sql.duplicate_index. `capture` holds `entries`.
evidence::Judgement JudgeIndexes(const std::vector<IndexEntry>& entries, const evidence::Capture& capture);

// index.bytes@1, index.table_rows@1, index.write_cost@1: of one "pg.indexes" capture; parameter "index": its
// schema.name.
std::span<const evidence::Method> IndexMethods();

}  // namespace hone::sql
