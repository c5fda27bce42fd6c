#include "ops/lean_phase.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "ops/plan_lab.h"
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

// What there is for each kind of proof: the lean form (empty: there is none), whether its answer says the same, where
// the times go, and how it is kept.
std::string LeanForm(const sql::ColumnProof& proof, const sql::StatementSample& sample) {
  const std::vector<size_t> kept = UsedColumns(proof);
  return kept.empty() ? std::string() : sql::KeepColumns(sample.text, proof.columns.size(), kept);
}
std::string LeanForm(const sql::ExistenceProof& /*proof*/, const sql::StatementSample& sample) {
  const auto rows = sql::CountedRows(sample.text);
  return rows ? sql::ExistsForm(*rows) : std::string();
}

bool SaysTheSame(const sql::ColumnProof& proof, const pg::Rows& all, const pg::Rows& some) {
  const std::vector<size_t> kept = UsedColumns(proof);
  if (all.rows.size() != some.rows.size()) return false;
  for (size_t row = 0; row < all.rows.size(); ++row) {
    for (size_t i = 0; i < kept.size(); ++i) {
      if (all.rows[row].at(kept[i]) != some.rows[row].at(i)) return false;
    }
  }
  return true;
}
bool SaysTheSame(const sql::ExistenceProof& proof, const pg::Rows& count, const pg::Rows& exists) {
  return count.rows.size() == 1 && exists.rows.size() == 1 && count.rows[0].at(0) == std::to_string(proof.counted) &&
         exists.rows[0].at(0) == "t";
}

std::pair<std::vector<double>&, std::vector<double>&> TimesOf(sql::ColumnProof& proof) {
  return {proof.with_ns, proof.without_ns};
}
std::pair<std::vector<double>&, std::vector<double>&> TimesOf(sql::ExistenceProof& proof) {
  return {proof.count_ns, proof.exists_ns};
}

std::string_view KindOf(const sql::ColumnProof& /*proof*/) { return sql::kColumnsKind; }
std::string_view KindOf(const sql::ExistenceProof& /*proof*/) { return sql::kExistenceKind; }

std::string Encode(const sql::ColumnProof& proof) { return sql::EncodeColumns(proof); }
std::string Encode(const sql::ExistenceProof& proof) { return sql::EncodeExistence(proof); }

// Times both in alternation, within a transaction that the caller ends. False where they do not say the same.
template <typename Proof>
base::Result<bool> TimeBoth(pg::Session& session, const sql::StatementSample& sample, Proof& proof,
                            const base::Task& task) {
  const std::string lean_form = LeanForm(proof, sample);
  if (lean_form.empty()) return false;
  std::vector<uint32_t> oids;
  if (sample.bind) oids = sample.bind->oids;
  HONE_CHECK_OK(session.PreparePrivately("hone_as_is", sample.text, oids));
  HONE_CHECK_OK(session.PreparePrivately("hone_lean", lean_form, oids));
  const std::vector<pg::Parameter> parameters = ParametersOf(sample);
  HONE_TRY(const pg::Rows from_it, session.RunPrepared("hone_as_is", parameters));
  HONE_TRY(const pg::Rows from_lean, session.RunPrepared("hone_lean", parameters));
  if (!SaysTheSame(proof, from_it, from_lean)) return false;
  const auto as_is = [&] { return session.RunPrepared("hone_as_is", parameters); };
  const auto lean = [&] { return session.RunPrepared("hone_lean", parameters); };
  const auto [as_is_ns, lean_ns] = TimesOf(proof);
  HONE_CHECK_OK(TimeInPairs(task, as_is, lean, as_is_ns, lean_ns));
  return true;
}

// kCancelled only.
template <typename Proof>
base::Result<bool> TimeIn(pg::Session& session, const sql::StatementSample& sample, Proof& proof,
                          const base::Task& task) {
  HONE_CHECK_OK(task.Check());
  HONE_CHECK_OK(session.Run("BEGIN; SET LOCAL statement_timeout = '10s'; " + std::string(kScanFromTheStart)));
  auto timed = TimeBoth(session, sample, proof, task);
  HONE_CHECK_OK(session.Run("ROLLBACK"));
  HONE_CHECK_OK(session.Run("DEALLOCATE ALL"));
  if (!timed && timed.error().code != base::Code::kCancelled) return false;
  return timed;
}

template <typename Proof>
void Take(std::vector<Untimed<Proof>>& forms, size_t endpoint, std::vector<ChosenForm<Proof>>& chosen) {
  for (Untimed<Proof>& form : std::exchange(forms, {})) chosen.push_back({endpoint, std::move(form)});
}

template <typename Proof>
base::Result<void> TimeAll(const Quiet& quiet, const std::vector<ChosenForm<Proof>>& chosen, pg::Session& session,
                           Measurer& measurer, const base::Task& task, std::vector<Timed<Proof>>& timed) {
  constexpr base::Nanos kFor = 20 * base::kSecond;
  const base::Nanos until = task.clock().Now() + kFor;
  for (const ChosenForm<Proof>& each : chosen) {
    if (task.clock().Now() >= until) break;
    Proof proof = each.form.proof;
    const auto done = TimeIn(session, each.form.sample, proof, task);
    if (!done && done.error().code == base::Code::kCancelled) return {};
    HONE_CHECK_OK(done);
    if (!*done) continue;
    evidence::Capture capture;
    capture.kind = KindOf(proof);
    capture.scope = quiet.endpoints[each.endpoint].capture.scope;
    capture.scope.query = proof.text;
    capture.phase = evidence::Phase::kQuiet;
    HONE_TRY(evidence::Capture kept, measurer.Keep(std::move(capture), Encode(proof)));
    timed.push_back({std::move(kept), std::move(proof)});
  }
  return {};
}

void SayWhatIsLeft(size_t left, std::string_view what, Plans& plans) {
  if (left == 0) return;
  plans.caveats.push_back(fmt::format(
      "{} {} could not be timed beside a lean form that says the same, and {} not told: `hone sql --endpoint` "
      "looks at one endpoint alone",
      left == 1 ? std::string("a statement") : fmt::format("{} statements", left), what, left == 1 ? "is" : "are"));
}

}  // namespace

ChosenForms TakeLeanForms(Quiet& quiet) {
  ChosenForms chosen;
  for (size_t i = 0; i < quiet.endpoints.size(); ++i) {
    Take(quiet.endpoints[i].columns, i, chosen.columns);
    Take(quiet.endpoints[i].counts, i, chosen.counts);
  }
  return chosen;
}

base::Result<void> TimeLeanForms(const Quiet& quiet, const ChosenForms& chosen, pg::Session& session,
                                 Measurer& measurer, const base::Task& task, Plans& plans) {
  HONE_CHECK_OK(TimeAll(quiet, chosen.columns, session, measurer, task, plans.columns));
  HONE_CHECK_OK(TimeAll(quiet, chosen.counts, session, measurer, task, plans.counts));
  SayWhatIsLeft(chosen.columns.size() - plans.columns.size(), "with columns that no answer needs", plans);
  SayWhatIsLeft(chosen.counts.size() - plans.counts.size(), "with a number that no answer needs", plans);
  return {};
}

}  // namespace hone::ops
