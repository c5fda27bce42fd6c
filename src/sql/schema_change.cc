#include "sql/schema_change.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "sql/lexer.h"

namespace hone::sql {
namespace {

std::vector<std::string> Words(std::string_view statement) {
  std::vector<std::string> words;
  for (const Token& token : Tokenize(statement)) {
    if (token.kind == TokenKind::kWord) words.push_back(base::LowerCase(token.text));
  }
  return words;
}

bool IsTemporary(const std::vector<std::string>& words) {
  return words.size() > 3 && words[0] == "create" && (words[1] == "temp" || words[1] == "temporary") &&
         words[2] == "table";
}

// The table that a CREATE TEMP TABLE makes.
std::string TemporaryName(const std::vector<std::string>& words) {
  const bool guarded = words.size() > 6 && words[3] == "if";  // IF NOT EXISTS
  return words[guarded ? 6 : 3];
}

bool ChangesSomething(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 10> kThings = {"table",    "index",   "view",   "materialized", "type",
                                                        "function", "trigger", "domain", "policy",       "schema"};
  if (words.size() < 3) return false;
  const auto is_thing = [&](size_t at) { return std::ranges::find(kThings, words[at]) != kThings.end(); };
  if (words[0] == "alter" || words[0] == "drop") return is_thing(1);
  if (words[0] != "create") return false;
  if (words[1] == "or") return words.size() > 3 && is_thing(3);  // OR REPLACE
  return words[1] == "index" || (words[1] == "unique" && words[2] == "index");
}

}  // namespace

std::vector<size_t> SchemaChangesOf(const Exchange& exchange) {
  std::set<std::string> temporary = {"pg_temp"};
  std::vector<size_t> changes;
  for (size_t i = 0; i < exchange.statements.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    const std::vector<std::string> words = Words(exchange.queries[statement.query].text);
    if (IsTemporary(words)) temporary.insert(TemporaryName(words));
    const bool done = statement.executed && statement.sqlstate.empty();
    if (!done || statement.request == kNoRequest || statement.background || !ChangesSomething(words)) continue;
    if (std::ranges::none_of(words, [&](const std::string& word) { return temporary.contains(word); }))
      changes.push_back(i);
  }
  return changes;
}

}  // namespace hone::sql
