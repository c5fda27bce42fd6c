// Statements that leave something behind in their session, or failed for what another one left: what a pooler that
// hands connections on after each transaction breaks. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// What a statement leaves in its session once its transaction is over, in words ("a setting", "a lock", ...); empty:
// nothing. By its tokens, so that also what no parser knows is told.
std::string_view LeftInSession(std::string_view statement);

struct SessionStatement {
  std::string text = {};  // normalised
  std::string what = {};  // in words
};

// The statements of an endpoint's requests that leave something, each once, in their order; background ones left out.
// Whatever takes back by itself what it left (`RESET`, `UNLISTEN`, `pg_advisory_unlock`) is still told: another
// transaction lies between.
std::vector<SessionStatement> SessionStatements(const Exchange& exchange);

// SQLSTATEs with which statements of requests failed because a prepared statement was not what the client took it for
// (0A000 of one prepared by a name: its result type changed; 26000: there is none; 42P05: there is one already), each
// once, ascending.
std::vector<std::string> PreparedFailures(const Exchange& exchange);

}  // namespace hone::sql
