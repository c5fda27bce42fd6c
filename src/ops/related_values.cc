#include "ops/related_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "ops/rows_within.h"
#include "ops/scenario_paths.h"
#include "pg/connection.h"

namespace hone::ops {
namespace {

// {0} the tables, joined: a of the outer value {1}, b of the inner one {2}.
constexpr std::string_view kDistinct =
    "SELECT DISTINCT a.{1} AS v0, b.{2} AS v1 FROM {0} WHERE a.{1} IS NOT NULL AND b.{2} IS NOT NULL";
// {0} that, {1} how many. In an order of its own: of the first value alone there may be as many.
constexpr std::string_view kPairs = R"(
SELECT v0::text, v1::text FROM ({0}) AS d ORDER BY md5(v0::text || ' ' || v1::text) LIMIT {1})";
// Likewise, of the outer values {2}.
constexpr std::string_view kOfThese = R"(
SELECT v0::text, v1::text FROM ({0}) AS d WHERE v0::text IN ({2}) ORDER BY v1 LIMIT {1})";
// Likewise, of the one that has most, {2} at least.
constexpr std::string_view kOfOne = R"(
WITH d AS ({0}), most AS (SELECT v0 AS v FROM d GROUP BY v0 HAVING count(*) BETWEEN {2} AND 500 ORDER BY count(*) DESC, v0 LIMIT 1)
SELECT v0::text, v1::text FROM d JOIN most ON v0 = v ORDER BY v1 LIMIT {1})";

// {0} and {1} the tables as texts: the first column by which rows of both say whose they are, by foreign keys or else
// by its name.
constexpr std::string_view kCommonColumn = R"(
SELECT quote_ident(a.attname) FROM pg_attribute a
  JOIN pg_attribute b ON b.attrelid = to_regclass({1}) AND b.attname = a.attname AND b.atttypid = a.atttypid,
  LATERAL (SELECT count(*) AS keys FROM pg_constraint k WHERE k.contype = 'f'
     AND (k.conrelid, k.conkey) IN ((a.attrelid, ARRAY[a.attnum]), (b.attrelid, ARRAY[b.attnum]))) AS f
 WHERE a.attrelid = to_regclass({0}) AND a.attnum > 0 AND NOT a.attisdropped AND NOT b.attisdropped
   AND (a.attname ~ '_id$' OR f.keys > 0) AND a.attname !~ '^(external|created|updated|deleted)'
 ORDER BY f.keys DESC, a.attnum LIMIT 1)";

// {0} and {1} the rows of both, {2} the column that they have in common, {3} the outer value and {4} the inner one, {5}
// what else must be so of them: of some outer rows the inner ones, at most so many of each that all of them are read
// soon.
constexpr std::string_view kSiblings = R"(
SELECT DISTINCT a.v0, b.v1
  FROM (SELECT {3} AS v0, {2} AS c, o AS own FROM {0} AS o WHERE {3} IS NOT NULL ORDER BY md5({3}::text) LIMIT 60) AS a
  JOIN LATERAL (SELECT {4} AS v1 FROM {1} AS i WHERE {2} = a.c AND {4} IS NOT NULL{5}
                 ORDER BY md5({4}::text) LIMIT 500) AS b ON true)";

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

