#include "ops/owner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "pg/connection.h"

namespace hone::ops {
namespace {

constexpr std::string_view kTables = R"(
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1)";

// {0} the table, {1} its column that refers, {2} the column listed, {3} its values, {4} how few rows.
constexpr std::string_view kCommon = R"(
SELECT v FROM (SELECT min({1}::text) AS v FROM {0} WHERE {2}::text IN ({3})
               HAVING count(*) = count({1}) AND count(DISTINCT {1}) = 1 AND count(*) >= {4}) AS common
 WHERE EXISTS (SELECT FROM {0} WHERE {1}::text <> v))";

}  // namespace

base::Result<std::vector<Owner>> FindOwners(const AskFunction& ask, const std::vector<ListedValues>& listed) {
  std::vector<std::pair<std::string, const ListedValues*>> lists;  // by the full names of their tables
  for (const ListedValues& list : listed) {
    HONE_TRY(std::string table, FullName(ask, list.of.table));
    if (!table.empty() && list.values.size() >= kFewestListed) lists.emplace_back(std::move(table), &list);
  }
  if (lists.empty()) return {};
  HONE_TRY(const pg::Rows tables, ask(kTables.data()));
  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::string>> found;
  for (const auto& row : tables.rows) {
    const std::string outer = row.at(0).value_or("");
    HONE_TRY(const std::vector<TableReference> references, ReferencesTo(ask, outer));
    for (const auto& [table, list] : lists) {
      const TableReference* reference = ReferenceOf(references, table);
      if (reference == nullptr || reference->to_itself) continue;
      HONE_TRY(const pg::Rows common, ask(fmt::format(kCommon, table, reference->column, pg::QuoteName(list->of.column),
                                                      pg::QuoteTexts(list->values), kFewestListed)));
      if (common.rows.empty()) continue;
      found[{outer, Unquoted(reference->key), common.rows[0].at(0).value_or("")}].insert(table);
    }
  }
  std::vector<Owner> owners;
  for (const auto& [row, tables_of] : found) {
    const auto& [table, column, value] = row;
    owners.push_back({{table, column, value}, tables_of.size()});
  }
  std::ranges::stable_sort(owners, std::greater<>(), &Owner::tables);
  return owners;
}

std::vector<ListedValues> ListedRows(const project::Project& project, ColumnFinder& finder,
                                     const project::Learned& learned) {
  std::vector<ListedValues> listed;
  std::vector<project::FromAnswer> known;
  for (const project::Scenario& scenario : project.scenarios) {
    for (const project::Variable& variable : scenario.vars) {
      const auto* from = std::get_if<project::FromAnswer>(&variable.values);
      const std::vector<std::string>* const values = from == nullptr ? nullptr : learned.Find(variable);
      if (values == nullptr || std::ranges::find(known, *from) != known.end()) continue;
      known.push_back(*from);
      const project::Scenario& source = project.scenarios[from->scenario];
      if (source.writes || std::ranges::any_of(source.vars, project::IsLearned)) continue;
      if (auto of = finder.ColumnOf(scenario, variable, *values)) listed.push_back({*std::move(of), *values});
    }
  }
  return listed;
}

}  // namespace hone::ops
