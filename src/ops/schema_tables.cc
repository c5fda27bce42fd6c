#include "ops/schema_tables.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "ops/parameter_names.h"
#include "sql/lexer.h"

namespace hone::ops {
namespace {

using base::LowerCase;

// A CREATE TABLE beyond this is cut.
constexpr size_t kLongestTable = 16 << 10;

std::string Unquoted(std::string_view word) {
  if (word.size() >= 2 && word.starts_with('"') && word.ends_with('"'))
    return std::string(word.substr(1, word.size() - 2));
  return LowerCase(word);
}

bool BeginsConstraint(std::string_view word) {
  constexpr std::array<std::string_view, 7> kConstraints = {"constraint", "primary", "unique", "foreign",
                                                            "check",      "exclude", "like"};
  return std::ranges::any_of(kConstraints, [&](std::string_view each) { return sql::SameWord(word, each); });
}

using Tokens = std::vector<sql::Token>;
using Choices = std::map<std::string, std::vector<std::string>>;

bool IsText(const sql::Token& token) {
  return token.kind == sql::TokenKind::kLiteral && token.text.starts_with("'") && token.text.ends_with("'");
}

// The texts between the parenthesis or bracket at `at` and its end.
std::vector<std::string> TextsIn(const Tokens& tokens, size_t at) {
  std::vector<std::string> texts;
  for (size_t i = at + 1; i < tokens.size() && tokens[i].text != ")" && tokens[i].text != "]"; ++i) {
    if (IsText(tokens[i])) texts.emplace_back(tokens[i].text.substr(1, tokens[i].text.size() - 2));
  }
  return texts;
}

// What stands before `in ('a', 'b')` or `= any (array['a', 'b'])` at `at`, if that does: a column.
void AddCheck(const Tokens& tokens, size_t at, Choices& choices) {
  const auto is = [&](size_t i, std::string_view word) {
    return i < tokens.size() && sql::SameWord(tokens[i].text, word);
  };
  if (tokens[at].kind != sql::TokenKind::kWord) return;
  size_t open = 0;
  if (is(at + 1, "in") && is(at + 2, "(")) open = at + 2;
  for (size_t i = at + 1; open == 0 && i < at + 8; ++i) {
    if (is(i, "=") && is(i + 1, "any") && is(i + 2, "(")) open = is(i + 3, "(") ? i + 5 : i + 4;
    if (!is(i, "=") && !is(i, "::") && !is(i, ")") && !is(i, "text")) break;
  }
  if (open == 0 || open >= tokens.size()) return;
  std::vector<std::string> texts = TextsIn(tokens, open);
  if (!texts.empty()) choices.try_emplace(Unquoted(tokens[at].text), std::move(texts));
}

// Types by their names, in lower case and without a schema, with their values.
Choices FindEnums(const std::vector<SourceText>& texts) {
  Choices enums;
  for (const SourceText& source : texts) {
    const std::string lower = LowerCase(source.text);
    for (size_t at = lower.find("create type"); at != std::string::npos; at = lower.find("create type", at + 1)) {
      const Tokens tokens = sql::Tokenize(std::string_view(source.text).substr(at, kLongestTable));
      for (size_t i = 2; i + 3 < tokens.size() && i < 6; ++i) {
        if (sql::SameWord(tokens[i + 1].text, "as") && sql::SameWord(tokens[i + 2].text, "enum"))
          enums.try_emplace(Unquoted(tokens[i].text), TextsIn(tokens, i + 3));
      }
    }
  }
  return enums;
}

// The column whose name stands at `at`.
void AddColumn(const Tokens& tokens, size_t at, const Choices& enums, SchemaTable& table) {
  table.columns.push_back(Unquoted(tokens[at].text));
  // "shop.order_status" is order_status.
  for (size_t type = at + 1; type < std::min(at + 4, tokens.size()); ++type) {
    const auto known = enums.find(Unquoted(tokens[type].text));
    if (known != enums.end()) table.choices.emplace(table.columns.back(), known->second);
    if (tokens[type].kind != sql::TokenKind::kWord && tokens[type].text != ".") break;
  }
}

// The table whose CREATE TABLE begins `text`; without columns where none is understood.
SchemaTable TableAt(std::string_view text, const Choices& enums) {
  const Tokens tokens = sql::Tokenize(text.substr(0, kLongestTable));
  SchemaTable table;
  size_t at = 2;
  const auto is = [&](size_t i, std::string_view word) {
    return i < tokens.size() && sql::SameWord(tokens[i].text, word);
  };
  if (is(at, "if")) at += 3;
  for (; at < tokens.size() && tokens[at].text != "("; ++at) {
    if (tokens[at].text != "." && tokens[at].kind != sql::TokenKind::kWord) return {};
    table.name += tokens[at].text == "." ? "." : Unquoted(tokens[at].text);
  }
  int depth = 0;
  bool begins = false;
  for (; at < tokens.size(); ++at) {
    const std::string_view word = tokens[at].text;
    if (begins && depth == 1 && tokens[at].kind == sql::TokenKind::kWord && !BeginsConstraint(word))
      AddColumn(tokens, at, enums, table);
    if (depth > 0) AddCheck(tokens, at, table.choices);
    begins = (word == "(" && depth == 0) || (word == "," && depth == 1);
    if (word == "(") ++depth;
    if (word == ")" && --depth == 0) {
      std::erase_if(table.choices, [&](const auto& choice) { return !base::Has(table.columns, choice.first); });
      return table;
    }
  }
  return {};
}

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

std::vector<SchemaTable> FindTables(const std::vector<SourceText>& texts) {
  const Choices enums = FindEnums(texts);
  std::vector<SchemaTable> tables;
  for (const SourceText& source : texts) {
    if (!source.file.ends_with(".sql") && !source.file.ends_with(".go")) continue;
    const std::string lower = LowerCase(source.text);
    for (size_t at = lower.find("create table"); at != std::string::npos; at = lower.find("create table", at + 1)) {
      SchemaTable table = TableAt(std::string_view(source.text).substr(at), enums);
      const bool known = std::ranges::find(tables, table.name, &SchemaTable::name) != tables.end();
      if (!table.columns.empty() && !known) tables.push_back(std::move(table));
    }
  }
  return tables;
}

std::optional<project::OfColumn> FindColumn(const std::vector<SchemaTable>& tables,
                                            const std::vector<std::string>& nouns,
                                            const std::vector<std::string>& columns) {
  for (const std::string& noun : nouns) {
    const SchemaTable* table = FindTable(tables, noun);
    if (table == nullptr) continue;
    for (const std::string& column : columns) {
      const auto found = std::ranges::find_if(
          table->columns, [&](const std::string& each) { return LowerCase(each) == LowerCase(column); });
      if (found != table->columns.end()) return project::OfColumn{table->name, *found};
    }
  }
  return std::nullopt;
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
  if (auto of = FindColumn(tables, nouns, columns)) return of;
  const SchemaTable* const above = FindTable(tables, std::string(LastElement(WithoutLastElement(before))));
  if (above == nullptr) return std::nullopt;
  std::string column = NamedBehind(LastElement(before), name, above->columns);
  return column.empty() ? std::nullopt : std::optional(project::OfColumn{above->name, std::move(column)});
}

}  // namespace hone::ops
