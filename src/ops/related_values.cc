#include "ops/related_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "ops/rows_within.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

// {0} the tables, joined: a of the outer value {1}, b of the inner one {2}.
constexpr std::string_view kDistinct =
    "SELECT DISTINCT a.{1} AS v0, b.{2} AS v1 FROM {0} WHERE a.{1} IS NOT NULL AND b.{2} IS NOT NULL";
// {0} that, {1} how many. In an order of its own: of the first value alone there may be as many.
constexpr std::string_view kPairs = R"(
SELECT v0::text, v1::text FROM ({0}) AS d ORDER BY md5(v0::text || ' ' || v1::text) LIMIT {1})";
// Likewise.
constexpr std::string_view kOfOne = R"(
WITH d AS ({0}), most AS (SELECT v0 AS v FROM d GROUP BY v0 HAVING count(*) BETWEEN 4 AND 500 ORDER BY count(*) DESC, v0 LIMIT 1)
SELECT v0::text, v1::text FROM d JOIN most ON v0 = v ORDER BY v1 LIMIT {1})";

// A table that refers to both: the one that the path names, or the only one.
std::pair<const TableReference*, const TableReference*> Between(const std::vector<TableReference>& to_outer,
                                                                const std::vector<TableReference>& to_inner,
                                                                std::string_view path) {
  std::vector<std::pair<const TableReference*, const TableReference*>> both;
  for (const TableReference& one : to_outer) {
    const TableReference* other = ReferenceOf(to_inner, one.from);
    if (other == nullptr || other->column == one.column) continue;
    both.emplace_back(&one, other);
    if (NamesTable(path, one.table)) return both.back();
  }
  return both.size() == 1 ? both.front() : std::pair<const TableReference*, const TableReference*>();
}

bool StandsInPath(const project::Scenario& scenario, const project::Variable& variable) {
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (part.is_name && part.text == variable.name) return true;
    if (!part.is_name && part.text.contains('?')) return false;
  }
  return false;
}

// What follows the first variable in the path.
std::string BehindFirst(const project::Scenario& scenario) {
  std::string behind;
  bool found = false;
  for (const project::Template::Part& part : scenario.path.parts()) {
    if (found) behind += part.is_name ? "x" : part.text;
    found = found || part.is_name;
  }
  return behind.substr(0, behind.find('?'));
}

}  // namespace

base::Result<std::vector<std::vector<std::string>>> RelatedValues(const AskFunction& ask,
                                                                  const project::OfColumn& outer,
                                                                  const project::OfColumn& inner, std::string_view path,
                                                                  Related kind) {
  HONE_TRY(const std::string a, FullName(ask, outer.table));
  HONE_TRY(const std::string b, FullName(ask, inner.table));
  if (a.empty() || b.empty() || a == b) return {};
  HONE_TRY(const std::vector<TableReference> to_outer, ReferencesTo(ask, outer.table));
  HONE_TRY(const std::vector<TableReference> to_inner, ReferencesTo(ask, inner.table));
  HONE_TRY(const std::string outer_rows, RowsWithin(ask, outer));
  HONE_TRY(const std::string inner_rows, RowsWithin(ask, inner));
  std::string tables;
  if (const TableReference* up = ReferenceOf(to_outer, b)) {
    tables = fmt::format("{} AS b JOIN {} AS a ON a.{} = b.{}", inner_rows, outer_rows, up->key, up->column);
  } else if (const TableReference* down = ReferenceOf(to_inner, a)) {
    tables = fmt::format("{} AS a JOIN {} AS b ON b.{} = a.{}", outer_rows, inner_rows, down->key, down->column);
  } else if (const auto [one, other] = Between(to_outer, to_inner, path); one != nullptr) {
    tables = fmt::format("{} AS t JOIN {} AS a ON a.{} = t.{} JOIN {} AS b ON b.{} = t.{}", one->from, outer_rows,
                         one->key, one->column, inner_rows, other->key, other->column);
  } else {
    return {};
  }
  const std::string distinct = fmt::format(kDistinct, tables, pg::QuoteName(outer.column), pg::QuoteName(inner.column));
  HONE_TRY(const pg::Rows rows, ask(fmt::format(fmt::runtime(kind == Related::kPairs ? kPairs : kOfOne), distinct,
                                                project::Learned::kMostValues)));
  std::vector<std::vector<std::string>> columns;
  if (!rows.rows.empty()) columns.resize(2);
  for (const auto& row : rows.rows) {
    for (size_t i = 0; i < columns.size(); ++i) columns[i].push_back(row.at(i).value_or(""));
  }
  return columns;
}

bool LearnRelated(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned) {
  if (rig.databases() == nullptr) return false;
  const project::Variable* const size = scenario.SizeVariable();
  std::vector<const project::Variable*> in_path;
  std::vector<const project::Variable*> in_items;
  for (const project::Variable& variable : scenario.vars) {
    if (!std::holds_alternative<project::FromAnswer>(variable.values) &&
        !std::holds_alternative<project::OfColumn>(variable.values))
      continue;
    if (StandsInPath(scenario, variable)) in_path.push_back(&variable);
    if (size != nullptr && std::get<project::Sizes>(size->values).items.Uses(variable.name))
      in_items.push_back(&variable);
  }
  const bool pairs = in_path.size() == 2 && in_items.empty();
  if (!pairs && (in_path.size() != 1 || in_items.size() != 1)) return false;
  const project::Variable& outer = *in_path[0];
  const project::Variable& inner = pairs ? *in_path[1] : *in_items[0];
  const std::vector<std::string>* const outer_values = learned.Find(outer);
  const std::vector<std::string>* const inner_values = learned.Find(inner);
  if (outer_values == nullptr || inner_values == nullptr) return false;
  const auto outer_column = finder.ColumnOf(scenario, outer, *outer_values);
  const auto inner_column = finder.ColumnOf(scenario, inner, *inner_values);
  if (!outer_column || !inner_column) return false;
  auto columns = RelatedValues([&](const std::string& text) { return rig.AskDatabase(text); }, *outer_column,
                               *inner_column, BehindFirst(scenario), pairs ? Related::kPairs : Related::kOfOne);
  if (!columns || columns->empty()) return false;
  if (pairs) {
    learned.KeepGroup(scenario, {{outer.name, inner.name}, *std::move(columns)});
  } else {
    learned.KeepGroup(scenario, {{outer.name}, {{columns->at(0).front()}}});
    learned.KeepGroup(scenario, {{inner.name}, {std::move(columns->at(1))}});
  }
  return true;
}

bool NamesWhatIsThere(const project::Scenario& scenario) {
  return scenario.method == "GET" || scenario.method == "HEAD" || scenario.method == "PATCH" ||
         scenario.method == "DELETE";
}

}  // namespace hone::ops
