#include "ops/altered_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "ops/found_places.h"
#include "ops/sample_parameters.h"
#include "sql/row_places.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

// Of more rows not all are altered.
constexpr int64_t kMostAltered = 20'000;

// The longest part of a text that JSON, CSV and HTML write as it is; of a long text its beginning must do.
std::string_view PlainPart(std::string_view text) {
  constexpr size_t kRead = 400;
  text = text.substr(0, kRead);
  std::string_view longest;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool plain = i < text.size() && (base::IsAlphanumeric(text[i]) || text[i] == ' ');
    if (plain) continue;
    if (i - begin > longest.size()) longest = text.substr(begin, i - begin);
    begin = i + 1;
  }
  return longest;
}

}  // namespace

base::Result<AlteredColumns> AlteredColumns::Read(const pg::Cluster& cluster, std::string_view database,
                                                  const sql::LoopSource& source) {
  HONE_TRY(pg::Session session, OpenUnseen(cluster, database));
  AlteredColumns read(std::move(session));
  HONE_TRY(read.answer_, read.session_.RunPrivately(source.statement.text, ParametersOf(source.statement)));
  for (const std::string& name : read.answer_.columns) read.columns_.push_back({.name = name});
  for (const auto& row : read.answer_.rows) {
    for (size_t i = 0; i < row.size(); ++i) read.columns_[i].bytes += row[i] ? std::ssize(*row[i]) : 0;
  }
  read.source_ = source;
  return read;
}

std::vector<size_t> AlteredColumns::Wide() const {
  std::vector<size_t> wide;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (answer_.origins[i].table != 0 && columns_[i].bytes >= sql::kWideColumnBytes * rows()) wide.push_back(i);
  }
  return wide;
}

bool AlteredColumns::StandsIn(size_t column, std::string_view body) const {
  constexpr size_t kSampled = 8;
  constexpr size_t kTells = 12;  // a shorter part may stand there by chance
  std::set<std::string_view> sampled;
  for (const auto& row : answer_.rows) {
    if (!row[column] || sampled.size() == kSampled) continue;
    const std::string_view part = PlainPart(*row[column]);
    if (part.size() >= kTells && sampled.insert(part).second && base::Contains(body, part)) return true;
  }
  return false;
}

// By all tables of the statement whose rows make one of its rows each.
base::Result<void> AlteredColumns::FindRows(const sql::LoopSource& source) {
  sought_ = true;
  if (rows() > kMostAltered) return {};
  for (const sql::RowPlaces& how : sql::PlacesOfRows(source.statement.text, rows())) {
    // What the server refuses has no places.
    const auto places = FindPlaces(session_, source, how, rows());
    if (!places || std::ssize(*places) < rows()) continue;
    ctids_.merge(CtidsByTable(*places, static_cast<size_t>(rows())));
  }
  return {};
}

base::Result<std::optional<AlteredColumns::Place>> AlteredColumns::PlaceOf(size_t column) {
  const pg::ColumnOrigin& origin = answer_.origins[column];
  HONE_TRY(
      const pg::Rows rows,
      session_.RunQuietly(fmt::format(
          "SELECT quote_ident(a.attname), CASE WHEN t.typname IN ('json', 'jsonb') THEN"
          " format('CASE WHEN json_typeof(%1$I::json) = ''array'' THEN ''[]'' ELSE ''{{}}'' END::%2$s', a.attname,"
          " t.typname) WHEN t.typcategory = 'A' THEN '''{{}}''' ELSE '''''' END, t.typcategory = 'S', NOT a.attnotnull"
          " FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid"
          " JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid)"
          " WHERE a.attrelid = {} AND a.attnum = {} AND a.attgenerated = ''"
          " AND (t.typcategory IN ('S', 'A') OR t.typname IN ('json', 'jsonb', 'bytea', 'citext'))",
          origin.table, origin.number)));
  if (rows.rows.empty()) return std::optional<Place>();
  const auto& row = rows.rows[0];
  return Place{row.at(0).value_or(""), row.at(1).value_or(""), row.at(2) == "t", row.at(3) == "t"};
}

