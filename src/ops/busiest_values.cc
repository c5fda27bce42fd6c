#include "ops/busiest_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "ops/column_values.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

// What refers to {0}: foreign keys, and columns of tables that end in "_id" and have a type like that of its "id". The
// table, the column and the column referred to, quoted; the first two as they are; whether it is a key, and of the
// table itself.
constexpr std::string_view kReferences = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname), quote_ident(k.attname),
       c.relname, a.attname, r.is_key, c.oid = to_regclass({0})
  FROM (SELECT conrelid AS rel, conkey[1] AS col, confkey[1] AS to_col, true AS is_key FROM pg_constraint
         WHERE contype = 'f' AND confrelid = to_regclass({0}) AND cardinality(conkey) = 1 AND conparentid = 0
         UNION ALL
        SELECT a.attrelid, a.attnum, i.attnum, false FROM pg_attribute i
          JOIN pg_attribute a ON a.attname LIKE '%\_id' AND a.attnum > 0 AND NOT a.attisdropped
                             AND (a.atttypid = i.atttypid OR a.atttypid IN (20, 21, 23) AND i.atttypid IN (20, 21, 23)
                                  OR a.atttypid IN (25, 1043) AND i.atttypid IN (25, 1043))
         WHERE i.attrelid = to_regclass({0}) AND i.attname = 'id' AND NOT i.attisdropped
           AND NOT EXISTS (SELECT FROM pg_constraint f
                            WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND a.attnum = ANY(f.conkey))) AS r
  JOIN pg_class c ON c.oid = r.rel AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  JOIN pg_attribute a ON a.attrelid = r.rel AND a.attnum = r.col
  JOIN pg_attribute k ON k.attrelid = to_regclass({0}) AND k.attnum = r.to_col
 ORDER BY 1, 2)";

// {0} the referring table, {1} its column, {2} the column referred to: the keys, once for each row that refers to them;
// of a tree for each row at most a dozen levels below: a chain of all rows has no busiest one.
constexpr std::string_view kReferring = "SELECT {1} AS k FROM {0} WHERE {1} IS NOT NULL";
constexpr std::string_view kBelow = R"(
WITH RECURSIVE up AS (SELECT {2} AS node, {1} AS k, 1 AS depth FROM {0} WHERE {1} IS NOT NULL
  UNION SELECT up.node, t.{1}, up.depth + 1 FROM up JOIN {0} AS t ON t.{2} = up.k WHERE t.{1} IS NOT NULL AND up.depth < 12)
SELECT k FROM (SELECT DISTINCT node, k FROM up) AS pairs)";

// {0} the keys, {1} the table, {2} the column referred to, {3} the value's, {4} and {5} how often.
constexpr std::string_view kBusiest = R"(
SELECT t.{3}::text, h.n
  FROM (SELECT k, count(*) AS n FROM ({0}) AS r GROUP BY 1 HAVING count(*) BETWEEN {4} AND {5}) AS h
  JOIN {1} AS t ON t.{2} = h.k
 WHERE t.{3} IS NOT NULL
 ORDER BY h.n DESC, h.k
 LIMIT 1)";

std::string LastWord(std::string_view name) { return std::string(name.substr(name.rfind('_') + 1)); }

// Whether a path holds an element that a table is called after: "/lines" behind a hire is hire_lines.
bool Names(std::string_view path, const std::string& table) {
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    std::string element(LastElement(path));
    std::ranges::replace(element, '-', '_');
    if (element == table || element == LastWord(table)) return true;
  }
  return false;
}

bool IsCalledAfter(const std::string& column, std::string_view table) {
  const std::string own(table.substr(table.rfind('.') + 1));
  const std::string noun = WithoutId(column);
  return noun == own || IsPlural(own, noun);
}

}  // namespace

base::Result<std::vector<BusiestValue>> BusiestValues(const AskFunction& ask, const project::OfColumn& of) {
  const std::string table = QuotedTable(of.table);
  HONE_TRY(const pg::Rows references, ask(fmt::format(kReferences, pg::QuoteText(table))));
  std::vector<BusiestValue> busiest;
  std::optional<base::Error> failure;  // one that takes too long is no reason to do without the others
  for (const auto& reference : references.rows) {
    const std::string column = reference.at(4).value_or("");
    if (reference.at(5) != "t" && !IsCalledAfter(column, of.table)) continue;
    const std::string key = reference.at(2).value_or("");
    const std::string keys = fmt::format(fmt::runtime(reference.at(6) == "t" ? kBelow : kReferring),
                                         reference.at(0).value_or(""), reference.at(1).value_or(""), key);
    // Of a tree one that has at most half as many, too: what runs for each node grows with nothing else.
    const bool tree = reference.at(6) == "t";
    int64_t most = kMostRowsBehind;
    for (int i = 0; i < (tree ? 2 : 1) && most >= kFewestRowsBehind; ++i) {
      const auto found =
          ask(fmt::format(kBusiest, keys, table, key, pg::QuoteName(of.column), kFewestRowsBehind, most));
      if (!found) failure = found.error();
      if (!found || found->rows.empty()) break;
      BusiestValue value{.value = found->rows[0].at(0).value_or(""), .table = reference.at(3).value_or("")};
      const std::string rows = found->rows[0].at(1).value_or("");
      std::from_chars(rows.data(), rows.data() + rows.size(), value.rows);
      most = value.rows / 2;
      busiest.push_back(std::move(value));
    }
  }
  if (busiest.empty() && failure) return std::unexpected(*std::move(failure));
  std::ranges::stable_sort(busiest, std::greater<>(), &BusiestValue::rows);
  return busiest;
}

void PutNamedFirst(std::string_view after, std::vector<BusiestValue>& busiest) {
  std::ranges::stable_partition(busiest, [&](const BusiestValue& each) { return Names(after, each.table); });
}

}  // namespace hone::ops
