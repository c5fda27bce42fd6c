#include "sql/fingerprint.h"

#include <pg_query.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/hash.h"
#include "sql/lexer.h"

namespace hone::sql {
namespace {

// A tree or text beyond this costs more than its tables are worth.
constexpr size_t kMaxParsedBytes = 256 << 10;

struct Tables {
  std::set<std::string> reads;
  std::set<std::string> writes;
};

std::optional<std::string> LibraryFingerprint(const std::string& statement) {
  const PgQueryFingerprintResult result = pg_query_fingerprint(statement.c_str());
  std::optional<std::string> fingerprint;
  if (result.error == nullptr && result.fingerprint_str != nullptr) fingerprint = result.fingerprint_str;
  pg_query_free_fingerprint_result(result);
  return fingerprint;
}

std::optional<nlohmann::json> ParseTree(const std::string& statement) {
  const PgQueryParseResult result = pg_query_parse(statement.c_str());
  std::optional<nlohmann::json> tree;
  if (result.error == nullptr && result.parse_tree != nullptr) {
    nlohmann::json parsed = nlohmann::json::parse(result.parse_tree, nullptr, false);
    if (!parsed.is_discarded()) tree = std::move(parsed);
  }
  pg_query_free_parse_result(result);
  return tree;
}

// Collects the tables below `node`; the target of a writing statement is a write, every other one a read.
void CollectTables(const nlohmann::json& node, Tables& tables) {
  if (node.is_array()) {
    for (const nlohmann::json& element : node) CollectTables(element, tables);
  }
  if (!node.is_object()) return;
  for (const auto& [key, value] : node.items()) {
    const bool writes = key == "InsertStmt" || key == "UpdateStmt" || key == "DeleteStmt" || key == "MergeStmt";
    if (key == "RangeVar" || key == "relation") {
      if (value.is_object() && value.contains("relname") && value["relname"].is_string())
        tables.reads.insert(value["relname"].get<std::string>());
    } else if (writes && value.is_object()) {
      nlohmann::json rest = value;
      if (rest.contains("relation")) {
        const nlohmann::json target = rest["relation"];
        rest.erase("relation");
        if (target.is_object() && target.contains("relname"))
          tables.writes.insert(target["relname"].get<std::string>());
      }
      CollectTables(rest, tables);
    } else {
      CollectTables(value, tables);
    }
  }
}

// The tables as far as keywords tell, for syntax that libpg_query does not know.
Tables TablesOfTokens(const std::vector<Token>& tokens) {
  Tables tables;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kWord || tokens[i + 1].kind != TokenKind::kWord) continue;
    size_t name = i + 1;
    while (name + 2 < tokens.size() && tokens[name + 1].text == "." && tokens[name + 2].kind == TokenKind::kWord)
      name += 2;
    if (SameWord(tokens[i].text, "from") || SameWord(tokens[i].text, "join")) tables.reads.emplace(tokens[name].text);
    if (SameWord(tokens[i].text, "into") || SameWord(tokens[i].text, "update"))
      tables.writes.emplace(tokens[name].text);
  }
  return tables;
}

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view each) { return SameWord(word, each); });
}

QueryClass Classify(const std::vector<Token>& tokens, const Tables& tables) {
  static constexpr std::array<std::string_view, 15> kControl = {
      "begin", "start", "commit",  "end",        "rollback", "abort",    "savepoint", "release",
      "set",   "reset", "discard", "deallocate", "listen",   "unlisten", "lock"};
  static constexpr std::array<std::string_view, 4> kReading = {"select", "with", "values", "table"};
  static constexpr std::array<std::string_view, 4> kWriting = {"insert", "update", "delete", "merge"};
  if (tokens.empty()) return QueryClass::kConstant;
  size_t first = 0;
  while (first + 1 < tokens.size() && tokens[first].text == "(") ++first;
  const std::string_view word = tokens[first].text;
  if (IsOneOf(word, kControl)) return QueryClass::kControl;
  if (SameWord(word, "show")) return QueryClass::kConstant;
  if (IsOneOf(word, kWriting) || (IsOneOf(word, kReading) && !tables.writes.empty())) return QueryClass::kWrite;
  if (!IsOneOf(word, kReading)) return QueryClass::kOther;
  const bool values =
      std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.kind == TokenKind::kParameter; });
  const bool calls = std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.text == "("; });
  return tables.reads.empty() && !values && !calls ? QueryClass::kConstant : QueryClass::kRead;
}

bool IsBackslashString(const Token& token) {
  return token.kind == TokenKind::kLiteral && token.text[0] == '\'' && token.text.find('\\') != std::string_view::npos;
}

bool HasBackslashString(const std::vector<Token>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(), IsBackslashString);
}

// Where standard_conforming_strings is off, a backslash hides the quote behind it, and data look like words: then only
// what stands before the first such string is safe to show.
std::string TextBeforeStrings(std::string_view statement, const std::vector<Token>& tokens) {
  const auto first = std::find_if(tokens.begin(), tokens.end(), IsBackslashString);
  return Normalize(statement.substr(0, static_cast<size_t>(first->text.data() - statement.data()))).text + " ...";
}

}  // namespace

Fingerprinted Fingerprint(std::string_view statement) {
  const NormalText normal = Normalize(statement);
  const std::vector<Token> tokens = Tokenize(statement);
  Fingerprinted result;
  result.literals = normal.literals;
  result.list_items = normal.list_items;
  result.query.text = normal.text;

  // C strings: what a NUL cuts off is not the statement that the server saw.
  const std::string text(statement);
  const bool parseable = text.size() <= kMaxParsedBytes && text.find('\0') == std::string::npos;
  const std::optional<std::string> fingerprint = parseable ? LibraryFingerprint(text) : std::nullopt;
  Tables tables;
  if (fingerprint) {
    result.query.fingerprint = *fingerprint;
    if (const std::optional<nlohmann::json> tree = ParseTree(text)) CollectTables(*tree, tables);
  } else {
    if (HasBackslashString(tokens)) result.query.text = TextBeforeStrings(statement, tokens);
    result.query.fingerprint = "lex-" + base::Sha256Hex(result.query.text).substr(0, 16);
    tables = TablesOfTokens(tokens);
  }
  if (result.query.text.empty()) result.query.text = "-- empty";
  result.query.id = base::Sha256Hex(result.query.fingerprint + "\n" + result.query.text).substr(0, 16);
  result.query.query_class = Classify(tokens, tables);
  result.query.reads.assign(tables.reads.begin(), tables.reads.end());
  result.query.writes.assign(tables.writes.begin(), tables.writes.end());
  return result;
}

bool NeedsQuotes(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || (name[0] >= '0' && name[0] <= '9') || !std::all_of(name.begin(), name.end(), plain)) return true;
  const std::string word(name);
  return !LibraryFingerprint("CREATE TABLE " + word + " (" + word + " int)");
}

const Fingerprinted& Fingerprinter::Of(const std::string& statement) {
  if (const auto it = cache_.find(statement); it != cache_.end()) return it->second;
  if (cache_.size() >= capacity_) cache_.clear();
  return cache_.emplace(statement, Fingerprint(statement)).first->second;
}

}  // namespace hone::sql