base::Result<bool> AlteredColumns::Update(size_t column, const Place& place, const std::string& value) {
  if (!sought_) HONE_CHECK_OK(FindRows(source_));
  for (auto& [oid, ctids] : ctids_) {
    HONE_TRY(const pg::Rows of, session_.RunQuietly(fmt::format(
                                    "SELECT FROM pg_class c WHERE c.oid = {0} AND ({0} = {1} OR EXISTS (SELECT FROM "
                                    "pg_inherits WHERE inhrelid = {0} AND inhparent = {1}))",
                                    oid, answer_.origins[column].table)));
    if (of.rows.empty()) continue;
    HONE_TRY(const std::string table, NameOfTable(session_, oid));
    const std::string text = fmt::format(
        "WITH own AS (SELECT ctid AS at, {0} AS was, lead({0}) OVER w AS behind, first_value({0}) OVER w AS foremost,"
        " row_number() OVER w AS number, count(*) OVER () AS count FROM ONLY {1} WHERE ctid = ANY ($1::tid[])"
        " WINDOW w AS (ORDER BY ctid))"
        " UPDATE ONLY {1} AS altered SET {0} = {2} FROM own WHERE altered.ctid = own.at RETURNING altered.ctid",
        place.name, table, value);
    const auto rows = session_.RunPrivately(text, {{.bytes = ctids}});
    if (!rows) return false;
    ctids.clear();
    for (const auto& row : rows->rows) ctids += (ctids.empty() ? "{\"" : ",\"") + row.at(0).value_or("") + "\"";
    ctids += ctids.empty() ? "{}" : "}";
  }
  return true;
}

// A table may stand in a statement twice, and the rows that were altered be others than those of the column.
base::Result<bool> AlteredColumns::Changed(size_t column) {
  const auto now = session_.RunPrivately(source_.statement.text, ParametersOf(source_.statement));
  altered_.insert(column);
  if (!now || now->rows.size() != answer_.rows.size()) return false;
  int64_t changed = 0;
  for (size_t row = 0; row < now->rows.size(); ++row) {
    if (now->rows[row][column] == answer_.rows[row][column]) continue;
    std::vector<std::optional<std::string>> expected = answer_.rows[row];
    for (const size_t altered : altered_) expected[altered] = now->rows[row][altered];
    changed += now->rows[row] == expected ? 1 : 0;
  }
  return 2 * changed >= rows();
}

base::Result<bool> AlteredColumns::Exchange(size_t column) {
  HONE_TRY(const auto place, PlaceOf(column));
  if (!place) return false;
  HONE_TRY(const bool exchanged,
           Update(column, *place, "CASE WHEN own.number = own.count THEN own.foremost ELSE own.behind END"));
  if (!exchanged) return false;
  HONE_TRY(const bool changed, Changed(column));
  if (changed || !place->is_text) return changed;
  // All may have the same text.
  HONE_TRY(const bool turned, Update(column, *place, "reverse(own.was)"));
  return turned ? Changed(column) : base::Result<bool>(false);
}

base::Result<bool> AlteredColumns::Empty(size_t column) {
  HONE_TRY(const auto place, PlaceOf(column));
  if (!place) return false;
  HONE_TRY(const bool emptied, Update(column, *place, place->empty));
  return emptied ? Changed(column) : base::Result<bool>(false);
}

base::Result<bool> AlteredColumns::Clear(size_t column) {
  HONE_TRY(const auto place, PlaceOf(column));
  if (!place || !place->nullable) return false;
  HONE_TRY(const bool cleared, Update(column, *place, "NULL"));
  return cleared ? Changed(column) : base::Result<bool>(false);
}

}  // namespace hone::ops
