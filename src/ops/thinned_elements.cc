#include "ops/thinned_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "ops/found_places.h"
#include "sql/lexer.h"

namespace hone::ops {
namespace {

// More rows than that, or longer values, hold no list that one request loops over.
constexpr int64_t kMostRows = 1'000;
constexpr int64_t kLongestValue = 64 * 1024;

constexpr int64_t kLeastElements = 3;

// Whether a statement asks for a column by its name, or for all by a star.
bool Names(const std::vector<sql::Token>& tokens, std::string_view column) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view text = tokens[i].text;
    const bool named = sql::SameWord(text, column) || text == fmt::format("\"{}\"", column);
    const bool star =
        text == "*" && i > 0 && (tokens[i - 1].text == "." || sql::SameWord(tokens[i - 1].text, "select"));
    if (named || star) return true;
  }
  return false;
}

}  // namespace

base::Result<std::optional<ThinnedElements>> ThinnedElements::Find(const pg::Cluster& cluster,
                                                                   std::string_view database,
                                                                   const sql::LoopSource& source, int64_t calls) {
  if (source.rows > kMostRows) return std::optional<ThinnedElements>();
  HONE_TRY(pg::Session session, OpenUnseen(cluster, database));
  ThinnedElements found(std::move(session));
  for (const sql::RowPlaces& how : sql::PlacesOfRows(source.statement.text, kMostRows)) {
    const auto places = FindPlaces(found.session_, source, how, kMostRows);
    // What the server refuses has no places; nor lists, below.
    if (!places) continue;
    for (const auto& [oid, ctids] : CtidsByTable(*places, static_cast<size_t>(source.rows))) {
      HONE_TRY(const std::string table, NameOfTable(found.session_, oid));
      HONE_TRY(const auto columns, found.ColumnsNamed(table, source.statement.text));
      for (const ListColumn& column : columns) {
        if (auto rows = found.Read(column, ctids)) found.Consider(column, *std::move(rows), calls);
      }
    }
  }
  if (found.elements_ == 0) return std::optional<ThinnedElements>();
  return found;
}

void ThinnedElements::Consider(const ListColumn& column, std::vector<Held> rows, int64_t calls) {
  std::map<std::string, int64_t> elements;
  for (const Held& held : rows) {
    for (const auto& [path, count] : sql::CountElements(held.document)) {
      if (!column.type.empty() || path.empty()) elements[path] += count;
    }
  }
  bool chosen = false;
  for (const auto& [path, count] : elements) {
    const bool nearer = elements_ == 0 || std::abs(count - calls) < std::abs(elements_ - calls);
    if (count < kLeastElements || !nearer) continue;
    path_ = path;
    elements_ = count;
    chosen = true;
  }
  if (!chosen) return;
  column_ = column;
  rows_ = std::move(rows);
}

base::Result<std::vector<ListColumn>> ThinnedElements::ColumnsNamed(const std::string& table, std::string_view text) {
  HONE_TRY(const pg::Rows rows,
           session_.RunPrivately("SELECT a.attname, quote_ident(a.attname), t.typname FROM pg_attribute a"
                                 " JOIN pg_type d ON d.oid = a.atttypid"
                                 " JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid)"
                                 " WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped"
                                 " AND a.attgenerated = ''"
                                 " AND (t.typname IN ('json', 'jsonb') OR t.typcategory = 'A') ORDER BY a.attnum",
                                 {{.bytes = table}}));
  const std::vector<sql::Token> tokens = sql::Tokenize(text);
  std::vector<ListColumn> columns;
  for (const auto& row : rows.rows) {
    const std::string type = row.at(2).value_or("");
    if (Names(tokens, row.at(0).value_or("")))
      columns.push_back({table, row.at(1).value_or(""), type == "json" || type == "jsonb" ? type : ""});
  }
  return columns;
}

base::Result<std::vector<ThinnedElements::Held>> ThinnedElements::Read(const ListColumn& column,
                                                                       const std::string& ctids) {
  const std::string value = column.type.empty() ? fmt::format("to_jsonb({})", column.name) : column.name;
  HONE_TRY(const pg::Rows rows,
           session_.RunPrivately(
               fmt::format("SELECT ctid, {0}::text FROM ONLY {1} WHERE ctid = ANY ($1::tid[]) AND {2} IS NOT NULL"
                           " AND octet_length({0}::text) <= {3}",
                           value, column.table, column.name, kLongestValue),
               {{.bytes = ctids}}));
  std::vector<Held> held;
  for (const auto& row : rows.rows) {
    sql::Document document = sql::Document::parse(row.at(1).value_or(""), nullptr, /*allow_exceptions=*/false);
    if (!document.is_discarded()) held.push_back({row.at(0).value_or(""), std::move(document)});
  }
  return held;
}

base::Result<int64_t> ThinnedElements::Keep(int64_t elements) {
  if (elements >= elements_) return elements_;
  int64_t left = 0;
  for (Held& held : rows_) {
    sql::Document fewer = held.document;
    const int64_t own = sql::KeepElements(fewer, path_, elements, elements_);
    left += own;
    if (own == 0) continue;
    HONE_TRY(const bool kept, KeepIn(held, fewer));
    if (!kept) return -1;
  }
  return left;
}

base::Result<bool> ThinnedElements::KeepIn(Held& held, const sql::Document& fewer) {
  const std::string& name = column_.name;
  const std::string value =
      column_.type.empty() ? fmt::format("{0}[array_lower({0}, 1) : array_lower({0}, 1) + {1} - 1]", name, fewer.size())
                           : fmt::format("$2::{}", column_.type);
  std::vector<pg::Parameter> parameters = {{.bytes = held.ctid}};
  if (!column_.type.empty())
    parameters.push_back({.bytes = fewer.dump(-1, ' ', false, sql::Document::error_handler_t::replace)});
  HONE_TRY(const pg::Rows moved,
           session_.RunPrivately(fmt::format("UPDATE ONLY {} SET {} = {} WHERE ctid = $1::tid RETURNING ctid",
                                             column_.table, name, value),
                                 parameters));
  if (moved.rows.size() != 1) return false;
  held.ctid = moved.rows[0].at(0).value_or("");
  return true;
}

}  // namespace hone::ops
