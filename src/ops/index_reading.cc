#include "ops/index_reading.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hone::ops {
namespace {

// An index is bound where a constraint of its own or a foreign key rests on it, or replication or CLUSTER name it.
constexpr std::string_view kQuery = R"(
SELECT coalesce(json_agg(json_build_object('schema', s.nspname, 'table', t.relname, 'name', i.relname,
  'identity', json_build_array(x.indrelid, a.amname, x.indkey::text, x.indnkeyatts, x.indclass::text, x.indcollation::text,
                               x.indoption::text, pg_get_expr(x.indexprs, x.indrelid), pg_get_expr(x.indpred, x.indrelid),
                               to_json(x)->'indnullsnotdistinct')::text,
  'unique', x.indisunique,
  'bound', x.indisprimary OR x.indisexclusion OR x.indisreplident OR x.indisclustered
           OR EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid),
  'bytes', pg_relation_size(x.indexrelid), 'rows', greatest(t.reltuples, 0)::bigint,
  'key', (SELECT json_agg(c.attname ORDER BY k.place) FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (attnum, place)
          JOIN pg_attribute c ON c.attrelid = x.indrelid AND c.attnum = k.attnum),
  'longer', (SELECT j.relname FROM pg_index y JOIN pg_class j ON j.oid = y.indexrelid AND j.relam = i.relam
             WHERE a.amname = 'btree' AND y.indrelid = x.indrelid AND y.indisvalid AND x.indexprs IS NULL AND NOT x.indisunique
               AND x.indnatts = x.indnkeyatts AND y.indnkeyatts > x.indnkeyatts
               AND (y.indkey::int2[])[0:x.indnkeyatts - 1] = (x.indkey::int2[])[0:x.indnkeyatts - 1]
               AND (y.indclass::oid[])[0:x.indnkeyatts - 1] = (x.indclass::oid[])[0:x.indnkeyatts - 1]
               AND (y.indcollation::oid[])[0:x.indnkeyatts - 1] = (x.indcollation::oid[])[0:x.indnkeyatts - 1]
               AND (y.indoption::int2[])[0:x.indnkeyatts - 1] = (x.indoption::int2[])[0:x.indnkeyatts - 1]
               AND x.indpred IS NULL AND y.indpred IS NULL
             ORDER BY y.indnkeyatts, j.relname LIMIT 1))
  ORDER BY s.nspname, t.relname, i.relname), '[]')
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace s ON s.oid = t.relnamespace JOIN pg_am a ON a.oid = i.relam
WHERE x.indisvalid AND t.relkind = 'r' AND NOT t.relispartition
  AND s.nspname NOT IN ('pg_catalog', 'information_schema') AND s.nspname NOT LIKE 'pg\_%')";

}  // namespace

base::Result<std::vector<sql::IndexEntry>> ReadIndexes(pg::Cluster& cluster, const std::string& database,
                                                       const evidence::Redactor& redactor) {
  HONE_TRY(const pg::Rows rows, cluster.RunSql(database, kQuery));
  const bool answered = !rows.rows.empty() && !rows.rows[0].empty();
  const nlohmann::json json = nlohmann::json::parse(answered ? rows.rows[0][0].value_or("") : "", nullptr, false);
  std::vector<sql::IndexEntry> entries;
  if (!json.is_array()) return entries;
  for (const nlohmann::json& each : json) {
    entries.push_back({.schema = each.value("schema", ""),
                       .table = each.value("table", ""),
                       .name = each.value("name", ""),
                       .identity = redactor.Token(each.value("identity", "")),
                       .unique = each.value("unique", false),
                       .bound = each.value("bound", false),
                       .bytes = each.value("bytes", int64_t{0}),
                       .table_rows = each.value("rows", int64_t{0})});
    if (each.at("key").is_array()) entries.back().key = each.at("key").get<std::vector<std::string>>();
    if (each.at("longer").is_string()) entries.back().longer = each.at("longer").get<std::string>();
  }
  return entries;
}

}  // namespace hone::ops
