#include "ops/rows_within.h"

#include <fmt/format.h>

#include <vector>

#include "pg/connection.h"

namespace hone::ops {
namespace {

// The rows that refer to one of the keys.
std::string Referring(const TableReference& reference, const std::string& keys) {
  return fmt::format("(SELECT * FROM {} WHERE {} IN ({}))", reference.from, reference.column, keys);
}

}  // namespace

base::Result<std::string> RowsWithin(const AskFunction& ask, const project::OfColumn& of) {
  if (!of.within) return QuotedTable(of.table);
  HONE_TRY(const std::string own, FullName(ask, of.table));
  HONE_TRY(const std::string outer, FullName(ask, of.within->table));
  if (outer.empty())
    return base::Fail(base::Code::kInput, fmt::format("There is no table {} for `within`", of.within->table));
  const std::string from_it = fmt::format("FROM {} AS outermost WHERE outermost.{}::text = {}", outer,
                                          pg::QuoteName(of.within->column), pg::QuoteText(of.within->value));
  if (own == outer) return fmt::format("(SELECT * {})", from_it);
  HONE_TRY(const std::vector<TableReference> to_outer, ReferencesTo(ask, of.within->table));
  const auto of_it = [&](const TableReference& reference) {
    return Referring(reference, fmt::format("SELECT outermost.{} {}", reference.key, from_it));
  };
  if (const TableReference* direct = ReferenceOf(to_outer, own)) return of_it(*direct);
  for (const TableReference& between : to_outer) {
    if (between.to_itself) continue;
    HONE_TRY(const std::vector<TableReference> to_between, ReferencesTo(ask, Unquoted(between.from)));
    if (const TableReference* to = ReferenceOf(to_between, own))
      return Referring(*to, fmt::format("SELECT {} FROM {} AS between_them", to->key, of_it(between)));
  }
  return QuotedTable(of.table);
}

}  // namespace hone::ops
