// Statements that leave something behind in their session, or failed for what another one left: what a pooler that
// hands connections on after each transaction breaks. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// What a statement leaves in its session once its transaction is over, in words ("a setting", "a lock", ...); empty:
// nothing. By its tokens, so that also what no parser knows is told. Settings of the drivers' own that change no answer
// (application_name, client_encoding, standard_conforming_strings) are nothing.
std::string_view LeftInSession(std::string_view statement);

// Whether it sets what PgBouncer tells from the server's reports and sets again for each client: TimeZone, DateStyle.
// Without a pooler that stays with the session as any setting does.
bool IsRestoredByPoolers(std::string_view statement);

// Where a statement ran.
enum class SessionPlace {
  kRequest,
  kBeginning,   // behind the start of its session and before any work on it: what a driver does with each connection
  kBackground,  // between the requests, or the service's own
};
std::string_view Name(SessionPlace place);  // "request", "beginning", "background"
std::optional<SessionPlace> SessionPlaceOf(std::string_view name);

// An execution that left something in its session beyond the end of its transaction.
struct Leaving {
  size_t statement = 0;        // index into Exchange::statements
  std::string_view what = {};  // as LeftInSession has it
  SessionPlace place = SessionPlace::kRequest;
  bool kept = false;  // a request's, and still there when the session serves another one
};

// All of them, in order of their statements. What failed left nothing, nor what was rolled back or taken back (`RESET`,
// `UNLISTEN`, `pg_advisory_unlock`, `DROP TABLE`, ...) before its transaction was over; a round trip outside of a
// transaction is one. What is taken back later is told: another transaction may lie between.
std::vector<Leaving> LeavingsOf(const Exchange& exchange);

struct SessionStatement {
  uint32_t query = 0;     // index into Exchange::queries
  std::string text = {};  // normalised
  std::string what = {};  // in words
  SessionPlace place = SessionPlace::kRequest;
  bool kept = false;  // by one of its executions
};

// Whether it is a request's advisory lock, which is told although its request takes it back: an error, a deadline or a
// panic before the unlock does not.
bool IsLockOfRequest(const SessionStatement& left);

// The statements that leave something, each once for each place.
std::vector<SessionStatement> SessionStatements(const Exchange& exchange);

// Whether a statement may set the timeout of that name, for its session or its transaction: what is set by a function
// does not show its name.
bool MaySetTimeout(std::string_view statement, std::string_view name);

bool BeginsTransaction(std::string_view statement);

// Whether it makes the server forget prepared statements (DEALLOCATE, DISCARD ALL).
bool ForgetsPrepared(std::string_view statement);

// Whether pg_stat_statements of a server of that major version counts it: not what is empty, nor PREPARE, whose work
// its EXECUTEs are, nor DEALLOCATE before version 17 (release notes of 17, "Track DEALLOCATE in pg_stat_statements").
// `part`: which statement of the text it is, from 0.
bool CountedByStatistics(std::string_view text, size_t part, int server_major);

// SQLSTATEs with which statements of requests failed because a prepared statement was not what the client took it for
// (0A000 of one prepared by a name: its result type changed; 26000: there is none; 42P05: there is one already), each
// once, ascending.
std::vector<std::string> PreparedFailures(const Exchange& exchange);

}  // namespace hone::sql
