#include "ops/schema_tables.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "ops/parameter_names.h"

namespace hone::ops {
namespace {

using base::LowerCase;

// A word in lower case without its plural.
std::string Singular(const std::string& word) {
  const auto ends = [&](std::string_view end) { return word.size() > end.size() + 1 && word.ends_with(end); };
  if (ends("ies")) return word.substr(0, word.size() - 3) + "y";
  for (const char* hissing : {"ses", "xes", "ches", "shes", "zes"}) {
    if (ends(hissing)) return word.substr(0, word.size() - 2);
  }
  return ends("s") && !ends("ss") ? word.substr(0, word.size() - 1) : word;
}

bool IsAlike(const std::string& a, const std::string& b) {
  return a == b || Singular(a) == Singular(b) || Singular(a) == b || a == Singular(b);
}

// "repair_orders" ends in orders.
bool EndsAlike(const std::string& name, const std::string& wanted) {
  for (size_t at = name.find('_'); at != std::string::npos; at = name.find('_', at + 1)) {
    if (IsAlike(name.substr(at + 1), wanted)) return true;
  }
  return false;
}

std::string_view OwnName(std::string_view table) { return table.substr(table.rfind('.') + 1); }

const SchemaTable* FindTable(const std::vector<SchemaTable>& tables, const std::string& noun) {
  std::string wanted = LowerCase(noun);
  std::ranges::replace(wanted, '-', '_');
  if (wanted.empty()) return nullptr;
  const SchemaTable* ends = nullptr;
  size_t endings = 0;
  for (const SchemaTable& table : tables) {
    const std::string name = LowerCase(OwnName(table.name));
    if (IsAlike(name, wanted)) return &table;
    if (!EndsAlike(name, wanted)) continue;
    ends = &table;
    ++endings;
  }
  return endings == 1 ? ends : nullptr;
}

}  // namespace

std::optional<project::OfColumn> FindColumn(const std::vector<SchemaTable>& tables,
                                            const std::vector<std::string>& nouns,
                                            const std::vector<std::string>& columns) {
  for (const std::string& noun : nouns) {
    const SchemaTable* table = FindTable(tables, noun);
    if (table == nullptr) continue;
    for (const std::string& column : columns) {
      const auto found = std::ranges::find_if(
          table->columns, [&](const std::string& each) { return WithoutCase(each) == WithoutCase(column); });
      if (found != table->columns.end()) return project::OfColumn{table->name, *found};
    }
  }
  return std::nullopt;
}

std::optional<project::OfColumn> ColumnCompared(const std::vector<SchemaTable>& tables,
                                                const std::optional<golang::Compared>& compared) {
  std::optional<project::OfColumn> only;
  for (const SchemaTable& table : tables) {
    const auto is_named = [&](const std::string& name) {
      return LowerCase(table.name) == LowerCase(name) || LowerCase(OwnName(table.name)) == LowerCase(name);
    };
    if (!compared || !std::ranges::any_of(compared->tables, is_named)) continue;
    const auto column = std::ranges::find_if(
        table.columns, [&](const std::string& each) { return LowerCase(each) == LowerCase(compared->column); });
    if (column == table.columns.end()) continue;
    if (only) return std::nullopt;
    only = {table.name, *column};
  }
  return only;
}

bool IsIndexed(const std::vector<SchemaTable>& tables, const project::OfColumn& of) {
  const auto table = std::ranges::find(tables, of.table, &SchemaTable::name);
  return table != tables.end() && base::Has(table->indexed, of.column);
}

bool IsOfTime(const std::vector<SchemaTable>& tables, const project::OfColumn& of) {
  const auto table = std::ranges::find(tables, of.table, &SchemaTable::name);
  return table != tables.end() && base::Has(table->times, of.column);
}

std::vector<std::string> ChoicesOf(const std::vector<SchemaTable>& tables, std::string_view path,
                                   const std::string& column) {
  const auto of = [&](const SchemaTable& table) {
    const auto found = table.choices.find(column);
    return found == table.choices.end() ? std::vector<std::string>() : found->second;
  };
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    const SchemaTable* const table = FindTable(tables, std::string(LastElement(path)));
    if (table != nullptr && base::Has(table->columns, column)) return of(*table);
  }
  std::vector<std::string> common;
  for (const SchemaTable& table : tables) {
    if (!base::Has(table.columns, column)) continue;
    if (!common.empty() && of(table) != common) return {};
    common = of(table);
    if (common.empty()) return {};
  }
  return common;
}

std::optional<project::OfColumn> ColumnOfPath(const std::vector<SchemaTable>& tables, std::string_view before,
                                              std::string_view name) {
  const std::string noun = WithoutId(name);
  std::vector<std::string> nouns = {std::string(LastElement(before))};
  std::vector<std::string> columns = {std::string(name)};
  if (!noun.empty()) nouns.insert(nouns.begin(), noun);
  if (LowerCase(name).ends_with("id")) columns.emplace_back("id");
  return FindColumn(tables, nouns, columns);
}

std::optional<project::OfColumn> ColumnBehindWord(const std::vector<SchemaTable>& tables, std::string_view before,
                                                  std::string_view name) {
  const SchemaTable* const above = FindTable(tables, std::string(LastElement(WithoutLastElement(before))));
  if (above == nullptr) return std::nullopt;
  std::string column = NamedBehind(LastElement(before), name, above->columns);
  return column.empty() ? std::nullopt : std::optional(project::OfColumn{above->name, std::move(column)});
}

