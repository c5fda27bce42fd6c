#include "ops/busiest_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "ops/rows_within.h"

namespace hone::ops {
namespace {

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

}  // namespace

base::Result<std::vector<BusiestValue>> BusiestValues(const AskFunction& ask, const project::OfColumn& of) {
  HONE_TRY(const std::vector<TableReference> references, ReferencesTo(ask, of.table));
  HONE_TRY(const std::string table, RowsWithin(ask, of));
  std::vector<BusiestValue> busiest;
  std::optional<base::Error> failure;  // one that takes too long is no reason to do without the others
  for (const TableReference& reference : references) {
    const std::string keys = fmt::format(fmt::runtime(reference.to_itself ? kBelow : kReferring), reference.from,
                                         reference.column, reference.key);
    int64_t most = kMostRowsBehind;
    for (const bool lesser : {false, true}) {
      if (most < kFewestRowsBehind) break;
      const auto found =
          ask(fmt::format(kBusiest, keys, table, reference.key, pg::QuoteName(of.column), kFewestRowsBehind, most));
      if (!found) failure = found.error();
      if (!found || found->rows.empty()) break;
      BusiestValue value{.value = found->rows[0].at(0).value_or(""), .table = reference.table};
      value.lesser = lesser && !reference.to_itself;
      const std::string rows = found->rows[0].at(1).value_or("");
      std::from_chars(rows.data(), rows.data() + rows.size(), value.rows);
      most = value.rows / 2;
      busiest.push_back(std::move(value));
    }
  }
  if (busiest.empty() && failure) return std::unexpected(*std::move(failure));
  std::ranges::stable_sort(busiest, std::less<>(),
                           [](const BusiestValue& each) { return std::pair(each.lesser, -each.rows); });
  return busiest;
}

void PutNamedFirst(std::string_view after, std::vector<BusiestValue>& busiest) {
  std::ranges::stable_partition(busiest, [&](const BusiestValue& each) { return NamesTable(after, each.table); });
}

}  // namespace hone::ops
