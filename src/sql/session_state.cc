#include "sql/session_state.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <set>
#include <utility>

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

// The parameter of a SET; empty: another statement's.
std::string_view ParameterOf(const std::vector<Token>& tokens) {
  if (!IsWord(tokens, 0, "set")) return {};
  const size_t name = IsWord(tokens, 1, "session") ? 2 : 1;
  if (IsWord(tokens, name, "time") && IsWord(tokens, name + 1, "zone")) return "timezone";
  return name < tokens.size() ? tokens[name].text : std::string_view();
}

// Whether a SET sets a parameter back to what it was when the session began.
bool SetsBack(const std::vector<Token>& tokens) {
  if (!IsWord(tokens, 0, "set")) return false;
  const bool local = ParameterOf(tokens) == "timezone" && IsWord(tokens, tokens.size() - 1, "local");
  return local || IsWord(tokens, tokens.size() - 1, "default");
}

// SET of a parameter for the session: neither LOCAL nor of the transaction, nor back to what it was, nor one that
// changes no answer: the drivers' own.
bool IsSessionSet(const std::vector<Token>& tokens) {
  constexpr std::array<std::string_view, 3> kOfTransaction = {"local", "transaction", "constraints"};
  constexpr std::array<std::string_view, 4> kOfDrivers = {"application_name", "client_encoding", "names",
                                                          "standard_conforming_strings"};
  const auto any = [&](const auto& words, size_t at) {
    return std::ranges::any_of(words, [&](std::string_view word) { return IsWord(tokens, at, word); });
  };
  if (!IsWord(tokens, 0, "set") || any(kOfTransaction, 1)) return false;
  const size_t name = IsWord(tokens, 1, "session") ? 2 : 1;
  return !any(kOfDrivers, name) && !SetsBack(tokens);
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

constexpr std::string_view kSetting = "a setting";
constexpr std::string_view kListen = "a LISTEN";
constexpr std::string_view kPreparedText = "a prepared statement";
constexpr std::string_view kCursor = "a cursor";
constexpr std::string_view kTemporary = "a temporary table";
constexpr std::string_view kAdvisoryLock = "an advisory lock";

// Whether a statement takes back what another one left, as far as its kind tells: of which name is not asked.
bool TakesBack(const std::vector<Token>& tokens, std::string_view what) {
  if (IsWord(tokens, 0, "discard"))
    return IsWord(tokens, 1, "all") || (what == kTemporary && !IsWord(tokens, 1, "plans"));
  if (what == kSetting) return IsWord(tokens, 0, "reset") || SetsBack(tokens);
  if (what == kListen) return IsWord(tokens, 0, "unlisten");
  if (what == kPreparedText) return IsWord(tokens, 0, "deallocate");
  if (what == kCursor) return IsWord(tokens, 0, "close");
  if (what == kTemporary) return IsWord(tokens, 0, "drop") && IsWord(tokens, 1, "table");
  return CallsAny(tokens, {"pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all"});
}

// What a statement means for the session that it runs in.
struct Meaning {
  std::vector<Token> tokens = {};
  std::string_view leaves = {};
  bool begins = false;  // a transaction
  bool ends = false;
  bool rolls_back = false;
  bool works = false;  // asks for what a driver does not ask of each new connection
};

Meaning MeaningOf(const Query& query) {
  Meaning meaning{.tokens = Tokenize(query.text), .leaves = LeftInSession(query.text)};
  const std::vector<Token>& tokens = meaning.tokens;
  meaning.begins = BeginsTransaction(query.text);
  meaning.rolls_back = IsWord(tokens, 0, "rollback") || IsWord(tokens, 0, "abort");
  const bool partly = meaning.rolls_back && HasWord(tokens, "to");
  meaning.ends = (meaning.rolls_back && !partly) || IsWord(tokens, 0, "commit") || IsWord(tokens, 0, "end");
  const auto own = [](const std::string& table) { return table.starts_with("pg_"); };
  const bool catalogue = query.query_class == QueryClass::kRead && std::ranges::all_of(query.reads, own);
  meaning.works = meaning.leaves.empty() && IsWork(query.query_class) && !catalogue;
  return meaning;
}

// The statements of one connection, one after the other.
class SessionWalk {
 public:
  SessionWalk(const Exchange& exchange, const std::vector<Meaning>& meanings, std::vector<Leaving>& left)
      : exchange_(&exchange), meanings_(&meanings), left_(&left) {}

  void Begin() { fresh_ = true; }  // its start-up was seen
  void Take(size_t index);
  void Flush() {
    left_->insert(left_->end(), pending_.begin(), pending_.end());
    pending_.clear();
  }

 private:
  SessionPlace PlaceOf(const Statement& statement) const {
    if (fresh_) return SessionPlace::kBeginning;
    const bool asked = statement.request != kNoRequest && !statement.background;
    return asked ? SessionPlace::kRequest : SessionPlace::kBackground;
  }

  const Exchange* exchange_;
  const std::vector<Meaning>* meanings_;
  std::vector<Leaving>* left_;
  std::vector<Leaving> pending_ = {};  // of the transaction that is open
  std::optional<uint32_t> trip_ = {};
  bool open_ = false;  // a transaction, by the statements' texts
  bool fresh_ = false;
};

void SessionWalk::Take(size_t index) {
  const Statement& statement = exchange_->statements[index];
  const Meaning& meaning = (*meanings_)[statement.query];
  if (trip_ != statement.round_trip && !open_ && !statement.in_transaction) Flush();
  trip_ = statement.round_trip;
  if (!statement.executed || !statement.sqlstate.empty()) return;
  fresh_ = fresh_ && !meaning.works;
  std::erase_if(pending_, [&](const Leaving& leaving) {
    const bool stays = leaving.what == kAdvisoryLock || leaving.what == kPreparedText;
    return meaning.rolls_back ? !stays : TakesBack(meaning.tokens, leaving.what);
  });
  open_ = (open_ || meaning.begins) && !meaning.ends;
  if (meaning.ends) Flush();
  if (!meaning.leaves.empty()) pending_.push_back({index, meaning.leaves, PlaceOf(statement)});
}

// Whether a second one sets what the first one does, and so perhaps restores what was there before.
bool MayRestore(const Meaning& first, const Meaning& second) {
  if (first.leaves != kSetting || second.leaves != kSetting) return false;
  const std::string_view one = ParameterOf(first.tokens);
  const std::string_view other = ParameterOf(second.tokens);
  return one.empty() || other.empty() || SameWord(one, other);
}

// Whether nothing takes back what a request left, by its end or before another request's work on the same session, of
// which there must be some.
bool IsKept(const Exchange& exchange, const std::vector<Meaning>& meanings, const Leaving& leaving) {
  const Statement& own = exchange.statements[leaving.statement];
  const auto of_session = [&](const Statement& other) {
    return other.connection == own.connection && other.executed && other.sqlstate.empty();
  };
  for (size_t i = 0; i < exchange.statements.size(); ++i) {
    const Statement& other = exchange.statements[i];
    if (i == leaving.statement || !of_session(other)) continue;
    const Meaning& meaning = meanings[other.query];
    const bool together = other.request == own.request && !other.background;
    if (together && MayRestore(meanings[own.query], meaning)) return false;
    if (i < leaving.statement) continue;
    if (TakesBack(meaning.tokens, leaving.what)) return false;
    if (!together && !other.background && other.request != kNoRequest) return true;
  }
  return false;
}

}  // namespace