// The pairs of two columns' values that stand in rows which refer to each other; empty where none do.
base::Result<std::string> ReferringPairs(const AskFunction& ask, const project::OfColumn& outer,
                                         const project::OfColumn& inner, std::string_view path, bool parts_only) {
  HONE_TRY(const std::string a, FullName(ask, outer.table));
  HONE_TRY(const std::string b, FullName(ask, inner.table));
  if (a.empty() || b.empty() || a == b) return {};
  HONE_TRY(const std::vector<TableReference> to_outer, ReferencesTo(ask, outer.table));
  HONE_TRY(const std::vector<TableReference> to_inner, ReferencesTo(ask, inner.table));
  HONE_TRY(const std::string outer_rows, RowsWithin(ask, outer));
  HONE_TRY(const std::string inner_rows, RowsWithin(ask, inner));
  const TableReference* const up = ReferenceOf(to_outer, b);
  const TableReference* const down = parts_only ? nullptr : ReferenceOf(to_inner, a);
  std::string tables;
  if (up != nullptr) {
    tables = fmt::format("{} AS b JOIN {} AS a ON a.{} = b.{}", inner_rows, outer_rows, up->key, up->column);
  } else if (down != nullptr) {
    tables = fmt::format("{} AS a JOIN {} AS b ON b.{} = a.{}", outer_rows, inner_rows, down->key, down->column);
  } else if (const auto [one, other] = Between(to_outer, to_inner, path); one != nullptr) {
    tables = fmt::format("{} AS t JOIN {} AS a ON a.{} = t.{} JOIN {} AS b ON b.{} = t.{}", one->from, outer_rows,
                         one->key, one->column, inner_rows, other->key, other->column);
  } else {
    return {};
  }
  return fmt::format(kDistinct, tables, pg::QuoteName(outer.column), pg::QuoteName(inner.column));
}

// The pairs of those whose rows belong to the same third thing ("club_id" of both), but for those that a table between
// has already; empty where they have nothing in common.
base::Result<std::string> SiblingPairs(const AskFunction& ask, const project::OfColumn& outer,
                                       const project::OfColumn& inner, std::string_view path) {
  HONE_TRY(const std::string a, FullName(ask, outer.table));
  HONE_TRY(const std::string b, FullName(ask, inner.table));
  if (a.empty() || b.empty() || a == b) return {};
  HONE_TRY(const pg::Rows common, ask(fmt::format(kCommonColumn, pg::QuoteText(a), pg::QuoteText(b))));
  if (common.rows.empty()) return {};
  HONE_TRY(const std::vector<TableReference> to_outer, ReferencesTo(ask, outer.table));
  HONE_TRY(const std::vector<TableReference> to_inner, ReferencesTo(ask, inner.table));
  HONE_TRY(const std::string outer_rows, RowsWithin(ask, outer));
  HONE_TRY(const std::string inner_rows, RowsWithin(ask, inner));
  std::string others;
  if (const auto [one, other] = Between(to_outer, to_inner, path); one != nullptr) {
    others = fmt::format(" AND NOT EXISTS (SELECT FROM {} AS t WHERE t.{} = (a.own).{} AND t.{} = i.{})", one->from,
                         one->column, one->key, other->column, other->key);
  }
  return fmt::format(kSiblings, outer_rows, inner_rows, common.rows[0].at(0).value_or(""), pg::QuoteName(outer.column),
                     pg::QuoteName(inner.column), others);
}

base::Result<std::string> PairsOf(const AskFunction& ask, const project::OfColumn& outer,
                                  const project::OfColumn& inner, std::string_view path, Relation relation) {
  return relation == Relation::kSiblings ? SiblingPairs(ask, outer, inner, path)
                                         : ReferringPairs(ask, outer, inner, path, relation == Relation::kPart);
}

// A variable and the column that its values are of.
struct Place {
  std::string name = {};
  project::OfColumn of = {};
};

// Where a scenario's variables stand: in its path, in the items of its body, elsewhere.
struct Standing {
  std::vector<Place> path = {};
  std::vector<Place> items = {};
  std::vector<Place> others = {};
};

Standing FindStanding(const project::Scenario& scenario, ColumnFinder& finder, const project::Learned& learned,
                      const std::optional<Narrowed>& narrowed) {
  Standing places;
  for (const project::Variable& variable : scenario.vars) {
    const std::vector<std::string>* const values = project::IsLearned(variable) ? learned.Find(variable) : nullptr;
    auto of = values == nullptr ? std::nullopt : finder.LikelyColumnOf(scenario, variable, *values);
    if (!of) continue;
    if (narrowed && narrowed->variable == variable.name && !of->within) of->within = narrowed->rows;
    const bool in_items = project::StandsInItems(scenario, variable.name);
    std::vector<Place>& where = project::StandsInPath(scenario, variable.name) ? places.path
                                : in_items                                     ? places.items
                                                                               : places.others;
    where.push_back({variable.name, *std::move(of)});
  }
  return places;
}

