#include "ops/found_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ops/sample_parameters.h"

namespace hone::ops {
namespace {

Places PlacesIn(const pg::Rows& rows) {
  Places places;
  std::set<std::string_view> all;
  for (const auto& row : rows.rows) {
    if (row.empty() || !row.back()) return {};
    std::vector<std::string>& own = places.emplace_back();
    for (const std::string_view place : sql::SplitPlaces(*row.back())) {
      if (!all.insert(place).second || std::ssize(all) > kMostPlaces) return {};
      own.emplace_back(place);
    }
  }
  return places;
}

}  // namespace

base::Result<pg::Session> OpenUnseen(const pg::Cluster& cluster, std::string_view database) {
  HONE_TRY(pg::Session session, pg::Session::Open(cluster.dsn(database)));
  HONE_CHECK_OK(session.Run("SET statement_timeout = '10s'"));
  HONE_CHECK_OK(session.Run("SET lock_timeout = '5s'"));
  HONE_CHECK_OK(session.Run("SET session_replication_role = replica"));
  HONE_CHECK_OK(pg::SearchAllSchemas(session));
  return session;
}

base::Result<Places> FindPlaces(pg::Session& session, const sql::LoopSource& source, const sql::RowPlaces& how,
                                int64_t most) {
  std::vector<pg::Parameter> parameters = ParametersOf(source.statement);
  for (const size_t parameter : how.limits) {
    if (parameter < parameters.size())
      parameters[parameter] = {.oid = parameters[parameter].oid, .bytes = std::to_string(most)};
  }
  HONE_TRY(const pg::Rows rows, session.RunPrivately(how.text, parameters));
  return PlacesIn(rows);
}

std::map<std::string, std::string> CtidsByTable(const Places& places, size_t rows) {
  std::map<std::string, std::string> arrays;
  for (size_t row = 0; row < std::min(places.size(), rows); ++row) {
    for (const std::string& place : places[row]) {
      const size_t open = std::min(place.find('('), place.size());
      std::string& array = arrays[place.substr(0, open)];
      array += (array.empty() ? "{\"" : ",\"") + place.substr(open) + "\"";
    }
  }
  for (auto& [table, array] : arrays) array += "}";
  return arrays;
}

base::Result<std::string> NameOfTable(pg::Session& session, std::string_view oid) {
  HONE_TRY(const pg::Rows name, session.Run(fmt::format("SELECT {}::regclass", oid)));
  if (name.rows.empty()) return std::string();
  return name.rows[0].at(0).value_or("");
}

}  // namespace hone::ops
