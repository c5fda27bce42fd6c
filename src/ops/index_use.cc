#include "ops/index_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "ops/index_reading.h"
#include "ops/plan_phase.h"

namespace hone::ops {
namespace {

using Uses = std::map<std::string, CountedIndex>;

constexpr int kFirstThatCountsAtOnce = 15;
constexpr base::Nanos kIndexUseStep = 20 * base::kMillisecond;
constexpr base::Nanos kGoneAfter = 5 * base::kSecond;

constexpr std::string_view kUseQuery = R"(
SELECT coalesce(json_agg(json_build_object('name', i.schemaname || '.' || i.indexrelname, 'scans', i.idx_scan,
  'table_reads', coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0),
  'column', (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = x.indrelid AND a.attnum = x.indkey[0]),
  'viewed', EXISTS (SELECT FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
                    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = i.relid AND r.ev_class <> i.relid),
  'table_writes', t.n_tup_ins + t.n_tup_upd + t.n_tup_del,
  'plain', x.indexprs IS NULL AND x.indpred IS NULL,
  'foreign_key', EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = x.indrelid
                         AND (x.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey))), '[]')
FROM pg_stat_user_indexes i JOIN pg_index x ON x.indexrelid = i.indexrelid
JOIN pg_stat_user_tables t ON t.relid = i.relid)";

constexpr std::string_view kOthersQuery =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid "
    "<> "
    "pg_backend_pid()";

base::Result<Uses> ReadUses(const pg::Databases& databases, const std::string& database) {
  HONE_TRY(const pg::Rows rows, databases.RunSql(database, kUseQuery));
  const bool answered = !rows.rows.empty() && !rows.rows[0].empty();
  const nlohmann::json json = nlohmann::json::parse(answered ? rows.rows[0][0].value_or("") : "", nullptr, false);
  Uses uses;
  if (!json.is_array()) return uses;
  for (const nlohmann::json& each : json) {
    CountedIndex& counted = uses[each.value("name", "")];
    counted.use = {.column = each.at("column").is_string() ? each.at("column").get<std::string>() : std::string(),
                   .scans = each.value("scans", int64_t{0}),
                   .table_reads = each.value("table_reads", int64_t{0}),
                   .table_writes = each.value("table_writes", int64_t{0}),
                   .plain = each.value("plain", false),
                   .foreign_key = each.value("foreign_key", false)};
    counted.viewed = each.value("viewed", false);
  }
  return uses;
}

base::Result<void> AwaitNoConnections(const pg::Databases& databases, const std::string& database,
                                      const base::Task& task) {
  const base::Nanos deadline = task.clock().Now() + kGoneAfter;
  for (;;) {
    HONE_TRY(const pg::Rows others, databases.RunSql(database, kOthersQuery));
    if (others.rows.empty()) return {};
    const base::Nanos now = task.clock().Now();
    if (now >= deadline)
      return base::Fail(base::Code::kTimeout, "Connections of a service that was stopped are still there", database);
    task.clock().SleepUntil(now + kIndexUseStep);
  }
}

}  // namespace

base::Result<void> IndexUseLog::Begin(const pg::Databases& databases, const std::string& database) {
  complete_ = complete_ && databases.major() >= kFirstThatCountsAtOnce;
  if (!complete_) return {};
  HONE_TRY(before_, ReadUses(databases, database));
  return {};
}

base::Result<void> IndexUseLog::End(const pg::Databases& databases, const std::string& database,
                                    const base::Task& task) {
  if (!complete_) return {};
  complete_ = false;
  HONE_CHECK_OK(AwaitNoConnections(databases, database, task));
  HONE_TRY(const Uses after, ReadUses(databases, database));
  for (auto [name, counted] : after) {
    const sql::IndexUse& before = before_[name].use;
    const sql::IndexUse& so_far = uses_[name].use;
    counted.use.scans += so_far.scans - before.scans;
    counted.use.table_reads += so_far.table_reads - before.table_reads;
    counted.use.table_writes += so_far.table_writes - before.table_writes;
    uses_[name] = std::move(counted);
  }
  complete_ = true;
  return {};
}

bool IsNamed(const CountedIndex& index, const std::string& table, const std::vector<std::string>& statements) {
  // By a view the table's own name stands nowhere.
  const std::string_view by = index.viewed ? std::string_view() : std::string_view(table);
  return std::ranges::any_of(
      statements, [&](const std::string& statement) { return sql::NamesForIndex(statement, by, index.use.column); });
}

// What the pieces say of an index that no statement names.
void HeedPieces(const CountedIndex& index, const std::string& table, const std::vector<std::string>& pieces,
                sql::IndexUse& use) {
  const std::string_view by = index.viewed ? std::string_view() : std::string_view(table);
  for (const std::string& piece : pieces) {
    const sql::ColumnMention mention = sql::MentionOf(piece, by, use.column);
    use.named = use.named || mention == sql::ColumnMention::kServes;
    use.alone = use.alone || mention == sql::ColumnMention::kAlone;
  }
}

base::Result<UnusedIndexes> StudyUnused(pg::Cluster& cluster, const std::string& database, const Uses& uses,
                                        const std::vector<std::string>& statements,
                                        const std::vector<std::string>& pieces, const std::string& service,
                                        Measurer& measurer, const evidence::Redactor& redactor,
                                        const base::Task& task) {
  UnusedIndexes unused;
  HONE_TRY(unused.entries, ReadIndexes(cluster, database, redactor));
  for (sql::IndexEntry& entry : unused.entries) {
    const auto counted = uses.find(entry.schema + "." + entry.name);
    if (counted == uses.end()) continue;
    entry.use = counted->second.use;
    entry.use->named = IsNamed(counted->second, entry.table, statements);
    if (entry.use->scans == 0 && !entry.use->named) HeedPieces(counted->second, entry.table, pieces, *entry.use);
  }
  const std::vector<size_t> found = sql::FindUnused(unused.entries);
  if (found.empty()) return UnusedIndexes{};
  task.Report({"Measuring what unused indexes cost"});
  HONE_TRY(PlanLab lab, PlanLab::Open(cluster, database, task));
  for (const size_t index : found) TimeIndex(unused.entries[index], lab);
  evidence::Capture capture;
  capture.kind = sql::kIndexesKind;
  capture.scope.service = service;
  HONE_TRY(unused.capture, measurer.Keep(std::move(capture), sql::EncodeIndexes(unused.entries)));
  return unused;
}

}  // namespace hone::ops
