#include "ops/thinned_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "ops/found_places.h"
#include "ops/sample_parameters.h"
#include "sql/row_places.h"

namespace hone::ops {
namespace {

base::Result<void> Delete(pg::Session& session, const Places& doomed) {
  for (const auto& [table, ctids] : CtidsByTable(doomed, doomed.size())) {
    HONE_TRY(const std::string name, NameOfTable(session, table));
    HONE_CHECK_OK(session.RunPrivately(fmt::format("DELETE FROM ONLY {} WHERE ctid = ANY ($1::tid[])", name),
                                       {{.bytes = ctids}}));
  }
  return {};
}

}  // namespace

base::Result<std::optional<ThinnedRows>> ThinnedRows::Find(const pg::Cluster& cluster, std::string_view database,
                                                           const sql::LoopSource& source) {
  HONE_TRY(pg::Session session, OpenUnseen(cluster, database));
  for (sql::RowPlaces& how : sql::PlacesOfRows(source.statement.text, kMostPlaces + 1)) {
    const auto places = FindPlaces(session, source, how);
    // What the server refuses has no places.
    if (!places || std::ssize(*places) < source.rows) continue;
    ThinnedRows thinned(std::move(session), source, std::move(how));
    if (thinned.Count() == source.rows) return thinned;
    session = std::move(thinned.session_);
  }
  return std::optional<ThinnedRows>();
}

int64_t ThinnedRows::Count() {
  const auto rows = Read();
  return rows ? std::ssize(rows->rows) : -1;
}

base::Result<pg::Rows> ThinnedRows::Read() {
  return session_.RunPrivately(source_.statement.text, ParametersOf(source_.statement));
}

base::Result<bool> ThinnedRows::KeepThese(const std::vector<size_t>& kept) {
  HONE_TRY(const pg::Rows before, Read());
  HONE_TRY(Places places, FindPlaces(session_, source_, places_));
  if (places.size() < before.rows.size()) return false;
  std::vector<std::vector<std::optional<std::string>>> wanted;
  for (const size_t row : kept) {
    wanted.push_back(before.rows.at(row));
    places[row].clear();
  }
  HONE_CHECK_OK(Delete(session_, places));
  HONE_TRY(const pg::Rows after, Read());
  return after.rows == wanted;
}

base::Result<int64_t> ThinnedRows::All() {
  HONE_TRY(const Places places, FindPlaces(session_, source_, places_));
  return std::ssize(places);
}

base::Result<bool> ThinnedRows::KeepOfAll(int64_t rows) {
  HONE_TRY(Places places, FindPlaces(session_, source_, places_));
  if (std::ssize(places) < rows) return false;
  places.erase(places.begin(), places.begin() + rows);
  HONE_CHECK_OK(Delete(session_, places));
  HONE_TRY(const int64_t left, All());
  return left == rows;
}

base::Result<bool> ThinnedRows::Keep(int64_t rows, uint64_t seed) {
  const int64_t now = Count();
  if (now < rows) return false;
  HONE_TRY(Places places, FindPlaces(session_, source_, places_));
  if (std::ssize(places) < now) return false;
  std::mt19937_64 random(seed);
  std::shuffle(places.begin(), places.begin() + now, random);
  // Behind them stands what would come instead: it goes at the first time, so that all counts are of the same rest.
  places.erase(places.begin(), places.begin() + rows);
  HONE_CHECK_OK(Delete(session_, places));
  return Count() == rows;
}

}  // namespace hone::ops
