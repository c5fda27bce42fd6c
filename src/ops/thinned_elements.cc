#include "ops/thinned_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "sql/json_elements.h"

namespace hone::ops {
namespace {

// More rows than that hold no list that one request loops over.
constexpr size_t kMostRows = 1'000;

constexpr int64_t kLeastElements = 3;

// What a statement may ask for by `*` it names.
bool Names(std::string_view text, std::string_view column) { return text.contains(column) || text.contains('*'); }

// The places of the rows that the source returned; empty: more than one table's, or none.
base::Result<std::vector<Place>> PlacesOf(pg::Session& session, const sql::LoopSource& source,
                                          const sql::RowPlaces& how) {
  HONE_TRY(const Places all, FindPlaces(session, source, how));
  std::vector<Place> places;
  for (size_t row = 0; row < std::min(all.size(), static_cast<size_t>(source.rows)); ++row) {
    for (const std::string& each : all[row]) {
      if (places.size() == kMostRows) return std::vector<Place>();
      HONE_TRY(places.emplace_back(), NamedPlace(session, each));
    }
  }
  return places;
}

}  // namespace

base::Result<std::optional<ThinnedElements>> ThinnedElements::Find(const pg::Cluster& cluster,
                                                                   std::string_view database,
                                                                   const sql::LoopSource& source, int64_t calls) {
  HONE_TRY(pg::Session session, OpenUnseen(cluster, database));
  ThinnedElements found(std::move(session));
  for (const sql::RowPlaces& how : sql::PlacesOfRows(source.statement.text, kMostPlaces)) {
    const auto places = PlacesOf(found.session_, source, how);
    // What the server refuses has no places.
    if (!places || places->empty()) continue;
    HONE_TRY(const std::vector<Column> columns, found.ColumnsNamed(places->front().table, source.statement.text));
    for (const Column& column : columns) {
      HONE_TRY(std::vector<Held> rows, found.Read(column, *places));
      int64_t elements = 0;
      for (const Held& held : rows) elements += Count(column, held.document);
      const bool nearer = found.elements_ == 0 || std::abs(elements - calls) < std::abs(found.elements_ - calls);
      if (elements < kLeastElements || !nearer) continue;
      found.column_ = column;
      found.rows_ = std::move(rows);
      found.elements_ = elements;
    }
  }
  if (found.elements_ == 0) return std::optional<ThinnedElements>();
  return found;
}

int64_t ThinnedElements::Count(const Column& column, const nlohmann::json& document) {
  if (!column.type.empty()) return sql::CountElements(document);
  return document.is_array() && std::ssize(document) >= kLeastElements ? std::ssize(document) : 0;
}

base::Result<std::vector<ThinnedElements::Column>> ThinnedElements::ColumnsNamed(const std::string& table,
                                                                                 std::string_view text) {
  HONE_TRY(const pg::Rows rows,
           session_.RunPrivately("SELECT a.attname, quote_ident(a.attname), t.typname FROM pg_attribute a"
                                 " JOIN pg_type t ON t.oid = a.atttypid"
                                 " WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped"
                                 " AND a.attgenerated = ''"
                                 " AND (t.typname IN ('json', 'jsonb') OR t.typcategory = 'A') ORDER BY a.attnum",
                                 {{.bytes = table}}));
  std::vector<Column> columns;
  for (const auto& row : rows.rows) {
    const std::string type = row.at(2).value_or("");
    if (Names(text, row.at(0).value_or("")))
      columns.push_back({row.at(1).value_or(""), type.starts_with("json") ? type : ""});
  }
  return columns;
}

base::Result<std::vector<ThinnedElements::Held>> ThinnedElements::Read(const Column& column,
                                                                       const std::vector<Place>& places) {
  std::vector<Held> held;
  for (const Place& place : places) {
    HONE_TRY(const pg::Rows rows,
             session_.RunPrivately(
                 fmt::format("SELECT to_jsonb({}) FROM ONLY {} WHERE ctid = $1::tid", column.name, place.table),
                 {{.bytes = place.ctid}}));
    if (rows.rows.empty() || !rows.rows[0].at(0)) continue;
    held.push_back({place, nlohmann::json::parse(*rows.rows[0][0], nullptr, /*allow_exceptions=*/false)});
  }
  return held;
}

base::Result<int64_t> ThinnedElements::Keep(int64_t elements) {
  int64_t left = 0;
  for (Held& held : rows_) {
    const int64_t all = Count(column_, held.document);
    if (all == 0) continue;
    nlohmann::json fewer = held.document;
    sql::KeepElements(fewer, elements, elements_);
    HONE_TRY(const bool kept, KeepIn(held, fewer));
    if (!kept) return -1;
    left += (all * elements + elements_ - 1) / elements_;
  }
  return left;
}

base::Result<bool> ThinnedElements::KeepIn(Held& held, const nlohmann::json& fewer) {
  const std::string& name = column_.name;
  const std::string value =
      column_.type.empty() ? fmt::format("{0}[array_lower({0}, 1) : array_lower({0}, 1) + {1} - 1]", name, fewer.size())
                           : fmt::format("$2::{}", column_.type);
  std::vector<pg::Parameter> parameters = {{.bytes = held.place.ctid}};
  if (!column_.type.empty()) parameters.push_back({.bytes = fewer.dump()});
  HONE_TRY(const pg::Rows moved,
           session_.RunPrivately(fmt::format("UPDATE ONLY {} SET {} = {} WHERE ctid = $1::tid RETURNING ctid",
                                             held.place.table, name, value),
                                 parameters));
  if (moved.rows.size() != 1) return false;
  held.place.ctid = moved.rows[0].at(0).value_or("");
  return true;
}

}  // namespace hone::ops