std::string_view Name(SessionPlace place) {
  switch (place) {
    case SessionPlace::kRequest:
      return "request";
    case SessionPlace::kBeginning:
      return "beginning";
    case SessionPlace::kBackground:
      return "background";
  }
  return {};
}

std::optional<SessionPlace> SessionPlaceOf(std::string_view name) {
  for (const SessionPlace place : {SessionPlace::kRequest, SessionPlace::kBeginning, SessionPlace::kBackground}) {
    if (Name(place) == name) return place;
  }
  return std::nullopt;
}

std::string_view LeftInSession(std::string_view statement) {
  const std::vector<Token> tokens = Tokenize(statement);
  if (IsSessionSet(tokens)) return kSetting;
  if (IsWord(tokens, 0, "listen")) return kListen;
  if (IsWord(tokens, 0, "prepare") && !IsWord(tokens, 1, "transaction")) return kPreparedText;
  if (IsHeldCursor(tokens)) return kCursor;
  if (IsKeptTemporary(tokens)) return kTemporary;
  if (CallsAny(tokens,
               {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"}))
    return kAdvisoryLock;
  if (Calls(tokens, "set_config") && HasWord(tokens, "false")) return kSetting;
  return {};
}

bool IsRestoredByPoolers(std::string_view statement) {
  const std::vector<Token> tokens = Tokenize(statement);
  const std::string_view parameter = ParameterOf(tokens);
  return SameWord(parameter, "timezone") || SameWord(parameter, "datestyle");
}

std::vector<Leaving> LeavingsOf(const Exchange& exchange) {
  std::vector<Meaning> meanings;
  for (const Query& query : exchange.queries) meanings.push_back(MeaningOf(query));
  std::vector<Leaving> left;
  std::map<uint32_t, SessionWalk> walks;
  const auto walk = [&](uint32_t connection) -> SessionWalk& {
    return walks.try_emplace(connection, exchange, meanings, left).first->second;
  };
  for (const RoundTrip& trip : exchange.round_trips) {
    if (trip.kind == TripKind::kStartup) walk(trip.connection).Begin();
  }
  for (size_t i = 0; i < exchange.statements.size(); ++i) walk(exchange.statements[i].connection).Take(i);
  for (auto& [connection, each] : walks) each.Flush();
  std::ranges::sort(left, {}, &Leaving::statement);
  for (Leaving& leaving : left)
    leaving.kept = leaving.place == SessionPlace::kRequest && IsKept(exchange, meanings, leaving);
  return left;
}

bool IsLockOfRequest(const SessionStatement& left) {
  return left.place == SessionPlace::kRequest && left.what == kAdvisoryLock;
}

std::vector<SessionStatement> SessionStatements(const Exchange& exchange) {
  std::vector<SessionStatement> found;
  std::map<std::pair<uint32_t, SessionPlace>, size_t> known;  // indexes into `found`
  for (const Leaving& leaving : LeavingsOf(exchange)) {
    const uint32_t query = exchange.statements[leaving.statement].query;
    const auto [at, is_new] = known.try_emplace({query, leaving.place}, found.size());
    if (is_new) found.push_back({query, exchange.queries[query].text, std::string(leaving.what), leaving.place});
    found[at->second].kept = found[at->second].kept || leaving.kept;
  }
  return found;
}

bool MaySetTimeout(std::string_view statement, std::string_view name) {
  const std::vector<Token> tokens = Tokenize(statement);
  return Calls(tokens, "set_config") || (IsWord(tokens, 0, "set") && HasWord(tokens, name));
}

bool BeginsTransaction(std::string_view statement) {
  const std::vector<Token> tokens = Tokenize(statement);
  return IsWord(tokens, 0, "begin") || (IsWord(tokens, 0, "start") && IsWord(tokens, 1, "transaction"));
}

bool ForgetsPrepared(std::string_view statement) {
  const std::vector<Token> tokens = Tokenize(statement);
  return IsWord(tokens, 0, "deallocate") || (IsWord(tokens, 0, "discard") && IsWord(tokens, 1, "all"));
}

bool CountedByStatistics(std::string_view text, size_t part, int server_major) {
  constexpr int kCountsDeallocate = 17;
  const std::vector<std::string_view> statements = SplitStatements(text);
  if (statements.empty()) return false;
  const std::vector<Token> tokens = Tokenize(statements[std::min(part, statements.size() - 1)]);
  if (IsWord(tokens, 0, "deallocate")) return server_major >= kCountsDeallocate;
  return !IsWord(tokens, 0, "prepare") || IsWord(tokens, 1, "transaction");
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