bool IsPartOf(const std::vector<SchemaTable>& tables, const std::string& table, std::string_view path) {
  const auto own = std::ranges::find(tables, table, &SchemaTable::name);
  if (own == tables.end()) return false;
  for (; !LastElement(path).empty(); path = WithoutLastElement(path)) {
    const std::string reference = Singular(LowerCase(std::string(LastElement(path)))) + "_id";
    const auto refers = [&](const std::string& column) { return LowerCase(column) == reference; };
    if (std::ranges::any_of(own->columns, refers)) return true;
  }
  return false;
}

bool BelongTo(const std::vector<SchemaTable>& tables, const std::string& table, const std::string& outer) {
  const auto refers = [&](const SchemaTable& from, const std::string& to) {
    const std::string reference = Singular(LowerCase(OwnName(to))) + "_id";
    return std::ranges::any_of(from.columns, [&](const std::string& each) { return LowerCase(each) == reference; });
  };
  const auto own = std::ranges::find(tables, table, &SchemaTable::name);
  if (own == tables.end()) return false;
  return refers(*own, outer) || std::ranges::any_of(tables, [&](const SchemaTable& between) {
           return refers(*own, between.name) && refers(between, outer);
         });
}

namespace {

// Whether a table says which migrations were applied.
bool IsOfMigrations(const SchemaTable& table) {
  constexpr std::array<std::string_view, 5> kWords = {"migration", "schema_version", "goose_db", "flyway",
                                                      "schema_revision"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return base::Contains(LowerCase(table.name), word); });
}

}  // namespace

std::optional<project::OfColumn> ColumnOfDays(const std::vector<SchemaTable>& tables, std::string_view path,
                                              std::string_view name) {
  const auto day_of = [&](const SchemaTable& table) -> std::optional<project::OfColumn> {
    const std::string* best = nullptr;
    for (const std::string& column : table.times) {
      const std::string lower = LowerCase(column);
      if (lower == LowerCase(name)) return project::OfColumn{table.name, column};
      const bool of_row = lower.starts_with("created") || lower.starts_with("updated") || lower.starts_with("deleted");
      if (best == nullptr && !of_row) best = &column;
    }
    return best == nullptr ? std::nullopt : std::optional(project::OfColumn{table.name, *best});
  };
  for (std::string_view rest = path; !LastElement(rest).empty(); rest = WithoutLastElement(rest)) {
    const SchemaTable* const table = FindTable(tables, std::string(LastElement(rest)));
    if (table == nullptr) continue;
    if (auto of = day_of(*table)) return of;
  }
  for (const SchemaTable& table : tables) {
    auto of = IsPartOf(tables, table.name, path) ? day_of(table) : std::nullopt;
    if (of) return of;
  }
  // Of all others those first that are likely asked by.
  for (const bool indexed : {true, false}) {
    for (const SchemaTable& table : tables) {
      auto of = IsOfMigrations(table) ? std::nullopt : day_of(table);
      if (of && (!indexed || base::Has(table.indexed, of->column))) return of;
    }
  }
  return std::nullopt;
}

std::optional<project::OfColumn> ColumnOfPart(const std::vector<SchemaTable>& tables, std::string_view path,
                                              std::string_view name) {
  std::optional<project::OfColumn> only;
  for (const SchemaTable& table : tables) {
    const auto found = std::ranges::find_if(
        table.columns, [&](const std::string& each) { return WithoutCase(each) == WithoutCase(name); });
    if (found == table.columns.end() || !IsPartOf(tables, table.name, path)) continue;
    if (only) return std::nullopt;
    only = {table.name, *found};
  }
  return only;
}

std::optional<project::OfColumn> ColumnOfThing(const std::vector<SchemaTable>& tables, std::string_view name) {
  const PartOfThing named = PartNamed(name);
  return FindColumn(tables, {named.thing}, {named.part, LowerCase(name)});
}

std::optional<project::OfColumn> ColumnNaming(const std::vector<SchemaTable>& tables, std::string_view thing) {
  auto of =
      FindColumn(tables, {std::string(thing)}, {"slug", "code", "key", "handle", "sku", "reference", "number", "no"});
  return of && IsIndexed(tables, *of) ? of : std::nullopt;
}

std::optional<project::OfColumn> ColumnOfText(const std::vector<SchemaTable>& tables, std::string_view name) {
  const std::string wanted = LowerCase(name);
  std::optional<project::OfColumn> only;
  for (const SchemaTable& table : tables) {
    for (const std::string& column : table.columns) {
      const std::string lower = LowerCase(column);
      const bool is = lower == wanted || PartNamed(column).thing == wanted;
      const project::OfColumn of = {table.name, column};
      if (!is || !IsIndexed(tables, of)) continue;
      if (only) return std::nullopt;
      only = of;
    }
  }
  return only;
}

std::optional<project::OfColumn> ColumnAfterCollection(const std::vector<SchemaTable>& tables,
                                                       std::string_view before) {
  const std::string collection = LowerCase(LastElement(before));
  if (collection.empty() || FindTable(tables, collection) != nullptr) return std::nullopt;
  std::optional<project::OfColumn> only;
  for (const SchemaTable& table : tables) {
    for (const std::string& column : table.columns) {
      if (!IsPlural(collection, LowerCase(column))) continue;
      if (only) return std::nullopt;
      only = {table.name, column};
    }
  }
  return only;
}

}  // namespace hone::ops
