#include "ops/plan_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/clock.h"
#include "ops/sample_parameters.h"
#include "ops/trial_pairs.h"
#include "sql/plan_rules.h"
#include "sql/thresholds.h"

namespace hone::ops {
namespace {

constexpr double kTrialMs = 2000;  // for all pairs of a trial, where fewer pairs than the least are not needed
constexpr int kWrittenRows = 1000;
// What saves less than this at first sight is not measured any further: it could not be proven.
constexpr double kHopeless = 0.95;
constexpr std::string_view kExplained = "ANALYZE, VERBOSE, BUFFERS, FORMAT JSON";
constexpr std::string_view kTimed = "ANALYZE, TIMING OFF, FORMAT JSON";
constexpr int kKeysLookedUp = 50;
constexpr int kRowsOfKey = 100;
const std::string kByIndex =
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off; SET LOCAL "
    "enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL max_parallel_workers_per_gather = 0";
const std::string kWithoutKeys = "SET LOCAL session_replication_role = replica; ";

std::string Cell(const pg::Rows& rows) {
  return rows.rows.empty() || rows.rows[0].empty() ? std::string() : rows.rows[0][0].value_or("");
}

int64_t NumberIn(const pg::Rows& rows) {
  const std::string text = Cell(rows);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Qualified(const std::string& schema, const std::string& table) {
  return pg::QuoteName(schema) + "." + pg::QuoteName(table);
}

// One object: size, columns and indexes of a table.
std::string FactsQuery(const std::string& schema, const std::string& table) {
  return fmt::format(
      R"(SELECT json_build_object('bytes', pg_relation_size(c.oid), 'ordinary', c.relkind = 'r' AND NOT c.relispartition,
  'columns', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'indexes', (SELECT coalesce(json_agg(json_build_object('name', i.relname, 'partial', x.indpred IS NOT NULL, 'columns',
      (SELECT coalesce(json_agg(a.attname ORDER BY k.n), '[]')
       FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, n)
       JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
       WHERE k.n <= x.indnkeyatts AND x.indexprs IS NULL AND m.amname = 'btree')) ORDER BY i.relname), '[]')
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
    WHERE x.indrelid = c.oid AND x.indisvalid))
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = {} AND c.relname = {})",
      pg::QuoteText(schema), pg::QuoteText(table));
}

// Schema, table and column, in the key's order, of what refers by a constraint to a table.
constexpr std::string_view kReferring = R"(
SELECT s.nspname, c.relname, a.attname FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace s ON s.oid = c.relnamespace
JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace ts ON ts.oid = t.relnamespace
CROSS JOIN unnest(k.conkey) WITH ORDINALITY AS part(number, n)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.number
WHERE k.contype = 'f' AND k.conname = {} AND ts.nspname = {} AND t.relname = {} ORDER BY 1, 2, part.n)";

sql::TableFacts FactsFrom(const nlohmann::json& json) {
  sql::TableFacts facts;
  facts.bytes = json.value("bytes", int64_t{0});
  facts.ordinary = json.value("ordinary", false);
  facts.columns = json.value("columns", std::vector<std::string>());
  for (const nlohmann::json& index : json.value("indexes", nlohmann::json::array())) {
    facts.indexes.push_back({.name = index.value("name", ""),
                             .columns = index.value("columns", std::vector<std::string>()),
                             .partial = index.value("partial", false)});
  }
  return facts;
}

// What turns a transaction into one arm of a trial.
std::string WithIt(const sql::Proposal& proposal) {
  return proposal.memory_kb > 0 ? fmt::format("SET LOCAL work_mem = '{}kB'", proposal.memory_kb) : "";
}

// Indexes and statistics are there; dropping them within a transaction that is rolled back costs nothing.
std::string WithoutIt(const sql::Proposal& proposal) { return proposal.revert; }

}  // namespace

base::Result<PlanLab> PlanLab::Open(pg::Cluster& cluster, std::string_view database, const base::Task& task) {
  const std::string name = std::string(database) + "__hone_plans";
  HONE_CHECK_OK(cluster.CloneTemplate(database, name));
  HONE_TRY(pg::Session session, pg::Session::Open(cluster.dsn(name)));
  HONE_CHECK_OK(
      session.Run("SET statement_timeout = '60s'; SET lock_timeout = '10s'; " + std::string(kScanFromTheStart)));
  HONE_CHECK_OK(pg::SearchAllSchemas(session));
  return PlanLab(cluster, name, std::move(session), task);
}

