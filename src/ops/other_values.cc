#include "ops/other_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "ops/rows_within.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

constexpr size_t kMostTried = 28;
constexpr int kFewestRows = 4;
constexpr int kMostStates = 8;

// {0} the table as a text: its columns that say in which state a row is.
constexpr std::string_view kStateColumns = R"(
SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = to_regclass({0}) AND a.attnum > 0 AND NOT a.attisdropped
   AND (t.typtype = 'e' OR t.typname IN ('text', 'varchar', 'bool'))
   AND a.attname ~* '(status|state|stage|phase)$|^is_|^(active|enabled|open|closed|archived|locked|paid)$'
 ORDER BY a.attnum)";

// {0} the table, {1} the column, {2} how few rows, {3} how many values.
constexpr std::string_view kStates = R"(
SELECT {1}::text FROM {0} WHERE {1} IS NOT NULL GROUP BY 1 HAVING count(*) >= {2} ORDER BY count(*) DESC, 1 LIMIT {3})";

// {0} the column wanted, {1} the table, {2} a condition, {3} how many.
constexpr std::string_view kValues = R"(
SELECT v::text FROM (SELECT DISTINCT {0} AS v FROM {1} AS own WHERE {2} AND {0} IS NOT NULL) AS d ORDER BY md5(v::text) LIMIT {3})";

// {0} the column as a text, {1} the table as a text: other tables with a column that is called so, and its type.
constexpr std::string_view kNamesakes = R"(
SELECT n.nspname || '.' || c.relname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = {0} AND NOT a.attisdropped
  JOIN pg_attribute own ON own.attrelid = to_regclass({1}) AND own.attname = {0} AND own.atttypid = a.atttypid
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.oid <> to_regclass({1})
   AND c.relname !~ 'migration|^goose_'
 ORDER BY 1 LIMIT 6)";

std::vector<std::string> FirstColumn(const pg::Rows& rows) {
  std::vector<std::string> values;
  for (const auto& row : rows.rows) values.push_back(row.at(0).value_or(""));
  return values;
}

base::Result<std::vector<std::string>> ValuesWhere(const AskFunction& ask, const project::OfColumn& of,
                                                   const std::string& condition) {
  HONE_TRY(const std::string rows_of, RowsWithin(ask, of));
  HONE_TRY(const pg::Rows rows,
           ask(fmt::format(kValues, pg::QuoteName(of.column), rows_of, condition, project::Learned::kMostValues)));
  return FirstColumn(rows);
}

// Those of the rows that the column is restricted to.
base::Result<std::vector<OtherValues>> OwnValues(const AskFunction& ask, const project::OfColumn& of) {
  if (!of.within) return {};
  HONE_TRY(auto values, ValuesWhere(ask, of, "true"));
  if (values.empty()) return {};
  return std::vector{OtherValues{.values = std::move(values),
                                 .what = fmt::format("{}.{} of {}.{} {}", of.table, of.column, of.within->table,
                                                     of.within->column, of.within->value)}};
}

// The variables that take values from answers or the database: of items first, then of the path, then others.
std::vector<const project::Variable*> InOrderOfTrial(const project::Scenario& scenario) {
  std::vector<std::pair<int, const project::Variable*>> ranked;
  for (const project::Variable& variable : scenario.vars) {
    if (!project::IsLearned(variable)) continue;
    const bool in_items = project::StandsInItems(scenario, variable.name);
    ranked.emplace_back(in_items ? 0 : scenario.path.Uses(variable.name) ? 1 : 2, &variable);
  }
  std::ranges::stable_sort(ranked, {}, &std::pair<int, const project::Variable*>::first);
  std::vector<const project::Variable*> variables;
  for (const auto& [rank, variable] : ranked) variables.push_back(variable);
  return variables;
}

}  // namespace

base::Result<std::vector<OtherValues>> ValuesByState(const AskFunction& ask, const project::OfColumn& of) {
  const std::string table = QuotedTable(of.table);
  HONE_TRY(const pg::Rows columns, ask(fmt::format(kStateColumns, pg::QuoteText(table))));
  std::vector<OtherValues> found;
  for (const std::string& column : FirstColumn(columns)) {
    const std::string quoted = pg::QuoteName(column);
    HONE_TRY(const pg::Rows states, ask(fmt::format(kStates, table, quoted, kFewestRows, kMostStates)));
    for (const std::string& state : FirstColumn(states)) {
      HONE_TRY(auto values, ValuesWhere(ask, of, fmt::format("{}::text = {}", quoted, pg::QuoteText(state))));
      if (values.empty()) continue;
      found.push_back({.values = std::move(values),
                       .what = fmt::format("{}.{} where {} is {}", of.table, of.column, column, state),
                       .state = of.within ? std::nullopt : std::optional(project::Within{of.table, column, state})});
    }
  }
  return found;
}

