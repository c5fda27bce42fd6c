#include "ops/table_references.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

// What refers to {0}: foreign keys, and columns of tables that end like its "id", or like another of its columns that
// is unique ("terminal_code" to terminals.code), and have a type like that. The table, the column and the column
// referred to, quoted; the first two as they are; whether it is a key, and of the table itself.
constexpr std::string_view kReferences = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(a.attname), quote_ident(k.attname),
       c.relname, a.attname, r.is_key, c.oid = to_regclass({0})
  FROM (SELECT conrelid AS rel, conkey[1] AS col, confkey[1] AS to_col, true AS is_key FROM pg_constraint
         WHERE contype = 'f' AND confrelid = to_regclass({0}) AND cardinality(conkey) = 1 AND conparentid = 0
         UNION ALL
        SELECT a.attrelid, a.attnum, i.attnum, false FROM pg_attribute i
          JOIN pg_attribute a ON right(a.attname, length(i.attname) + 1) = '_' || i.attname AND a.attnum > 0 AND NOT a.attisdropped
                             AND (a.atttypid = i.atttypid OR a.atttypid IN (20, 21, 23) AND i.atttypid IN (20, 21, 23)
                                  OR a.atttypid IN (25, 1043) AND i.atttypid IN (25, 1043))
         WHERE i.attrelid = to_regclass({0}) AND NOT i.attisdropped AND i.attnum > 0
           AND (i.attname = 'id' OR EXISTS (SELECT FROM pg_index x WHERE x.indrelid = i.attrelid AND x.indisunique
                                               AND x.indnkeyatts = 1 AND x.indkey[0] = i.attnum AND x.indpred IS NULL))
           AND NOT EXISTS (SELECT FROM pg_constraint f
                            WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND a.attnum = ANY(f.conkey))) AS r
  JOIN pg_class c ON c.oid = r.rel AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  JOIN pg_attribute a ON a.attrelid = r.rel AND a.attnum = r.col
  JOIN pg_attribute k ON k.attrelid = to_regclass({0}) AND k.attnum = r.to_col
 ORDER BY 1, 2)";

bool IsCalledAfter(const std::string& column, const std::string& key, std::string_view table) {
  const std::string own(table.substr(table.rfind('.') + 1));
  const std::string noun = column.substr(0, column.size() - std::min(column.size(), key.size() + 1));
  return noun == own || IsPlural(own, noun);
}

}  // namespace

std::string QuotedTable(const std::string& table) {
  const size_t dot = table.find('.');
  if (dot == std::string::npos) return pg::QuoteName(table);
  return pg::QuoteName(table.substr(0, dot)) + "." + pg::QuoteName(table.substr(dot + 1));
}

std::string Unquoted(std::string name) {
  std::erase(name, '"');
  return name;
}

base::Result<std::string> FullName(const AskFunction& ask, const std::string& table) {
  HONE_TRY(const pg::Rows found,
           ask(fmt::format(
               "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n"
               " ON n.oid = c.relnamespace WHERE c.oid = to_regclass({})",
               pg::QuoteText(QuotedTable(table)))));
  return found.rows.empty() ? std::string() : found.rows[0].at(0).value_or("");
}

const TableReference* ReferenceOf(const std::vector<TableReference>& references, const std::string& from) {
  const auto found = std::ranges::find(references, from, &TableReference::from);
  return found == references.end() ? nullptr : &*found;
}

base::Result<std::vector<TableReference>> ReferencesTo(const AskFunction& ask, const std::string& table) {
  HONE_TRY(const pg::Rows found, ask(fmt::format(kReferences, pg::QuoteText(QuotedTable(table)))));
  std::vector<TableReference> references;
  for (const auto& row : found.rows) {
    const auto text = [&](size_t i) { return row.at(i).value_or(""); };
    if (text(5) != "t" && !IsCalledAfter(text(4), Unquoted(text(2)), table)) continue;
    references.push_back(
        {.from = text(0), .column = text(1), .key = text(2), .table = text(3), .to_itself = text(6) == "t"});
  }
  return references;
}

bool NamesTable(std::string_view path, const std::string& table) {
  const std::string last_word = table.substr(table.rfind('_') + 1);
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    std::string element(LastElement(path));
    std::ranges::replace(element, '-', '_');
    if (element == table || element == last_word) return true;
  }
  return false;
}

}  // namespace hone::ops
