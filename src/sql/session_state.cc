#include "sql/session_state.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>

#include "sql/lexer.h"

namespace hone::sql {
namespace {

bool IsWord(const std::vector<Token>& tokens, size_t i, std::string_view word) {
  return i < tokens.size() && tokens[i].kind == TokenKind::kWord && SameWord(tokens[i].text, word);
}

bool HasWord(const std::vector<Token>& tokens, std::string_view word) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (IsWord(tokens, i, word)) return true;
  }
  return false;
}

// SET of a parameter for the session: neither LOCAL nor of the transaction.
bool IsSessionSet(const std::vector<Token>& tokens) {
  constexpr std::array<std::string_view, 3> kOfTransaction = {"local", "transaction", "constraints"};
  return IsWord(tokens, 0, "set") &&
         std::ranges::none_of(kOfTransaction, [&](std::string_view word) { return IsWord(tokens, 1, word); });
}

bool Calls(const std::vector<Token>& tokens, std::string_view function) {
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (IsWord(tokens, i, function) && tokens[i + 1].text == "(") return true;
  }
  return false;
}

bool CallsAny(const std::vector<Token>& tokens, std::initializer_list<std::string_view> functions) {
  return std::ranges::any_of(functions, [&](std::string_view function) { return Calls(tokens, function); });
}

// ... WITH HOLD
bool IsHeldCursor(const std::vector<Token>& tokens) {
  if (!IsWord(tokens, 0, "declare")) return false;
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    if (IsWord(tokens, i, "with") && IsWord(tokens, i + 1, "hold")) return true;
  }
  return false;
}

// CREATE [LOCAL | GLOBAL] TEMP TABLE, unless it goes at the end of the transaction.
bool IsKeptTemporary(const std::vector<Token>& tokens) {
  if (!IsWord(tokens, 0, "create")) return false;
  const size_t at = IsWord(tokens, 1, "local") || IsWord(tokens, 1, "global") ? 2 : 1;
  const bool temporary = IsWord(tokens, at, "temp") || IsWord(tokens, at, "temporary");
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (IsWord(tokens, i, "on") && IsWord(tokens, i + 1, "commit") && IsWord(tokens, i + 2, "drop")) return false;
  }
  return temporary;
}

}  // namespace

std::string_view LeftInSession(std::string_view statement) {
  const std::vector<Token> tokens = Tokenize(statement);
  if (IsSessionSet(tokens)) return "a setting";
  if (IsWord(tokens, 0, "listen")) return "a LISTEN";
  if (IsWord(tokens, 0, "prepare") && !IsWord(tokens, 1, "transaction")) return "a prepared statement";
  if (IsHeldCursor(tokens)) return "a cursor";
  if (IsKeptTemporary(tokens)) return "a temporary table";
  if (CallsAny(tokens,
               {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"}))
    return "an advisory lock";
  if (Calls(tokens, "set_config") && HasWord(tokens, "false")) return "a setting";
  return {};
}

std::vector<SessionStatement> SessionStatements(const Exchange& exchange) {
  std::vector<SessionStatement> found;
  std::set<uint32_t> known;
  for (const Statement& statement : exchange.statements) {
    if (statement.request == kNoRequest || statement.background || !known.insert(statement.query).second) continue;
    const Query& query = exchange.queries[statement.query];
    if (const std::string_view what = LeftInSession(query.text); !what.empty())
      found.push_back({query.text, std::string(what)});
  }
  return found;
}

std::vector<std::string> PreparedFailures(const Exchange& exchange) {
  std::set<std::string> failures;
  for (const Statement& statement : exchange.statements) {
    if (statement.request == kNoRequest || statement.background) continue;
    const bool changed = statement.sqlstate == "0A000" && statement.protocol == Protocol::kPrepared;
    if (changed || statement.sqlstate == "26000" || statement.sqlstate == "42P05") failures.insert(statement.sqlstate);
  }
  return {failures.begin(), failures.end()};
}

}  // namespace hone::sql
