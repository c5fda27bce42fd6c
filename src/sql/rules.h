// The rules on database work and on the budgets: a decoded exchange in, findings whose numbers are measurements out.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "evidence/model.h"
#include "sql/exchange.h"

namespace hone::sql {

// A set form that returned the same rows as the single calls, in less time (set_proof.h).
struct ProvenForm {
  evidence::CaptureId capture = 0;
  std::string statement = {};  // normalised
};

struct RuleOptions {
  int64_t round_trip_ns = 500'000;   // to the database in production
  int64_t db_budget_ns = 5'000'000;  // of one request
  int64_t logic_budget_ns = 1'000'000;
  std::optional<int64_t> driver_ns = {};             // of a round trip, as measured; empty: thresholds.h
  std::map<std::string, std::string> remedies = {};  // by Query::id, of statements whose plans were looked at
  std::map<std::string, ProvenForm> set_forms = {};  // by Query::id, of statements that run in loops
  std::map<std::string, evidence::CaptureId> needed_rows = {};   // by Query::id, of the endpoint judged
  std::map<std::string, evidence::CaptureId> delay_checks = {};  // by Query::id: usable ones of the endpoint judged
  // The library that the service asks its database with ("pgx", "gorm", ...: see remedies.h), and of queries for which
  // it is known by their callers, by their text.
  std::string library = {};
  std::map<std::string, std::string> library_of = {};
  const std::string& LibraryOf(const std::string& text) const {
    const auto known = library_of.find(text);
    return known == library_of.end() ? library : known->second;
  }
  bool builder = false;  // a library builds statements that writes row counts as numbers (squirrel, goqu)
  // Texts of queries that stand in the sources with parameters in them: literals on the wire are values.
  std::set<std::string> parameterised = {};
  // Texts of queries, normalised, into which the sources put values of requests, or, under bun, others that change.
  std::set<std::string> built = {};
  std::set<std::string> told_loops = {};  // texts of queries of which no growth is to be missed
  bool transaction_pooler = false;        // one in transaction mode is known to stand before the database
  // Normalised statements by which the requests of every endpoint leave something in their sessions: none is surprised.
  std::set<std::string> left_by_all = {};
  // Somebody else sent the requests, while profiles were taken: times are no evidence, and texts are judged for the run
  // as a whole (whole_run.h).
  bool driven = false;
};

// How the subject of a budget that is not judged begins; the endpoint's name follows.
inline constexpr std::string_view kBudgetSubject = "budgets of ";
// Likewise of transactions whose idle time is not judged.
inline constexpr std::string_view kIdleSubject = "idle transactions of ";

// Judges one endpoint: sql.n_plus_one, sql.repeated_query, sql.simple_protocol, sql.in_list_texts,
// sql.statement_cache_thrash, sql.idle_in_transaction, sql.session_state, budget.db, budget.logic. `capture` is the one
// that holds `exchange`; its id is what the specs cite. What the exchange cannot answer is in not_judged, with the
// reason. Where the requests were driven by somebody else, only what counts: loops, repetition, preparing, sessions.
evidence::Judgement Judge(const Exchange& exchange, const evidence::Capture& capture, const RuleOptions& options);

// The texts of the queries that a judgement tells to run in loops.
std::set<std::string> LoopsIn(const evidence::Judgement& judgement);

// Adds the loops of `thinned`, the judgement of the same endpoint's requests with rows taken out of the database
// (steady_loop.h), to what was judged without: those that are not told already, instead of what was not judged for want
// of other row counts, or as growing with nothing. How many: they stand at the end.
size_t AddLoops(evidence::Judgement& judgement, evidence::Judgement thinned);

}  // namespace hone::sql