// Keeps values of items that belong to one value of the path, the one of which there are most, `least` at least, for
// the first of them that has any; and those of `others` that do.
bool LearnOfOne(const AskFunction& ask, const project::Scenario& scenario, const Standing& places,
                std::string_view path, const RelatedOptions& options, project::Learned& learned) {
  const Place& outer = places.path[0];
  std::vector<std::string> one;
  for (const Place& inner : places.items) {
    RelatedOptions of_one = options;
    of_one.of = one;
    auto columns = RelatedValues(ask, outer.of, inner.of, path, Related::kOfOne, of_one);
    if (!columns || columns->empty()) continue;
    if (one.empty()) {
      one = {columns->at(0).front()};
      learned.KeepGroup(scenario, {{outer.name}, {one}});
    }
    learned.KeepGroup(scenario, {{inner.name}, {std::move(columns->at(1))}});
  }
  for (const Place& inner : places.others) {
    if (one.empty()) break;
    auto columns = RelatedValues(ask, outer.of, inner.of, path, Related::kPairs, {options.relation, one});
    if (columns && !columns->empty()) learned.KeepGroup(scenario, {{inner.name}, {std::move(columns->at(1))}});
  }
  return !one.empty();
}

// The values that some pairs have for each outer one.
using ByOuter = std::map<std::string, std::vector<std::string>>;

ByOuter Grouped(const std::vector<std::vector<std::string>>& pairs) {
  ByOuter grouped;
  for (size_t i = 0; !pairs.empty() && i < pairs[0].size(); ++i) grouped[pairs[0][i]].push_back(pairs[1][i]);
  return grouped;
}

// Keeps rows of the path's value and of those of `others` that belong to it, as far as any do.
bool LearnRows(const AskFunction& ask, const project::Scenario& scenario, const Place& outer,
               const std::vector<Place>& others, std::string_view path, Relation relation, project::Learned& learned) {
  std::vector<std::string> names = {outer.name};
  std::vector<ByOuter> each;
  std::vector<size_t> shifts;  // two of one column are others: who gives is not who takes
  std::vector<project::OfColumn> known;
  std::vector<std::string> outers;
  for (const Place& inner : others) {
    const auto pairs = RelatedValues(ask, outer.of, inner.of, path, Related::kPairs, {relation, outers});
    if (!pairs || pairs->empty()) continue;
    each.push_back(Grouped(*pairs));
    names.push_back(inner.name);
    shifts.push_back(static_cast<size_t>(std::ranges::count(known, inner.of)));
    known.push_back(inner.of);
    outers.clear();
    for (const auto& [value, inners] : each.back()) outers.push_back(value);
  }
  if (each.empty()) return false;
  std::vector<std::vector<std::string>> columns(names.size());
  for (const std::string& value : outers) {
    size_t most = 0;
    for (const ByOuter& grouped : each) most = std::max(most, grouped.at(value).size());
    for (size_t i = 0; i < most; ++i) {
      columns[0].push_back(value);
      for (size_t n = 0; n < each.size(); ++n) {
        const std::vector<std::string>& inners = each[n].at(value);
        columns[n + 1].push_back(inners[(i + shifts[n]) % inners.size()]);
      }
    }
  }
  learned.KeepGroup(scenario, {std::move(names), std::move(columns)});
  return true;
}

// A body may name what its items must belong to, where the path names nothing: each of its other variables in turn.
std::vector<Standing> ByBodyAlone(const project::Scenario& scenario, const Standing& places) {
  std::vector<Standing> each;
  for (size_t i = 0; i < places.others.size(); ++i) {
    if (!scenario.body.Uses(places.others[i].name)) continue;
    Standing one = places;
    one.path = {places.others[i]};
    one.others.erase(one.others.begin() + static_cast<std::ptrdiff_t>(i));
    each.push_back(std::move(one));
  }
  return each;
}

