#include "ops/column_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "ops/parameter_names.h"
#include "ops/rows_within.h"
#include "ops/scenario_paths.h"
#include "ops/table_references.h"
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

// "/categories/x/lots/": as if one of what it lists were asked for.
std::string PathOf(const project::Scenario& source) {
  std::string path;
  for (const project::Template::Part& part : source.path.parts()) path += part.is_name ? "x" : part.text;
  return path.substr(0, path.find('?')) + "/";
}

std::string LastOf(std::string_view pointer) { return std::string(pointer.substr(pointer.rfind('/') + 1)); }

// A column's values as the variable wants them.
std::string Expression(const project::OfColumn& of) {
  std::string value = pg::QuoteName(of.column);
  if (!of.plus.empty()) value = fmt::format("({} + interval {})", value, pg::QuoteText(of.plus));
  return of.as.empty() ? value : fmt::format("to_char({}, {})", value, pg::QuoteText(of.as));
}

AskFunction AskOf(const Rig& rig) {
  return [&rig](const std::string& text) { return rig.AskDatabase(text); };
}

}  // namespace

base::Result<std::vector<std::vector<std::string>>> ReadColumns(const Rig& rig,
                                                                const std::vector<project::OfColumn>& columns) {
  std::string named;   // "id" AS v0, "name" AS v1
  std::string values;  // v0, v1
  std::string texts;   // v0::text, v1::text
  std::string known;   // "id" IS NOT NULL AND "name" IS NOT NULL
  for (size_t i = 0; i < columns.size(); ++i) {
    const char* comma = i == 0 ? "" : ", ";
    const std::string column = pg::QuoteName(columns[i].column);
    named += fmt::format("{}{} AS v{}", comma, Expression(columns[i]), i);
    values += fmt::format("{}v{}", comma, i);
    texts += fmt::format("{}v{}::text", comma, i);
    known += fmt::format("{}{} IS NOT NULL", i == 0 ? "" : " AND ", column);
  }
  // Of a database that is not Hone's own, a part must do.
  const std::string_view some = rig.databases() == nullptr ? " LIMIT 100000" : "";
  HONE_TRY(const std::string rows_of, RowsWithin(AskOf(rig), columns.front()));
  const std::string sql = fmt::format(
      "SELECT {0} FROM (SELECT {1}, row_number() OVER (ORDER BY {1}) AS n, count(*) OVER () AS c FROM (SELECT DISTINCT "
      "{1} FROM (SELECT {2} FROM {3} AS own WHERE {4}{5}) AS a) AS d) AS s WHERE c <= {6} OR n * {6} / c <> (n - 1) * "
      "{6} / c "
      "ORDER BY n",
      texts, values, named, rows_of, known, some, project::Learned::kMostValues);
  HONE_TRY(const pg::Rows rows, rig.AskDatabase(sql));
  std::vector<std::vector<std::string>> read(columns.size());
  for (const auto& row : rows.rows) {
    for (size_t i = 0; i < columns.size(); ++i) read[i].push_back(row.at(i).value_or(""));
  }
  return read;
}

base::Result<std::vector<std::string>> ReadColumn(const Rig& rig, const project::OfColumn& of) {
  HONE_TRY(auto columns, ReadColumns(rig, {of}));
  std::vector<std::string>& values = columns.front();
  const auto is_array = [](const std::string& text) { return text.starts_with('{') && text.ends_with('}'); };
  if (values.empty() || !std::ranges::all_of(values, is_array)) return std::move(values);
  HONE_TRY(const std::string rows_of, RowsWithin(AskOf(rig), of));
  const auto elements = rig.AskDatabase(fmt::format(
      "SELECT DISTINCT e::text FROM (SELECT unnest({0}) AS e FROM (SELECT {0} FROM {1} AS own LIMIT 100000) AS a) AS u"
      " WHERE e IS NOT NULL ORDER BY 1 LIMIT {2}",
      pg::QuoteName(of.column), rows_of, project::Learned::kMostValues));
  if (!elements) return std::move(values);  // documents
  std::vector<std::string> each;
  for (const auto& row : elements->rows) each.push_back(row.at(0).value_or(""));
  return each;
}

std::vector<project::OfColumn> ColumnFinder::Candidates(const project::Scenario& scenario,
                                                        const project::Variable& variable) {
  const auto* from = std::get_if<project::FromAnswer>(&variable.values);
  if (from == nullptr || rig_.databases() == nullptr) return {};
  if (!tables_) {
    tables_.emplace();
    const auto rows = rig_.AskDatabase(kColumnsOfTables);
    if (!rows) return {};
    for (const auto& row : rows->rows) {
      const std::string table = row.at(0).value_or("");
      if (tables_->empty() || tables_->back().name != table) tables_->push_back({.name = table});
      tables_->back().columns.push_back(row.at(1).value_or(""));
    }
  }
  const std::string before = PathBefore(scenario, variable.name);
  std::vector<project::OfColumn> candidates;
  // What the answer calls it is the surer name: "/loans/*/copy_id" behind "/copies/".
  for (auto of : {ColumnOfPath(*tables_, before, LastOf(from->pointer)), ColumnOfPath(*tables_, before, variable.name),
                  ColumnOfPath(*tables_, PathOf(project_.scenarios[from->scenario]), LastOf(from->pointer))}) {
    if (of) candidates.push_back(*std::move(of));
  }
  return candidates;
}

