#include "sql/schema_change.h"

#include <algorithm>
#include <initializer_list>
#include <map>
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
    std::string word = base::LowerCase(token.text);
    std::erase(word, '"');
    if (!word.empty() && (base::IsAlphanumeric(word[0]) || word[0] == '_')) words.push_back(std::move(word));
  }
  return words;
}

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// What stands behind words[at]: names follow words such as IF NOT EXISTS.
std::string NameFrom(const std::vector<std::string>& words, size_t at) {
  while (at < words.size() && IsOneOf(words[at], {"if", "not", "exists", "only", "concurrently"})) ++at;
  return at < words.size() ? words[at] : "";
}

// The name that CREATE [LOCAL] TEMP TABLE or VIEW, or SELECT ... INTO TEMP makes; empty: it makes none.
std::string TemporaryName(const std::vector<std::string>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (!IsOneOf(words[i], {"temp", "temporary"})) continue;
    return NameFrom(words, i + (IsOneOf(words[i + 1], {"table", "view", "sequence"}) ? 2 : 1));
  }
  return "";
}

// The name of the table that CREATE TABLE IF NOT EXISTS makes sure of; empty: it is none, or none of a temporary one.
std::string Ensured(const std::vector<std::string>& words) {
  if (words.size() < 6 || words[0] != "create") return "";
  const size_t table = words[1] == "unlogged" ? 2 : 1;
  if (words[table] != "table" || words[table + 1] != "if") return "";
  std::string name = NameFrom(words, table + 1);
  return name == "pg_temp" ? "" : name;
}

// The name of what a statement changes, a schema before it or not; empty: it changes no schema.
std::string Changed(const std::vector<std::string>& words) {
  const auto is_thing = [&](size_t at) {
    return at < words.size() && IsOneOf(words[at], {"table", "index", "view", "materialized", "type", "function",
                                                    "trigger", "domain", "policy", "schema"});
  };
  if (words.size() < 3) return "";
  const bool of_index = words[0] == "create" && (words[1] == "index" || (words[1] == "unique" && words[2] == "index"));
  if (of_index) {
    const auto on = std::ranges::find(words, "on");
    return on == words.end() ? "" : NameFrom(words, static_cast<size_t>(on - words.begin()) + 1);
  }
  if ((words[0] == "alter" || words[0] == "drop") && is_thing(1))
    return NameFrom(words, words[1] == "materialized" ? 3 : 2);
  if (words[0] == "create" && words[1] == "or" && is_thing(3))  // OR REPLACE
    return NameFrom(words, words[3] == "materialized" ? 5 : 4);
  return "";
}

}  // namespace

bool ChangesResults(std::string_view statement) {
  const std::vector<std::string> words = Words(statement);
  const bool of_index = words.size() > 1 && (words[1] == "index" || words[1] == "unique");
  return !of_index && !Changed(words).empty();
}

std::vector<size_t> SchemaChangesOf(const Exchange& exchange) {
  std::vector<std::string> changed;  // by query
  std::set<std::string> temporary = {"pg_temp"};
  for (const Query& query : exchange.queries) {
    const std::vector<std::string> words = Words(query.text);
    temporary.insert(TemporaryName(words));
    changed.push_back(Changed(words));
  }
  std::vector<size_t> changes;
  for (size_t i = 0; i < exchange.statements.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    const std::string& name = changed[statement.query];
    const bool done = statement.executed && statement.sqlstate.empty();
    if (done && statement.request != kNoRequest && !statement.background && !name.empty() && !temporary.contains(name))
      changes.push_back(i);
  }
  return changes;
}

std::vector<size_t> TablesEnsuredBy(const Exchange& exchange) {
  std::vector<bool> ensures;  // by query
  for (const Query& query : exchange.queries) {
    // Of a tenant's own schema the same text may make another table each time.
    if (base::Contains(base::LowerCase(query.text), "search_path")) return {};
    ensures.push_back(!Ensured(Words(query.text)).empty());
  }
  std::map<uint32_t, std::set<int64_t>> requests;  // by query
  std::vector<size_t> all;
  for (size_t i = 0; i < exchange.statements.size(); ++i) {
    const Statement& statement = exchange.statements[i];
    const bool done = statement.executed && statement.sqlstate.empty();
    if (!done || statement.request == kNoRequest || statement.background || !ensures[statement.query]) continue;
    requests[statement.query].insert(statement.request);
    all.push_back(i);
  }
  std::erase_if(all, [&](size_t i) { return requests[exchange.statements[i].query].size() < 2; });
  return all;
}

}  // namespace hone::sql
