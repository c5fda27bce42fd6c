#include "ops/thinned_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "ops/sample_parameters.h"
#include "sql/row_places.h"

namespace hone::ops {
namespace {

// A row's table by its OID, and the row's place there.
using RowPlace = std::pair<std::string, std::string>;

// Empty where a row has no place, or two have the same.
std::vector<RowPlace> PlacesOf(const pg::Rows& rows) {
  std::set<RowPlace> places;
  for (const auto& row : rows.rows) {
    const size_t last = row.size() - 1;
    if (row.size() < 2 || !row[last] || !row[last - 1]) return {};
    places.emplace(*row[last - 1], *row[last]);
  }
  if (places.size() != rows.rows.size()) return {};
  return {places.begin(), places.end()};
}

}  // namespace

base::Result<std::optional<ThinnedRows>> ThinnedRows::Find(const pg::Cluster& cluster, std::string_view database,
                                                           const std::vector<sql::LoopSource>& sources) {
  HONE_TRY(pg::Session session, pg::Session::Open(cluster.dsn(database)));
  HONE_CHECK_OK(session.Run("SET statement_timeout = '10s'"));
  HONE_CHECK_OK(session.Run("SET lock_timeout = '5s'"));
  HONE_CHECK_OK(session.Run("SET session_replication_role = replica"));
  for (const sql::LoopSource& source : sources) {
    for (std::string& text : sql::RowPlaces(source.statement.text)) {
      std::vector<pg::Parameter> parameters = ParametersOf(source.statement);
      const auto rows = session.RunPrivately(text, parameters);
      // What the server refuses has no places.
      if (rows && std::ssize(PlacesOf(*rows)) == source.rows)
        return ThinnedRows(std::move(session), std::move(text), std::move(parameters), source.rows);
    }
  }
  return std::optional<ThinnedRows>();
}

base::Result<bool> ThinnedRows::Keep(int64_t rows, uint64_t seed) {
  HONE_TRY(const pg::Rows found, session_.RunPrivately(text_, parameters_));
  std::vector<RowPlace> places = PlacesOf(found);
  if (std::ssize(places) < rows) return false;
  std::mt19937_64 random(seed);
  std::ranges::shuffle(places, random);
  std::map<std::string, std::vector<std::string>> doomed;  // places, by table
  for (auto place = places.begin() + rows; place != places.end(); ++place)
    doomed[place->first].push_back(pg::QuoteText(place->second));
  for (const auto& [table, each] : doomed) {
    HONE_TRY(const pg::Rows name, session_.Run(fmt::format("SELECT {}::regclass", table)));
    HONE_CHECK_OK(session_.Run(fmt::format("DELETE FROM ONLY {} WHERE ctid = ANY (ARRAY[{}]::tid[])",
                                           name.rows.at(0).at(0).value_or(""), fmt::join(each, ", "))));
  }
  HONE_TRY(const pg::Rows left, session_.RunPrivately(text_, parameters_));
  return std::ssize(left.rows) == rows;
}

}  // namespace hone::ops
