#include "evidence/ledger.h"

#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.h"
#include "base/files.h"
#include "evidence/json.h"
#include "evidence/ledger_schema.h"
#include "evidence/ledger_state.h"
#include "store/migrations.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using store::Statement;
using store::Transaction;
namespace fs = std::filesystem;

constexpr std::string_view kRunColumns =
    "SELECT id, verb, started_s, ended_s, hone_version, verdict, environment FROM runs ";

// The folder is the user's alone and no part of their repository.
Result<void> PrepareFolder(const fs::path& directory) {
  HONE_CHECK_OK(base::MakeDirectories(directory, 0700));
  if (::chmod(directory.c_str(), 0700) != 0)
    return base::FailErrno(errno, "Cannot make the ledger private", directory.string());
  HONE_CHECK_OK(base::MakeDirectories(directory / "blobs", 0700));
  std::error_code ignored;
  if (fs::exists(directory / ".gitignore", ignored)) return {};
  return base::WriteFile(directory / ".gitignore", "*\n", 0600);
}

Result<Run> RunOf(const Statement& row) {
  Run run{.id = row.Int(0),
          .verb = row.Text(1),
          .started_wall_s = row.Int(2),
          .ended_wall_s = row.Int(3),
          .hone_version = row.Text(4),
          .verdict = row.Text(5)};
  HONE_TRY(run.environment, ParseMap(row.Text(6)));
  return run;
}

std::unexpected<base::Error> NoRun(int64_t run) {
  return Fail(Code::kNotFound, "The ledger has no run with this number", std::to_string(run),
              "hone evidence list shows them all");
}

Result<void> KeepFindings(store::Database& database, int64_t run, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    HONE_CHECK_OK(database.Run("INSERT INTO findings VALUES (?, ?, ?, ?, ?)",
                               {run, finding.id, finding.rule, finding.subject.name, finding.subject.endpoint}));
  }
  return {};
}

}  // namespace

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::Open(const fs::path& directory, const Options& options) {
  const fs::path file = directory / "ledger.db";
  std::error_code ignored;
  if (!options.create && !fs::exists(file, ignored)) {
    return Fail(Code::kNotFound, "There is no ledger yet", directory.string(), "hone check makes one");
  }
  HONE_CHECK_OK(PrepareFolder(directory));
  HONE_TRY(store::Database database,
           store::Database::Open(file, {.patience = options.patience, .create = options.create}));
  auto usable = store::Migrate(database, {kLedgerApplicationId, kLedgerMigrations});
  if (usable) usable = database.CheckIntegrity();
  if (!usable) {
    if (usable.error().subject.empty()) usable.error().subject = file.string();
    return std::unexpected(std::move(usable).error());
  }
  auto state = std::make_unique<State>(State{std::move(database), BlobFolder(directory / "blobs")});
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

Result<int64_t> Ledger::BeginRun(const Run& run) {
  const int64_t started = run.started_wall_s != 0 ? run.started_wall_s : base::WallSeconds();
  HONE_CHECK_OK(state_->database.Run(
      "INSERT INTO runs (verb, started_s, ended_s, hone_version, verdict, environment) VALUES (?, ?, 0, ?, '', ?)",
      {run.verb, started, run.hone_version, MapText(run.environment)}));
  return state_->database.last_insert_id();
}

Result<void> Ledger::EndRun(int64_t run, const Report& report) {
  HONE_TRY(Run begun, ReadRun(run));
  Report kept = report;
  kept.run = run;
  for (const auto& [name, value] : report.environment) begun.environment[name] = value;
  HONE_TRY(Transaction transaction, Transaction::Begin(state_->database));
  HONE_CHECK_OK(state_->database.Run("UPDATE runs SET ended_s = ?, verdict = ?, environment = ? WHERE id = ?",
                                     {base::WallSeconds(), report.verdict, MapText(begun.environment), run}));
  HONE_CHECK_OK(state_->database.Run("INSERT INTO reports VALUES (?, ?)", {run, ToJson(kept)}));
  HONE_CHECK_OK(KeepFindings(state_->database, run, report.findings));
  return transaction.Commit();
}

Result<std::vector<Run>> Ledger::Runs() const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kRunColumns) + "ORDER BY id"));
  std::vector<Run> runs;
  for (;;) {
    HONE_TRY(const bool row, rows.Step());
    if (!row) return runs;
    HONE_TRY(runs.emplace_back(), RunOf(rows));
  }
}

Result<Run> Ledger::ReadRun(int64_t run) const {
  HONE_TRY(Statement rows, state_->database.Query(std::string(kRunColumns) + "WHERE id = ?", {run}));
  HONE_TRY(const bool row, rows.Step());
  return row ? RunOf(rows) : NoRun(run);
}

Result<Report> Ledger::ReadReport(int64_t run) const {
  HONE_CHECK_OK(ReadRun(run));
  HONE_TRY(Statement rows, state_->database.Query("SELECT json FROM reports WHERE run = ?", {run}));
  HONE_TRY(const bool row, rows.Step());
  if (!row) return Fail(Code::kNotFound, "This run did not end, so it has no report", std::to_string(run));
  return ReportFromJson(rows.Text(0));
}

Result<int64_t> Ledger::NewestRunWithFindings() const {
  HONE_TRY(Statement rows, state_->database.Query("SELECT max(run) FROM findings"));
  HONE_TRY(const bool row, rows.Step());
  if (!row || rows.IsNull(0))
    return Fail(Code::kNotFound, "No run of the ledger has findings", {}, "hone check looks for some");
  return rows.Int(0);
}

Result<uint64_t> Ledger::CollectGarbage() {
  // Under the write lock no other process stands between putting a blob's file in place and committing its row.
  HONE_TRY(Transaction transaction, Transaction::Begin(state_->database));
  HONE_CHECK_OK(state_->database.Run("DELETE FROM blobs WHERE sha256 NOT IN (SELECT blob FROM captures)"));
  HONE_TRY(Statement rows, state_->database.Query("SELECT sha256 FROM blobs"));
  std::set<std::string> wanted;
  for (;;) {
    HONE_TRY(const bool row, rows.Step());
    if (!row) break;
    wanted.insert(rows.Text(0));
  }
  state_->recent.clear();
  HONE_TRY(const uint64_t freed, state_->blobs.RemoveAllBut(wanted));
  HONE_CHECK_OK(transaction.Commit());
  return freed;
}

Result<void> Ledger::Purge(std::optional<int64_t> run) {
  if (run) {
    HONE_CHECK_OK(ReadRun(*run));
    HONE_CHECK_OK(state_->database.Run("DELETE FROM runs WHERE id = ?", {*run}));
  } else {
    HONE_CHECK_OK(state_->database.Run("DELETE FROM runs"));
  }
  HONE_CHECK_OK(CollectGarbage());
  return state_->database.Execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<uint64_t> Ledger::BlobBytes() const {
  HONE_TRY(Statement rows, state_->database.Query("SELECT coalesce(sum(stored_bytes), 0) FROM blobs"));
  HONE_TRY(const bool row, rows.Step());
  return row ? static_cast<uint64_t>(rows.Int(0)) : 0;
}

}  // namespace hone::evidence