PlanLab::PlanLab(PlanLab&& other) noexcept
    : cluster_(std::exchange(other.cluster_, nullptr)),
      name_(std::move(other.name_)),
      session_(std::move(other.session_)),
      task_(other.task_) {}

PlanLab::~PlanLab() {
  if (cluster_ != nullptr) (void)cluster_->DropDatabase(name_);
}

base::Result<sql::Plan> PlanLab::RunOnce(std::string_view options, const std::string& setting,
                                         const sql::StatementSample& sample,
                                         const std::vector<sql::StatementSample>& before) {
  HONE_CHECK_OK(task_->Check());
  HONE_CHECK_OK(session_.Run("BEGIN; SET LOCAL statement_timeout = '10s'"));
  base::Result<pg::Rows> rows = setting.empty() ? pg::Rows{} : session_.RunQuietly(setting);
  for (const sql::StatementSample& each : before) {
    if (rows) rows = session_.RunPrivately(each.text, ParametersOf(each));
  }
  if (rows) rows = session_.RunPrivately(fmt::format("EXPLAIN ({}) {}", options, sample.text), ParametersOf(sample));
  HONE_CHECK_OK(session_.Run("ROLLBACK"));
  HONE_CHECK_OK(rows);
  return sql::ParseExplain(Cell(*rows));
}

// Alone a statement may violate a foreign key: its transaction deleted before what refers to the row, say. That is done
// again then; where that cannot be, it is the plan that can be looked at, and the keys are not checked.
base::Result<sql::Plan> PlanLab::Run(std::string_view options, const std::string& setting,
                                     const sql::StatementSample& sample) {
  const auto is_refused = [](const base::Result<sql::Plan>& plan) {
    return !plan && plan.error().code == base::Code::kInput;
  };
  unchecked_ = false;
  auto plan = RunOnce(options, setting, sample, {});
  if (!is_refused(plan)) return plan;
  if (!sample.before.empty()) {
    auto behind = RunOnce(options, setting, sample, sample.before);
    if (!is_refused(behind)) return behind;
  }
  auto unchecked = RunOnce(options, kWithoutKeys + setting, sample, {});
  unchecked_ = unchecked.has_value();
  return unchecked ? std::move(unchecked) : std::move(plan);
}

base::Result<PlanLab::Explained> PlanLab::Explain(const sql::StatementSample& sample) {
  HONE_TRY(const sql::Plan first, Run(kTimed, "", sample));  // fills the caches
  HONE_TRY(const sql::Plan second, Run(kTimed, "", sample));
  Explained explained{.shortest_ms = std::min(first.execution_ms, second.execution_ms)};
  HONE_TRY(explained.plan, Run(kExplained, "", sample));
  explained.unchecked = unchecked_;
  return explained;
}

// Those that refer to the table that a plan changes and were checked, by the table that refers.
base::Result<PlanLab::KeysByTable> PlanLab::ForeignKeys(const sql::Plan& plan) {
  KeysByTable keys;
  if (plan.nodes.empty() || plan.key_checks.empty()) return keys;
  const sql::PlanNode& changed = plan.nodes.front();
  for (const sql::KeyCheck& check : plan.key_checks) {
    // A name is unique within a table only, and EXPLAIN does not say which one's it is.
    if (std::ranges::count(plan.key_checks, check.constraint, &sql::KeyCheck::constraint) > 1) continue;
    HONE_TRY(const pg::Rows rows,
             session_.Run(fmt::format(kReferring, pg::QuoteText(check.constraint), pg::QuoteText(changed.schema),
                                      pg::QuoteText(changed.table))));
    for (const auto& row : rows.rows) {
      std::vector<sql::ForeignKey>& of_table = keys[{row.at(0).value_or(""), row.at(1).value_or("")}];
      if (of_table.empty() || of_table.back().constraint != check.constraint)
        of_table.push_back({.constraint = check.constraint});
      of_table.back().columns.push_back(row.at(2).value_or(""));
    }
  }
  return keys;
}

