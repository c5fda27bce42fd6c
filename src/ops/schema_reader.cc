#include "ops/schema_reader.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/ascii.h"
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

SchemaTable* TableNamed(std::vector<SchemaTable>& tables, const std::string& name) {
  const auto own = [](std::string_view table) { return table.substr(table.rfind('.') + 1); };
  const auto found =
      std::ranges::find_if(tables, [&](const SchemaTable& table) { return own(table.name) == own(name); });
  return found == tables.end() ? nullptr : &*found;
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
    if (!IsText(tokens[i])) continue;
    std::string text(tokens[i].text.substr(1, tokens[i].text.size() - 2));
    for (size_t quote = text.find("''"); quote != std::string::npos; quote = text.find("''", quote + 1))
      text.erase(quote, 1);
    texts.push_back(std::move(text));
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
  size_t close = open;
  while (close < tokens.size() && tokens[close].text != ")") ++close;
  while (close < tokens.size() && tokens[close].text == ")") ++close;
  // One of several conditions allows nothing by itself.
  if (is(close, "or") || (at > 0 && is(at - 1, "or"))) return;
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

// Whether a column's definition, whose name stands at `at`, makes an index of it.
bool IsKey(const Tokens& tokens, size_t at) {
  int depth = 0;
  for (size_t i = at + 1; i < tokens.size() && depth >= 0; ++i) {
    if (depth == 0 && tokens[i].text == ",") return false;
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    if (depth == 0 && (sql::SameWord(tokens[i].text, "primary") || sql::SameWord(tokens[i].text, "unique")))
      return true;
  }
  return false;
}

// The first column of the list that opens at or soon behind `at`; of an expression the one that it holds.
std::string FirstColumn(const Tokens& tokens, size_t at, const SchemaTable& table) {
  size_t open = at;
  while (open < tokens.size() && tokens[open].text != "(") ++open;
  for (size_t i = open; i < tokens.size() && tokens[i].text != ","; ++i) {
    std::string word = Unquoted(tokens[i].text);
    if (base::Has(table.columns, word)) return word;
  }
  return {};
}

// The column whose name stands at `at`.
void AddColumn(const Tokens& tokens, size_t at, const Choices& enums, SchemaTable& table) {
  table.columns.push_back(Unquoted(tokens[at].text));
  if (IsKey(tokens, at)) table.indexed.push_back(table.columns.back());
  if (at + 1 < tokens.size()) {
    const std::string type = LowerCase(tokens[at + 1].text);
    if (type == "date" || type == "timestamp" || type == "timestamptz") table.times.push_back(table.columns.back());
  }
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
    const bool keys = depth == 1 && (is(at, "primary") || is(at, "unique"));
    if (keys && (is(at + 1, "(") || (is(at + 1, "key") && is(at + 2, "("))))
      table.indexed.push_back(FirstColumn(tokens, at, table));
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

// CREATE [UNIQUE] INDEX [CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] table [USING method] (column, ...).
void AddIndexes(std::string_view text, std::vector<SchemaTable>& tables) {
  constexpr size_t kLongestIndex = 1000;
  const std::string lower = LowerCase(text);
  for (size_t at = lower.find("index"); at != std::string::npos; at = lower.find("index", at + 1)) {
    const size_t create = lower.rfind("create", at);
    if (create == std::string::npos || at - create > 16) continue;
    const Tokens tokens = sql::Tokenize(text.substr(create, kLongestIndex));
    size_t on = 0;
    while (on < std::min<size_t>(tokens.size(), 12) && !sql::SameWord(tokens[on].text, "on")) ++on;
    if (on + 1 < tokens.size() && sql::SameWord(tokens[on + 1].text, "only")) ++on;
    std::string name;
    for (size_t i = on + 1; i < tokens.size() && (tokens[i].kind == sql::TokenKind::kWord || tokens[i].text == ".");
         ++i) {
      if (sql::SameWord(tokens[i].text, "using")) break;
      name += tokens[i].text == "." ? "." : Unquoted(tokens[i].text);
    }
    if (SchemaTable* const table = TableNamed(tables, name); table != nullptr && !name.empty())
      table->indexed.push_back(FirstColumn(tokens, on, *table));
  }
}

// Whether a table says which migrations were applied.
bool IsOfMigrations(std::string_view name) {
  constexpr std::array<std::string_view, 11> kKnown = {"schema_migrations",      "schema_version",   "goose_db_version",
                                                       "atlas_schema_revisions", "gorp_migrations",  "migrations",
                                                       "bun_migrations",         "_migrations",      "migration_log",
                                                       "flyway_schema_history",  "databasechangelog"};
  return std::ranges::find(kKnown, LowerCase(name.substr(name.rfind('.') + 1))) != kKnown.end();
}

}  // namespace

std::vector<SchemaTable> FindTables(const std::vector<SourceText>& texts, const std::vector<golang::Model>& models) {
  const Choices enums = FindEnums(texts);
  std::vector<std::string_view> statements;
  for (const SourceText& source : texts) {
    if (source.file.ends_with(".sql") || source.file.ends_with(".go")) statements.push_back(source.text);
  }
  for (const golang::Model& model : models) statements.push_back(model.sql);
  std::vector<SchemaTable> tables;
  for (const std::string_view text : statements) {
    const std::string lower = LowerCase(text);
    for (size_t at = lower.find("create table"); at != std::string::npos; at = lower.find("create table", at + 1)) {
      SchemaTable table = TableAt(text.substr(at), enums);
      const bool known = std::ranges::find(tables, table.name, &SchemaTable::name) != tables.end();
      if (!table.columns.empty() && !known && !IsOfMigrations(table.name)) tables.push_back(std::move(table));
    }
  }
  for (const std::string_view text : statements) AddIndexes(text, tables);
  return tables;
}

}  // namespace hone::ops