// LearnRelated of variables that stand there.
bool KeepRelated(const AskFunction& ask, const project::Scenario& scenario, const Standing& places, RelatedWay way,
                 project::Learned& learned) {
  const Relation relation = way == RelatedWay::kSiblings ? Relation::kSiblings : Relation::kAny;
  const std::string path = PathBehind(scenario, "");
  if (places.path.size() == 2 && places.items.empty()) {
    auto pairs = RelatedValues(ask, places.path[0].of, places.path[1].of, path, Related::kPairs, {relation});
    if (!pairs || pairs->empty()) return false;
    learned.KeepGroup(scenario, {{places.path[0].name, places.path[1].name}, *std::move(pairs)});
    return true;
  }
  // Where the usual values were refused, few are better than none.
  const RelatedOptions options = {.relation = relation, .least = way == RelatedWay::kNamed ? kSeveralItems : 1};
  const bool path_names = std::ranges::any_of(
      scenario.vars, [&](const auto& variable) { return project::StandsInPath(scenario, variable.name); });
  if (!path_names && !places.items.empty()) {
    return std::ranges::any_of(ByBodyAlone(scenario, places), [&](const Standing& each) {
      return LearnOfOne(ask, scenario, each, path, options, learned);
    });
  }
  if (places.path.size() != 1) return false;
  const Place& outer = places.path[0];
  if (!places.items.empty()) return LearnOfOne(ask, scenario, places, path, options, learned);
  // Where the usual values do.
  if (way == RelatedWay::kNamed || !scenario.writes) return false;
  const Relation part = way == RelatedWay::kSiblings ? relation : Relation::kPart;
  return LearnRows(ask, scenario, outer, places.others, path, part, learned);
}

}  // namespace

base::Result<std::vector<std::vector<std::string>>> RelatedValues(const AskFunction& ask,
                                                                  const project::OfColumn& outer,
                                                                  const project::OfColumn& inner, std::string_view path,
                                                                  Related kind, const RelatedOptions& options) {
  HONE_TRY(const std::string distinct, PairsOf(ask, outer, inner, path, options.relation));
  if (distinct.empty()) return {};
  constexpr size_t kMost = project::Learned::kMostValues;
  const std::string these = pg::QuoteTexts(options.of);
  const std::string sql = !these.empty()            ? fmt::format(kOfThese, distinct, kMost, these)
                          : kind == Related::kPairs ? fmt::format(kPairs, distinct, kMost)
                                                    : fmt::format(kOfOne, distinct, kMost, options.least);
  HONE_TRY(const pg::Rows rows, ask(sql));
  std::vector<std::vector<std::string>> columns;
  if (!rows.rows.empty()) columns.resize(2);
  for (const auto& row : rows.rows) {
    for (size_t i = 0; i < columns.size(); ++i) columns[i].push_back(row.at(i).value_or(""));
  }
  return columns;
}

bool LearnRelated(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, RelatedWay way,
                  project::Learned& learned, const std::optional<Narrowed>& narrowed) {
  if (rig.databases() == nullptr) return false;
  const AskFunction ask = [&](const std::string& text) { return rig.AskDatabase(text); };
  const bool found = KeepRelated(ask, scenario, FindStanding(scenario, finder, learned, narrowed), way, learned);
  return found && (!narrowed || std::ranges::any_of(learned.Groups(scenario), [&](const auto& group) {
           return std::ranges::find(group.names, narrowed->variable) != group.names.end();
         }));
}

bool NamesWhatIsThere(const project::Scenario& scenario) {
  return scenario.method == "GET" || scenario.method == "HEAD" || scenario.method == "PATCH" ||
         scenario.method == "DELETE";
}

}  // namespace hone::ops
