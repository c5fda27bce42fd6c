// The ledger's experiments: sealed once, closed once.
#include <fmt/format.h>

#include <bit>

#include "base/hash.h"
#include "base/units.h"
#include "evidence/ledger.h"
#include "evidence/ledger_state.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using store::Statement;
using store::Transaction;

constexpr std::string_view kColumns =
    "SELECT id, run, name, metric, lower_is_better, arm_a, arm_b, least_effect, level, pairs, seed, last_capture, "
    "seal, verdict, "
    "effect, lo, hi, outcome_level, outcome_pairs, measurement FROM experiments ";

// The hash of all that was fixed. Lengths stand before texts, so that no two plans have one spelling.
std::string Seal(const ExperimentPlan& plan, int64_t run, int64_t last_capture) {
  std::string spelling;
  for (const std::string& text : {plan.name, plan.metric, plan.arm_a, plan.arm_b})
    spelling += fmt::format("{}:{}\n", text.size(), text);
  spelling +=
      fmt::format("{} {} {} {} {} {} {}", static_cast<int>(plan.direction), base::FormatExact(plan.least_effect),
                  base::FormatExact(plan.level), plan.pairs, plan.seed, run, last_capture);
  return base::Sha256Hex(spelling);
}

struct Sealed {
  SealedExperiment experiment = {};
  CaptureId last_capture = 0;  // the newest capture when it was sealed
};

Result<Sealed> SealedOf(const Statement& row) {
  Sealed sealed{
      .experiment = {.id = row.Int(0),
                     .run = row.Int(1),
                     .plan = {.name = row.Text(2),
                              .metric = row.Text(3),
                              .direction = row.Int(4) != 0 ? Direction::kLowerIsBetter : Direction::kHigherIsBetter,
                              .arm_a = row.Text(5),
                              .arm_b = row.Text(6),
                              .least_effect = row.Real(7),
                              .level = row.Real(8),
                              .pairs = static_cast<int>(row.Int(9)),
                              .seed = std::bit_cast<uint64_t>(row.Int(10))}},
      .last_capture = row.Int(11)};
  if (Seal(sealed.experiment.plan, sealed.experiment.run, sealed.last_capture) != row.Text(12)) {
    return Fail(Code::kCorrupt, "An experiment was changed after it was sealed", sealed.experiment.plan.name);
  }
  if (!row.IsNull(13)) {
    sealed.experiment.outcome =
        ExperimentOutcome{.verdict = VerdictNamed(row.Text(13)).value_or(Verdict::kInconclusive),
                          .effect = row.Real(14),
                          .interval = {row.Real(15), row.Real(16), row.Real(17)},
                          .pairs = static_cast<int>(row.Int(18)),
                          .measurement = row.Int(19)};
  }
  return sealed;
}

Result<Sealed> ReadSealed(store::Database& database, int64_t experiment) {
  HONE_TRY(Statement rows, database.Query(std::string(kColumns) + "WHERE id = ?", {experiment}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return Fail(Code::kNotFound, "The ledger has no such experiment", std::to_string(experiment));
  return SealedOf(rows);
}

}  // namespace

Result<int64_t> Ledger::SealExperiment(int64_t run, const ExperimentPlan& plan) {
  HONE_TRY(Transaction transaction, Transaction::Begin(state_->database));
  HONE_TRY(Statement rows,
           state_->database.Query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'captures'"));
  HONE_CHECK_OK(rows.Step());
  const int64_t last_capture = rows.Int(0);
  HONE_CHECK_OK(
      state_->database.Run("INSERT INTO experiments (run, name, metric, lower_is_better, arm_a, arm_b, least_effect, "
                           "level, pairs, seed, last_capture, seal) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           {run, plan.name, plan.metric, int64_t{plan.direction == Direction::kLowerIsBetter},
                            plan.arm_a, plan.arm_b, plan.least_effect, plan.level, int64_t{plan.pairs},
                            std::bit_cast<int64_t>(plan.seed), last_capture, Seal(plan, run, last_capture)}));
  const int64_t id = state_->database.last_insert_id();
  HONE_CHECK_OK(transaction.Commit());
  return id;
}

Result<void> Ledger::CloseExperiment(int64_t experiment, const ExperimentOutcome& outcome) {
  HONE_TRY(const Sealed sealed, ReadSealed(state_->database, experiment));
  const ExperimentPlan& plan = sealed.experiment.plan;
  if (outcome.verdict != Verdict::kInconclusive && Judge(plan, outcome.interval) != outcome.verdict) {
    return Fail(Code::kInput, "An experiment's verdict is not what its interval says", plan.name);
  }
  if (outcome.measurement != 0) {
    HONE_TRY(const Measurement measurement, ReadMeasurement(outcome.measurement));
    for (const CaptureId capture : measurement.captures) {
      if (capture <= sealed.last_capture) {
        return Fail(Code::kPermission, "An experiment may not use what was captured before it was sealed",
                    IdText('c', capture));
      }
    }
  } else if (outcome.verdict != Verdict::kInconclusive) {
    return Fail(Code::kInput, "An experiment's verdict needs a measurement", plan.name);
  }
  return state_->database.Run(
      "UPDATE experiments SET verdict = ?, effect = ?, lo = ?, hi = ?, outcome_level = ?, outcome_pairs = ?, "
      "measurement = ? WHERE id = ?",
      {Name(outcome.verdict), outcome.effect, outcome.interval.lo, outcome.interval.hi, outcome.interval.level,
       int64_t{outcome.pairs}, outcome.measurement, experiment});
}

Result<SealedExperiment> Ledger::ReadExperiment(int64_t experiment) const {
  HONE_TRY(Sealed sealed, ReadSealed(state_->database, experiment));
  return std::move(sealed.experiment);
}

Result<std::vector<SealedExperiment>> Ledger::Experiments(int64_t run) const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kColumns) + "WHERE run = ? ORDER BY id", {run}));
  std::vector<SealedExperiment> experiments;
  for (;;) {
    HONE_TRY(const bool row, rows.Step());
    if (!row) return experiments;
    HONE_TRY(Sealed sealed, SealedOf(rows));
    experiments.push_back(std::move(sealed.experiment));
  }
}

}  // namespace hone::evidence
