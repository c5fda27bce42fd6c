#include "ops/rows_within.h"

#include <fmt/format.h>

#include <vector>

#include "pg/connection.h"

namespace hone::ops {
base::Result<std::string> RowsWithin(const AskFunction& ask, const project::OfColumn& of) {
  const std::string table = QuotedTable(of.table);
  if (!of.within || of.within->table == of.table) return table;
  HONE_TRY(const std::string own, FullName(ask, of.table));
  HONE_TRY(const std::vector<TableReference> to_outer, ReferencesTo(ask, of.within->table));
  const auto select = [&](const TableReference& reference, const std::string& keys) {
    return fmt::format("(SELECT * FROM {} WHERE {} IN ({}))", reference.from, reference.column, keys);
  };
  const auto of_outer = [&](const TableReference& reference) {
    return select(reference,
                  fmt::format("SELECT {} FROM {} WHERE {}::text = {}", reference.key, QuotedTable(of.within->table),
                              pg::QuoteName(of.within->column), pg::QuoteText(of.within->value)));
  };
  if (const TableReference* direct = ReferenceOf(to_outer, own)) return of_outer(*direct);
  for (const TableReference& between : to_outer) {
    if (between.to_itself) continue;
    HONE_TRY(const std::vector<TableReference> to_between, ReferencesTo(ask, between.from));
    if (const TableReference* to = ReferenceOf(to_between, own))
      return select(*to, fmt::format("SELECT {} FROM {} AS between_them", to->key, of_outer(between)));
  }
  return table;
}

}  // namespace hone::ops
