#include "ops/column_phase.h"

#include <string>
#include <utility>

#include "base/clock.h"
#include "ops/sample_parameters.h"
#include "ops/trial_pairs.h"

namespace hone::ops {
namespace {

std::vector<size_t> UsedColumns(const sql::ColumnProof& proof) {
  std::vector<size_t> used;
  for (size_t i = 0; i < proof.columns.size(); ++i) {
    if (!proof.columns[i].unused) used.push_back(i);
  }
  return used;
}

bool HasSameValues(const pg::Rows& all, const pg::Rows& some, const std::vector<size_t>& kept) {
  if (all.rows.size() != some.rows.size()) return false;
  for (size_t row = 0; row < all.rows.size(); ++row) {
    for (size_t i = 0; i < kept.size(); ++i) {
      if (all.rows[row].at(kept[i]) != some.rows[row].at(i)) return false;
    }
  }
  return true;
}

// Times both in alternation, within a transaction that the caller ends. False where they do not return the same.
base::Result<bool> TimeBoth(pg::Session& session, const sql::StatementSample& sample, sql::ColumnProof& proof,
                            const base::Task& task) {
  const std::vector<size_t> kept = UsedColumns(proof);
  if (kept.empty()) return false;
  std::vector<uint32_t> oids;
  if (sample.bind) oids = sample.bind->oids;
  HONE_CHECK_OK(session.PreparePrivately("hone_with", sample.text, oids));
  HONE_CHECK_OK(
      session.PreparePrivately("hone_without", sql::KeepColumns(sample.text, proof.columns.size(), kept), oids));
  const std::vector<pg::Parameter> parameters = ParametersOf(sample);
  HONE_TRY(const pg::Rows all, session.RunPrepared("hone_with", parameters));
  HONE_TRY(const pg::Rows some, session.RunPrepared("hone_without", parameters));
  if (!HasSameValues(all, some, kept)) return false;
  const auto with = [&] { return session.RunPrepared("hone_with", parameters); };
  const auto without = [&] { return session.RunPrepared("hone_without", parameters); };
  HONE_CHECK_OK(TimeInPairs(task, with, without, proof.with_ns, proof.without_ns));
  return true;
}

// kCancelled only.
base::Result<bool> TimeIn(pg::Session& session, const sql::StatementSample& sample, sql::ColumnProof& proof,
                          const base::Task& task) {
  HONE_CHECK_OK(task.Check());
  HONE_CHECK_OK(session.Run("BEGIN; SET LOCAL statement_timeout = '10s'"));
  auto timed = TimeBoth(session, sample, proof, task);
  HONE_CHECK_OK(session.Run("ROLLBACK"));
  HONE_CHECK_OK(session.Run("DEALLOCATE ALL"));
  if (!timed && timed.error().code != base::Code::kCancelled) return false;
  return timed;
}

}  // namespace

std::vector<ChosenColumns> TakeColumns(Quiet& quiet) {
  std::vector<ChosenColumns> chosen;
  for (size_t i = 0; i < quiet.endpoints.size(); ++i) {
    for (UnusedColumns& columns : std::exchange(quiet.endpoints[i].columns, {}))
      chosen.push_back({i, std::move(columns)});
  }
  return chosen;
}

base::Result<std::vector<TimedColumns>> TimeColumns(const Quiet& quiet, const std::vector<ChosenColumns>& chosen,
                                                    pg::Session& session, Measurer& measurer, const base::Task& task) {
  constexpr base::Nanos kColumnsFor = 20 * base::kSecond;
  const base::Nanos until = task.clock().Now() + kColumnsFor;
  std::vector<TimedColumns> timed;
  for (const ChosenColumns& each : chosen) {
    if (task.clock().Now() >= until) break;
    sql::ColumnProof proof = each.columns.proof;
    const auto done = TimeIn(session, each.columns.sample, proof, task);
    if (!done && done.error().code == base::Code::kCancelled) return timed;
    HONE_CHECK_OK(done);
    if (!*done) continue;
    evidence::Capture capture;
    capture.kind = sql::kColumnsKind;
    capture.scope = quiet.endpoints[each.endpoint].capture.scope;
    capture.scope.query = proof.text;
    capture.phase = evidence::Phase::kQuiet;
    HONE_TRY(evidence::Capture kept, measurer.Keep(std::move(capture), sql::EncodeColumns(proof)));
    timed.push_back({std::move(kept), std::move(proof)});
  }
  return timed;
}

}  // namespace hone::ops