base::Result<std::vector<OtherValues>> ValuesByReference(const AskFunction& ask, const project::OfColumn& of) {
  constexpr size_t kMostTables = 6;
  size_t looked_at = 0;
  HONE_TRY(const std::vector<TableReference> references, ReferencesTo(ask, of.table));
  std::vector<OtherValues> found;
  for (const TableReference& reference : references) {
    if (reference.to_itself || looked_at == kMostTables) continue;
    ++looked_at;
    const std::string exists = fmt::format("EXISTS (SELECT FROM {} AS other WHERE other.{} = own.{})", reference.from,
                                           reference.column, reference.key);
    auto with = ValuesWhere(ask, of, exists);
    auto without = ValuesWhere(ask, of, "NOT " + exists);
    // Where all are alike they were asked for; a table that takes too long does not help.
    if (!with || !without || with->empty() || without->empty()) continue;
    const std::string name = fmt::format("{}.{}", of.table, of.column);
    found.push_back({.values = *std::move(with), .what = fmt::format("{} that {} refers to", name, reference.table)});
    found.push_back(
        {.values = *std::move(without), .what = fmt::format("{} that no {} refers to", name, reference.table)});
  }
  return found;
}

base::Result<std::vector<OtherValues>> ValuesUnreferred(const AskFunction& ask, const project::OfColumn& of) {
  HONE_TRY(const std::vector<TableReference> references, ReferencesTo(ask, of.table));
  std::string condition;
  for (const TableReference& reference : references) {
    condition += fmt::format("{}NOT EXISTS (SELECT FROM {} AS other WHERE other.{} = own.{})",
                             condition.empty() ? "" : " AND ", reference.from, reference.column, reference.key);
  }
  if (condition.empty()) return {};
  HONE_TRY(auto values, ValuesWhere(ask, of, condition));
  std::vector<OtherValues> found;
  if (!values.empty()) {
    found.push_back(
        {.values = std::move(values), .what = fmt::format("{}.{} that nothing refers to", of.table, of.column)});
  }
  return found;
}

base::Result<std::vector<OtherValues>> ValuesOfNamesakes(const AskFunction& ask, const project::OfColumn& of) {
  HONE_TRY(const pg::Rows tables,
           ask(fmt::format(kNamesakes, pg::QuoteText(of.column), pg::QuoteText(QuotedTable(of.table)))));
  std::vector<OtherValues> found;
  for (const std::string& table : FirstColumn(tables)) {
    project::OfColumn namesake{table, of.column};
    namesake.within = of.within;
    HONE_TRY(auto values, ValuesWhere(ask, namesake, "true"));
    if (!values.empty()) found.push_back({.values = std::move(values), .what = fmt::format("{}.{}", table, of.column)});
  }
  return found;
}

std::vector<OtherValues> FindOtherValues(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder,
                                         const project::Learned& learned) {
  std::vector<OtherValues> all;
  if (rig.databases() == nullptr) return all;
  const AskFunction ask = [&](const std::string& text) { return rig.AskDatabase(text); };
  const std::vector<const project::Variable*> variables = InOrderOfTrial(scenario);
  const auto add = [&](const auto& find) {
    for (const project::Variable* variable : variables) {
      const std::vector<std::string>* const usual = learned.Find(*variable);
      const auto of = usual == nullptr ? std::nullopt : finder.ColumnOf(scenario, *variable, *usual);
      if (!of || all.size() >= kMostTried) continue;
      auto found = find(ask, *of);
      if (!found) continue;  // a database that does not answer does not help
      for (OtherValues& other : *found) {
        if (std::ranges::is_permutation(other.values, *usual)) continue;
        other.variable = variable->name;
        if (all.size() < kMostTried) all.push_back(std::move(other));
      }
    }
  };
  if (scenario.method == "DELETE") add(ValuesUnreferred);
  add(OwnValues);
  add(ValuesByState);
  add(ValuesOfNamesakes);
  add(ValuesByReference);
  return all;
}

}  // namespace hone::ops