base::Result<std::vector<sql::TableFacts>> PlanLab::Tables(const sql::Plan& plan) {
  std::vector<sql::TableFacts> tables;
  std::set<std::pair<std::string, std::string>> names;
  for (const sql::PlanNode& node : plan.nodes) {
    if (!node.table.empty()) names.emplace(node.schema, node.table);
  }
  HONE_TRY(const auto keys, ForeignKeys(plan));
  for (const auto& [table, foreign] : keys) names.insert(table);
  for (const auto& [schema, table] : names) {
    HONE_TRY(const pg::Rows rows, session_.Run(FactsQuery(schema, table)));
    const nlohmann::json json = nlohmann::json::parse(Cell(rows), nullptr, false);
    if (!json.is_object()) continue;  // a temporary table, say
    sql::TableFacts& facts = tables.emplace_back(FactsFrom(json));
    facts.schema = schema;
    facts.name = table;
    HONE_TRY(const pg::Rows count, session_.Run("SELECT count(*) FROM " + Qualified(schema, table)));
    facts.rows = NumberIn(count);
    if (const auto own = keys.find({schema, table}); own != keys.end()) facts.foreign_keys = own->second;
  }
  return tables;
}

base::Result<sql::Trial> PlanLab::Alternate(const sql::StatementSample& sample, const sql::Proposal& proposal) {
  sql::Trial trial{.kind = proposal.kind, .statement = proposal.statement, .memory_kb = proposal.memory_kb};
  const sql::StatementSample& other = proposal.instead ? *proposal.instead : sample;
  const auto run = [&](std::string_view options, bool with) {
    return Run(options, with ? WithIt(proposal) : WithoutIt(proposal), with ? other : sample);
  };
  HONE_TRY(const sql::Plan without, run(kTimed, false));
  HONE_CHECK_OK(run(kTimed, true));
  HONE_TRY(trial.plan, run(kExplained, true));
  HONE_TRY(const sql::Plan with, run(kTimed, true));
  // Temporary files and gross misestimates are worth telling although they cost nothing here; the times are shown with
  // them.
  const bool told = proposal.kind == "statistics" || (proposal.kind == "memory" && sql::SpilledBytes(trial.plan) == 0);
  if (with.execution_ms > without.execution_ms * kHopeless && !told) return trial;
  const size_t pairs = PairsFor(with.execution_ms + without.execution_ms, kTrialMs);
  for (size_t i = 0; i < pairs; ++i) {
    for (const bool first : {true, false}) {
      const bool is_with = first == (i % 2 == 0);
      HONE_TRY(const sql::Plan timed, run(kTimed, is_with));
      (is_with ? trial.with_ns : trial.without_ns).push_back(timed.execution_ms * base::kNsPerMs);
    }
  }
  return trial;
}

// Keeps rows of the table, with their places, in a temporary table; answers the names of the columns to insert.
base::Result<std::string> PlanLab::CopySomeRows(const std::string& table) {
  HONE_TRY(const pg::Rows columns,
           session_.Run(fmt::format("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
                                    "WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped AND "
                                    "attgenerated = ''",
                                    pg::QuoteText(table))));
  HONE_CHECK_OK(session_.Run("DROP TABLE IF EXISTS pg_temp.hone_rows"));
  HONE_CHECK_OK(
      session_.RunQuietly(fmt::format("CREATE TEMP TABLE hone_rows AS SELECT t.ctid AS hone_ctid, t.* FROM {} t WHERE "
                                      "random() < {}.0 / (SELECT count(*) "
                                      "FROM {}) LIMIT {}",
                                      table, 2 * kWrittenRows, table, kWrittenRows)));
  return Cell(columns);
}

// The copies are deleted and inserted again in a transaction that is rolled back, without triggers and foreign keys:
// what remains is the table and its indexes.
base::Result<PlanLab::Writes> PlanLab::TimeWrites(const std::string& schema, const std::string& table_name,
                                                  const std::string& drop) {
  const std::string table = Qualified(schema, table_name);
  HONE_TRY(const std::string columns, CopySomeRows(table));
  HONE_TRY(const pg::Rows count, session_.Run("SELECT count(*) FROM pg_temp.hone_rows"));
  const std::string with =
      fmt::format("{}DELETE FROM {} WHERE ctid IN (SELECT hone_ctid FROM pg_temp.hone_rows)", kWithoutKeys, table);
  const std::string insert = fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM pg_temp.hone_rows",
                                         table, columns, columns);
  Writes writes{.rows = NumberIn(count)};
  size_t pairs = sql::kTrialPairs;
  for (size_t i = 0; i < pairs; ++i) {
    for (const bool first : {true, false}) {
      const bool is_with = first == (i % 2 == 0);
      HONE_TRY(const sql::Plan timed, Run(kTimed, is_with ? with : drop + "; " + with, {.text = insert}));
      (is_with ? writes.with_ns : writes.without_ns).push_back(timed.execution_ms * base::kNsPerMs);
    }
    if (i == 0) pairs = PairsFor((writes.with_ns[0] + writes.without_ns[0]) / base::kNsPerMs, kTrialMs);
  }
  return writes;
}