std::vector<project::OfColumn> ColumnFinder::Namesakes(const project::Variable& variable) {
  const auto* from = std::get_if<project::FromAnswer>(&variable.values);
  std::vector<project::OfColumn> namesakes;
  if (from == nullptr || !tables_) return namesakes;
  const std::string path = PathOf(project_.scenarios[from->scenario]);
  const std::string_view things = LastElement(std::string_view(path).substr(0, path.size() - 1));
  const std::string column = LastOf(from->pointer);
  for (const SchemaTable& table : *tables_) {
    const std::string name = table.name.substr(table.name.rfind('.') + 1);
    const size_t first = name.find('_');
    const bool named = first != std::string::npos && IsPlural(LowerCase(things), name.substr(0, first));
    if (named && base::Has(table.columns, column)) namesakes.push_back({table.name, column});
  }
  return namesakes;
}

std::optional<ColumnFinder::Found> ColumnFinder::Find(const project::Scenario& scenario,
                                                      const project::Variable& variable) {
  std::vector<project::OfColumn> candidates = Candidates(scenario, variable);
  if (candidates.empty()) return std::nullopt;
  auto values = ReadColumn(rig_, Own(candidates.front()));
  if (!values || values->empty()) return std::nullopt;
  return Found{std::move(candidates.front()), *std::move(values)};
}

void ColumnFinder::StayWithin(std::optional<project::Within> row) {
  own_ = std::move(row);
  has_own_.clear();
}

project::OfColumn ColumnFinder::Own(project::OfColumn of) {
  if (of.within || !own_) return of;
  const auto [known, is_new] = has_own_.try_emplace(of.table);
  if (is_new) {
    project::OfColumn own = of;
    own.within = own_;
    const auto rows = RowsWithin(AskOf(rig_), own);
    const bool connected = rows && *rows != QuotedTable(of.table);
    const auto any = connected ? rig_.AskDatabase(fmt::format("SELECT FROM {} AS own LIMIT 1", *rows)) : pg::Rows();
    known->second = any && !any->rows.empty();
  }
  if (known->second) of.within = own_;
  return of;
}

std::optional<project::OfColumn> ColumnFinder::ColumnOf(const project::Scenario& scenario,
                                                        const project::Variable& variable,
                                                        const std::vector<std::string>& values) {
  if (const auto* of = std::get_if<project::OfColumn>(&variable.values)) {
    // What is written otherwise, or moved, names no row.
    const bool plain = of->as.empty() && of->plus.empty();
    return plain ? std::optional(Own(*of)) : std::nullopt;
  }
  for (project::OfColumn& of : Candidates(scenario, variable)) {
    if (Holds(of, std::get<project::FromAnswer>(variable.values), values)) return Own(std::move(of));
  }
  return std::nullopt;
}

std::optional<project::OfColumn> ColumnFinder::LikelyColumnOf(const project::Scenario& scenario,
                                                              const project::Variable& variable,
                                                              const std::vector<std::string>& values) {
  constexpr size_t kMostAsked = 4;
  auto of = ColumnOf(scenario, variable, values);
  std::vector<project::OfColumn> namesakes = of ? std::vector<project::OfColumn>() : Namesakes(variable);
  if (namesakes.size() > kMostAsked) return of;
  std::erase_if(namesakes, [&](const project::OfColumn& each) {
    return !Holds(each, std::get<project::FromAnswer>(variable.values), values);
  });
  return namesakes.size() == 1 ? std::optional(Own(std::move(namesakes.front()))) : of;
}

bool ColumnFinder::Holds(const project::OfColumn& of, const project::FromAnswer& from,
                         const std::vector<std::string>& values) {
  constexpr size_t kEnough = 20;
  const size_t count = std::min(values.size(), kEnough);
  if (count == 0) return false;
  const auto [holds, is_new] =
      holds_.try_emplace(fmt::format("{}.{} {}{}", of.table, of.column, from.scenario, from.pointer));
  if (is_new) {
    // What writers answered with is there now only.
    const auto found = rig_.AskDatabaseNow(fmt::format("SELECT count(DISTINCT {0}) FROM {1} WHERE {0}::text IN ({2})",
                                                       pg::QuoteName(of.column), QuotedTable(of.table),
                                                       pg::QuoteTexts(std::span(values).first(count))));
    holds->second = found && found->rows.at(0).at(0) == std::to_string(count);
  }
  return holds->second;
}

const std::vector<BusiestValue>& ColumnFinder::Busiest(const project::OfColumn& of) {
  std::string key = of.table + "." + of.column;
  if (of.within) key += fmt::format(" within {}.{} = {}", of.within->table, of.within->column, of.within->value);
  const auto [known, is_new] = busiest_.try_emplace(std::move(key));
  if (is_new) {
    if (auto busiest = BusiestValues(AskOf(rig_), of)) known->second = *std::move(busiest);
  }
  return known->second;
}

}  // namespace hone::ops
