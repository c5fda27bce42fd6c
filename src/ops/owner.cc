#include "ops/owner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <variant>

#include "pg/connection.h"

namespace hone::ops {
namespace {

// {0} the table as a text: its columns that refer to another one by a foreign key, or by their names ("order_id" to
// orders.id, "terminal_code" to terminals.code). The column, quoted; the table; its column.
constexpr std::string_view kOuters = R"(
SELECT quote_ident(a.attname), n.nspname || '.' || c.relname, k.attname
  FROM pg_constraint f
  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
  JOIN pg_class c ON c.oid = f.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
 WHERE f.contype = 'f' AND f.conrelid = to_regclass({0}) AND f.confrelid <> f.conrelid AND cardinality(f.conkey) = 1
UNION
SELECT quote_ident(a.attname), n.nspname || '.' || c.relname, k.attname
  FROM pg_attribute a
  JOIN pg_attribute k ON right(a.attname, length(k.attname) + 1) = '_' || k.attname AND k.attnum > 0
                     AND NOT k.attisdropped AND k.attrelid <> a.attrelid
  JOIN pg_index x ON x.indrelid = k.attrelid AND x.indisunique AND x.indnkeyatts = 1 AND x.indkey[0] = k.attnum,
  LATERAL (SELECT left(a.attname, - length(k.attname) - 1) AS noun) AS called
  JOIN pg_class c ON c.relkind IN ('r', 'p')
                 AND c.relname IN (noun, noun || 's', noun || 'es', regexp_replace(noun, 'y$', 'ies'))
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 WHERE a.attrelid = to_regclass({0}) AND a.attnum > 0 AND NOT a.attisdropped AND c.oid = k.attrelid
   AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND a.attnum = ANY(f.conkey))
 ORDER BY 1, 2)";

// {0} the table, {1} its column that refers, {2} the column listed, {3} its values, {4} how few rows: what all of them
// refer to, if others of the table refer to others, and how many do to it.
constexpr std::string_view kCommon = R"(
SELECT v, (SELECT count(*) FROM {0} WHERE {1}::text = v)
  FROM (SELECT min({1}::text) AS v FROM {0} WHERE {2}::text IN ({3})
        HAVING count(*) = count({1}) AND count(DISTINCT {1}) = 1 AND count(*) >= {4}) AS common
 WHERE EXISTS (SELECT FROM {0} WHERE {1}::text <> v))";

}  // namespace

std::vector<Owner> FindOwners(const AskFunction& ask, const std::vector<ListedValues>& listed) {
  constexpr size_t kMostValues = 20;
  struct Found {
    std::set<size_t> lists = {};
    int64_t rows = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Found> found;
  for (const ListedValues& list : listed) {
    if (list.values.size() < kFewestListed) continue;
    const std::string table = QuotedTable(list.of.table);
    const auto outers = ask(fmt::format(kOuters, pg::QuoteText(table)));
    if (!outers) continue;  // others may tell
    const auto values = pg::QuoteTexts(std::span(list.values).first(std::min(list.values.size(), kMostValues)));
    for (const auto& outer : outers->rows) {
      const auto common = ask(
          fmt::format(kCommon, table, outer.at(0).value_or(""), pg::QuoteName(list.of.column), values, kFewestListed));
      if (!common || common->rows.empty()) continue;
      const std::string rows = common->rows[0].at(1).value_or("");
      Found& one = found[{outer.at(1).value_or(""), outer.at(2).value_or(""), common->rows[0].at(0).value_or("")}];
      if (!one.lists.insert(list.source).second) continue;
      int64_t count = 0;
      std::from_chars(rows.data(), rows.data() + rows.size(), count);
      one.rows += count;
    }
  }
  std::vector<Owner> owners;
  for (const auto& [row, by] : found) {
    const auto& [table, column, value] = row;
    owners.push_back({{table, column, value}, by.lists.size(), by.rows});
  }
  std::ranges::stable_sort(
      owners, [](const Owner& a, const Owner& b) { return std::pair(b.lists, a.rows) < std::pair(a.lists, b.rows); });
  return owners;
}

bool AsksForAll(const project::Scenario& scenario) {
  return !scenario.writes && std::ranges::none_of(scenario.vars, project::IsLearned);
}

std::vector<ListedValues> ListedRows(const project::Project& project, ColumnFinder& finder,
                                     const project::Learned& learned) {
  std::vector<ListedValues> listed;
  std::vector<project::FromAnswer> known;
  for (const project::Scenario& scenario : project.scenarios) {
    for (const project::Variable& variable : scenario.vars) {
      const auto* from = std::get_if<project::FromAnswer>(&variable.values);
      const std::vector<std::string>* const values = from == nullptr ? nullptr : learned.Find(variable);
      if (values == nullptr || std::ranges::find(known, *from) != known.end() ||
          !AsksForAll(project.scenarios[from->scenario]))
        continue;
      known.push_back(*from);
      if (auto of = finder.ColumnOf(scenario, variable, *values))
        listed.push_back({*std::move(of), *values, from->scenario});
    }
  }
  return listed;
}

}  // namespace hone::ops
