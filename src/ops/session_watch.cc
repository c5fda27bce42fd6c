#include "ops/session_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sql/schema_change.h"
#include "sql/session_state.h"
#include "sql/wire.h"

namespace hone::ops {
namespace {

using KnownExchanges = std::vector<const sql::Exchange*>;

// The first statement of the service's own for which `holds`, normalised.
template <typename Holds>
std::optional<std::string> FirstStatement(const KnownExchanges& exchanges, const Holds& holds) {
  for (const sql::Exchange* exchange : exchanges) {
    for (const sql::Statement& statement : exchange->statements) {
      const std::string& text = exchange->queries[statement.query].text;
      if (statement.executed && statement.sqlstate.empty() && holds(text)) return text;
    }
  }
  return std::nullopt;
}

std::string HowMany(int64_t count) { return count == 1 ? "a statement" : fmt::format("{} statements", count); }

std::string ChangedPlan(const sql::SessionCounts& errors, const KnownExchanges& exchanges) {
  const auto ddl = FirstStatement(exchanges, sql::ChangesResults);
  return fmt::format(
      "in {}, {} failed with `cached plan must not change result type` (SQLSTATE 0A000): what a statement returns was "
      "altered after its connection had prepared it. {}. Bring the schema up to date before the service starts, and "
      "name columns instead of `*`; a driver that forgets the statement (pgx does, for the next use) makes one failure "
      "for each connection",
      errors.phase, HowMany(errors.changed_plans),
      ddl ? fmt::format("The service itself altered the schema: `{}`", *ddl)
          : "No statement of the service's altered the schema, so something else did");
}

std::string UnknownPrepared(const sql::SessionCounts& errors, const KnownExchanges& exchanges) {
  const auto forgets = FirstStatement(exchanges, sql::ForgetsPrepared);
  return fmt::format("in {}, {} failed because the prepared statement does not exist (SQLSTATE 26000): {}",
                     errors.phase, HowMany(errors.unknown_prepared),
                     forgets
                         ? fmt::format("the service itself makes the server forget them (`{}`)", *forgets)
                         : std::string("the session was another one than the driver took it for, as behind a pooler in "
                                       "transaction mode, or the driver lost count of what it had closed"));
}

std::string PreparedTwice(const sql::SessionCounts& errors) {
  return fmt::format(
      "in {}, {} failed because a prepared statement of that name exists already (SQLSTATE 42P05): two users of one "
      "session, as behind a pooler in transaction mode, or one that gives the same name twice",
      errors.phase, HowMany(errors.prepared_twice));
}

}  // namespace

base::Result<ServiceStart> KeepStart(Rig& rig, const std::string& service, Measurer& measurer,
                                     const evidence::Redactor& redactor) {
  ServiceStart start;
  std::optional<Rig::StartRecord> record = rig.TakeStart();
  if (!record) return start;
  sql::RequestWindow dry_run{.cold = true, .start_ns = record->ready_ns};
  dry_run.first_byte_ns = dry_run.end_ns = dry_run.drained_ns = record->recording.end_ns;
  start.exchange = sql::BuildExchange(record->recording, {.requests = {dry_run}}, redactor);
  evidence::Capture capture;
  capture.kind = sql::kExchangeKind;
  capture.scope.service = service;
  capture.phase = evidence::Phase::kCold;
  capture.start_ns = record->recording.start_ns;
  capture.end_ns = record->recording.end_ns;
  capture.through_proxy = true;
  capture.lost = start.exchange.lost;
  HONE_TRY(start.capture, measurer.Keep(std::move(capture), sql::Encode(start.exchange)));
  return start;
}

sql::SessionCounts CountsOf(std::string phase, const sql::ProxyCounters& before, const sql::ProxyCounters& after) {
  return {.phase = std::move(phase),
          .changed_plans = after.changed_plans - before.changed_plans,
          .unknown_prepared = after.unknown_prepared - before.unknown_prepared,
          .prepared_twice = after.prepared_twice - before.prepared_twice,
          .cancels = after.cancels - before.cancels};
}

base::Result<void> KeepCounts(const sql::SessionCounts& counts, const std::string& service, Measurer& measurer,
                              SessionFacts& facts) {
  if (counts.empty()) return {};
  evidence::Capture capture;
  capture.kind = sql::kSessionCountsKind;
  capture.scope.service = service;
  capture.through_proxy = true;
  HONE_TRY(const evidence::Capture kept, measurer.Keep(std::move(capture), sql::Encode(counts)));
  facts.counts.push_back(counts);
  facts.captures.push_back(kept.id);
  const auto measure = [&](const std::string& count, std::vector<evidence::CaptureId> captures) {
    return measurer.Measure({.metric = "sql." + count,
                             .scope = kept.scope,
                             .unit = "count",
                             .method = "sql.session_count@1",
                             .captures = std::move(captures),
                             .parameters = {{"count", count}}});
  };
  if (counts.changed_plans > 0) HONE_CHECK_OK(measure("changed_plans", {kept.id}));
  if (counts.unknown_prepared > 0) HONE_CHECK_OK(measure("unknown_prepared", {kept.id}));
  if (counts.prepared_twice > 0) HONE_CHECK_OK(measure("prepared_twice", {kept.id}));
  if (counts.cancels == 0) return {};
  HONE_TRY(const evidence::Measurement cancels, measure("cancels", facts.captures));
  facts.cancels = static_cast<int64_t>(cancels.value);
  return {};
}

base::Result<void> ReadTimeouts(Rig& rig, SessionFacts& facts) {
  if (rig.databases() == nullptr || rig.proxy() == nullptr) return {};
  const sql::ProxyCounters counters = rig.proxy()->counters();
  if (counters.connections == 0) return {};
  HONE_TRY(
      const pg::Rows rows,
      rig.databases()->RunSql(rig.database_name(),
                              "SELECT name FROM pg_settings WHERE setting <> '0' AND name IN ('statement_timeout', "
                              "'lock_timeout', 'idle_in_transaction_session_timeout')"));
  for (const auto& row : rows.rows) facts.timeouts.insert(row.at(0).value_or(""));
  for (const auto& [name, sessions] : counters.timeouts) facts.timeouts.insert(name);
  facts.timeouts_known = true;
  return {};
}

std::vector<std::string> ErrorCaveats(const SessionFacts& facts, const KnownExchanges& exchanges) {
  std::vector<std::string> caveats;
  for (const sql::SessionCounts& errors : facts.counts) {
    if (errors.changed_plans > 0) caveats.push_back(ChangedPlan(errors, exchanges));
    if (errors.unknown_prepared > 0) caveats.push_back(UnknownPrepared(errors, exchanges));
    if (errors.prepared_twice > 0) caveats.push_back(PreparedTwice(errors));
  }
  return caveats;
}

std::string TimeoutCaveat(const SessionFacts& facts, const KnownExchanges& exchanges, bool pooled) {
  if (!facts.timeouts_known) return {};
  const auto is_set = [&](std::string_view name) {
    const auto sets = [&](std::string_view text) { return sql::MaySetTimeout(text, name); };
    return facts.timeouts.contains(name) || FirstStatement(exchanges, sets);
  };
  const bool transactions = FirstStatement(exchanges, sql::BeginsTransaction).has_value();
  constexpr std::string_view kIdle = "idle_in_transaction_session_timeout";
  const bool limited = is_set("statement_timeout");
  std::vector<std::string_view> missing = {"statement_timeout", "lock_timeout", kIdle};
  std::erase_if(missing, [&](std::string_view name) {
    // A limit for whole statements is one for their waits.
    return is_set(name) || (name == kIdle ? !transactions : limited);
  });
  if (missing.empty()) return {};
  const std::string_view first = missing.front();
  const std::string line =
      pooled ? fmt::format("`ALTER ROLE ... SET {} = '30s'`", first)
             : fmt::format("`{}=30s` in the DSN (pgx and lib/pq send it when a connection begins)", first);
  const std::string seen =
      facts.cancels > 0 ? fmt::format("; {} statements were cancelled in this run", facts.cancels) : std::string();
  return fmt::format(
      "no {} in the service's sessions: what hangs keeps its connection and its locks, unless the deadline of a "
      "context "
      "ends it, which is seen only where one runs out{}. To set one: {}, with a value that the slowest statement keeps",
      fmt::join(missing, ", no "), seen, line);
}

}  // namespace hone::ops
