#include "sql/remedies.h"

#include <algorithm>
#include <array>

namespace hone::sql {
namespace {

struct Remedies {
  std::string_view library;
  std::string_view read;
  std::string_view write;
};

constexpr std::array<Remedies, 8> kRemedies = {{
    {"",
     "Ask once for all rows: collect the keys and use `WHERE key = ANY($1)`, or a `JOIN` in the first query; where the "
     "statements differ, one `pgx.Batch` with `SendBatch`",
     "Write all rows at once: one statement over `unnest($1::bigint[], ...)` or a multi-row `VALUES`, `pgx.CopyFrom` "
     "for "
     "many rows, or one `pgx.Batch` with `SendBatch`"},
    {"pgx",
     "Ask once for all rows: collect the keys and use `WHERE key = ANY($1)`, or a `JOIN` in the first query; where the "
     "statements differ, one `pgx.Batch` with `SendBatch`",
     "Write all rows at once: one statement over `unnest($1::bigint[], ...)` or a multi-row `VALUES`, `pgx.CopyFrom` "
     "for "
     "many rows, or one `pgx.Batch` with `SendBatch`"},
    {"database/sql",
     "Ask once for all rows: collect the keys and use `WHERE key = ANY($1)` with `pq.Array(keys)` (a plain slice under "
     "pgx's driver), or a `JOIN` in the first query",
     "Write all rows at once: one statement over `unnest($1::bigint[], ...)` with `pq.Array`, a multi-row `VALUES`, or "
     "`pq.CopyIn` for many rows"},
    {"sqlx",
     "Ask once for all rows: collect the keys, let `sqlx.In` expand `WHERE key IN (?)` (then `db.Rebind`) or use "
     "`WHERE "
     "key = ANY($1)` with `pq.Array(keys)`, and read them with one `db.Select`",
     "Write all rows at once: `db.NamedExec` with a slice of structs makes one multi-row `INSERT`"},
    {"sqlc",
     "Ask once for all rows: a sqlc query with `WHERE key = ANY(sqlc.arg(keys)::bigint[])` (or `sqlc.slice`) that "
     "returns "
     "`:many`, called before the loop, or a `JOIN` with `sqlc.embed`",
     "Write all rows at once: a sqlc query over `unnest(sqlc.arg(ids)::bigint[], ...)`, or one marked `:copyfrom` or "
     "`:batchexec` (pgx)"},
    {"gorm",
     "Load them with the first query: `db.Preload(\"Name\")` asks once for all rows, `db.Joins(\"Name\")` in the same "
     "query; or `db.Where(\"key IN ?\", keys).Find(&rows)` before the loop",
     "Write all rows at once: `db.CreateInBatches(rows, size)` or `db.Create(&rows)` with the whole slice; an update "
     "of "
     "many rows with one `Where(\"id IN ?\", ids).Updates(...)`"},
    {"ent",
     "Load them with the first query: eager loading by its `With...` method asks once for all rows; or "
     "`Where(...In(keys"
     "...))` before the loop",
     "Write all rows at once: `client.Name.CreateBulk(builders...)` or `MapCreateBulk`; an update of many rows with "
     "`client.Name.Update().Where(...In(ids...))`"},
    {"bun",
     "Load them with the first query: `.Relation(\"Name\")` asks once for all rows; or `Where(\"key IN (?)\", "
     "bun.In(keys))` before the loop",
     "Write all rows at once: `db.NewInsert().Model(&rows)` with the whole slice; an update of many rows with "
     "`.Bulk()`"},
}};

const Remedies& Of(std::string_view library) {
  const auto* const found = std::ranges::find(kRemedies, library, &Remedies::library);
  return found == kRemedies.end() ? kRemedies.front() : *found;
}

}  // namespace

std::string BatchRemedy(std::string_view library, QueryClass query_class) {
  const Remedies& remedies = Of(library);
  return std::string(query_class == QueryClass::kWrite ? remedies.write : remedies.read);
}

std::string MappedTextsRemedy(std::string_view library) {
  if (library == "bun")
    return "bun has no parameters on the wire: `default_query_exec_mode=exec` in the DSN of pgx's driver sends each "
           "text in one round trip and keeps none (bun's own driver never does); let `db.Prepare` with `$1` ask the "
           "hot "
           "statements";
  return "Let the mapper send parameters, if it can; or have the driver keep nothing that is asked once: "
         "`default_query_exec_mode=exec` in the DSN of pgx's";
}

std::string ParameterRemedy(std::string_view library) {
  if (library == "gorm")
    return "Use parameters (`?`) instead of values in the text, and leave `PreferSimpleProtocol` of gorm's PostgreSQL "
           "driver off";
  if (library == "bun")
    return "bun writes values into the text: let `db.Prepare` with `$1` ask the hot statement, or ask it by pgx's "
           "driver "
           "directly";
  if (library == "database/sql" || library == "sqlx" || library == "ent")
    return "Use parameters (`$1`) instead of values in the text; with pgx's driver, leave `default_query_exec_mode` as "
           "it "
           "is";
  return "Use parameters (`$1`) instead of values in the text, and leave pgx at its default "
         "`QueryExecModeCacheStatement` "
         "instead of `QueryExecModeSimpleProtocol`";
}

}  // namespace hone::sql
