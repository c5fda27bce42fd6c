#include "ops/column_values.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "pg/connection.h"

namespace hone::ops {
namespace {

constexpr std::string_view kColumnsOfTables = R"(
SELECT n.nspname || '.' || c.relname, a.attname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1, a.attnum)";

std::string QuotedTable(const std::string& table) {
  const size_t dot = table.find('.');
  if (dot == std::string::npos) return pg::QuoteName(table);
  return pg::QuoteName(table.substr(0, dot)) + "." + pg::QuoteName(table.substr(dot + 1));
}

// The path of a scenario up to the variable; empty where it does not stand there.
std::string PathBefore(const project::Scenario& scenario, const std::string& name) {
  std::string before;
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (part.is_name && part.text == name) return before;
    before += part.is_name ? "x" : part.text;
  }
  return {};
}

std::string LastOf(std::string_view pointer) { return std::string(pointer.substr(pointer.rfind('/') + 1)); }

}  // namespace

base::Result<std::vector<std::string>> ReadColumn(const Rig& rig, const project::OfColumn& of) {
  // Of a database that is not Hone's own, a part must do.
  const std::string_view some = rig.databases() == nullptr ? " LIMIT 100000" : "";
  const std::string sql = fmt::format(
      "SELECT v::text FROM (SELECT v, row_number() OVER (ORDER BY v) AS n, count(*) OVER () AS c FROM (SELECT DISTINCT "
      "v "
      "FROM (SELECT {0} AS v FROM {1} WHERE {0} IS NOT NULL{2}) AS a) AS d) AS s WHERE c <= {3} OR n * {3} / c <> (n - "
      "1) "
      "* {3} / c ORDER BY n",
      pg::QuoteName(of.column), QuotedTable(of.table), some, project::Learned::kMostValues);
  HONE_TRY(const pg::Rows rows, rig.AskDatabase(sql));
  std::vector<std::string> values;
  for (const auto& row : rows.rows) values.push_back(row.at(0).value_or(""));
  return values;
}

std::optional<ColumnFinder::Found> ColumnFinder::Find(const project::Scenario& scenario,
                                                      const project::Variable& variable) {
  const auto* from = std::get_if<project::FromAnswer>(&variable.values);
  if (from == nullptr || rig_.databases() == nullptr) return std::nullopt;
  if (!tables_) {
    tables_.emplace();
    const auto rows = rig_.AskDatabase(kColumnsOfTables);
    if (!rows) return std::nullopt;
    for (const auto& row : rows->rows) {
      const std::string table = row.at(0).value_or("");
      if (tables_->empty() || tables_->back().name != table) tables_->push_back({.name = table});
      tables_->back().columns.push_back(row.at(1).value_or(""));
    }
  }
  // What the answer calls it is the surer name: "/loans/*/copy_id" behind "/copies/".
  auto of = ColumnOfPath(*tables_, PathBefore(scenario, variable.name), LastOf(from->pointer));
  if (!of) of = ColumnOfPath(*tables_, PathBefore(scenario, variable.name), variable.name);
  if (!of) return std::nullopt;
  auto values = ReadColumn(rig_, *of);
  if (!values || values->empty()) return std::nullopt;
  return Found{*std::move(of), *std::move(values)};
}

}  // namespace hone::ops