// Key by key through an index, whatever else the planner likes better; ctid stands in the table only.
base::Result<PlanLab::Lookups> PlanLab::TimeLookups(const std::string& schema, const std::string& table_name,
                                                    const std::vector<std::string>& key, const std::string& with,
                                                    const std::vector<std::string>& without) {
  const std::string table = Qualified(schema, table_name);
  HONE_CHECK_OK(CopySomeRows(table));
  std::string columns;
  std::string same;
  for (const std::string& column : key) {
    const std::string name = pg::QuoteName(column);
    columns += (columns.empty() ? "" : ", ") + name;
    same += fmt::format("{}t.{} = h.{}", same.empty() ? "" : " AND ", name, name);
  }
  const std::string text = fmt::format(
      "SELECT count(f.at) FROM (SELECT * FROM (SELECT DISTINCT {} FROM pg_temp.hone_rows) d ORDER BY md5(d::text) "
      "LIMIT {}) h "
      "CROSS JOIN LATERAL (SELECT t.ctid AS at FROM {} t WHERE {} LIMIT {}) f",
      columns, kKeysLookedUp, table, same, kRowsOfKey);
  const std::string dropped = "DROP INDEX " + Qualified(schema, with) + "; " + kByIndex;
  const auto time = [&](bool is_with) -> base::Result<double> {
    HONE_TRY(const sql::Plan timed, Run(kTimed, is_with ? kByIndex : dropped, {.text = text}));
    const bool by_it = std::ranges::any_of(timed.nodes, [&](const sql::PlanNode& node) {
      return (is_with && node.index == with) || std::ranges::find(without, node.index) != without.end();
    });
    if (!by_it) return base::Fail(base::Code::kInput, "The server looks these rows up in another way", with);
    return timed.execution_ms;
  };
  for (const bool is_with : {true, false}) HONE_CHECK_OK(time(is_with));  // fills the caches
  Lookups lookups;
  size_t pairs = sql::kTrialPairs;
  for (size_t i = 0; i < pairs; ++i) {
    for (const bool first : {true, false}) {
      const bool is_with = first == (i % 2 == 0);
      HONE_TRY(const double ms, time(is_with));
      (is_with ? lookups.with_ns : lookups.without_ns).push_back(ms * base::kNsPerMs);
    }
    if (i == 0) pairs = PairsFor((lookups.with_ns[0] + lookups.without_ns[0]) / base::kNsPerMs, kTrialMs);
  }
  return lookups;
}

base::Result<sql::Trial> PlanLab::Try(const sql::StatementSample& sample, const sql::Proposal& proposal) {
  if (!proposal.apply.empty()) HONE_CHECK_OK(session_.RunQuietly(proposal.apply));
  auto trial = Alternate(sample, proposal);
  if (trial && proposal.kind == "index") {
    HONE_TRY(const pg::Rows size,
             session_.Run(fmt::format("SELECT pg_relation_size({}::regclass)",
                                      pg::QuoteText(pg::QuoteName(proposal.schema) + ".hone_trial_index"))));
    trial->bytes = NumberIn(size);
    if (sql::IsProven(*trial)) {
      if (auto writes = TimeWrites(proposal.schema, proposal.table, proposal.revert)) {
        trial->written_rows = writes->rows;
        trial->write_without_ns = std::move(writes->without_ns);
        trial->write_with_ns = std::move(writes->with_ns);
      } else {
        trial->write_reason = "the server refused copies of its rows";
      }
    }
  }
  if (!proposal.revert.empty()) HONE_CHECK_OK(session_.RunQuietly(proposal.revert));
  return trial;
}

}  // namespace hone::ops
