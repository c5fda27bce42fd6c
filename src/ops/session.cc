#include "ops/session.h"

#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "host/process_stats.h"
#include "ops/version.h"

namespace hone::ops {

std::filesystem::path LedgerDirectory(const std::filesystem::path& dir) {
  std::error_code ignored;
  if (std::filesystem::is_directory(dir, ignored)) return dir / ".hone";
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::filesystem::path(state) / "hone";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".local/state/hone";
}

base::Result<std::unique_ptr<Session>> Session::Begin(std::string verb, const std::filesystem::path& dir) {
  const std::filesystem::path directory = LedgerDirectory(dir);
  HONE_CHECK_OK(base::MakeDirectories(directory, 0700));
  HONE_TRY(auto ledger, evidence::Ledger::Open(directory));
  evidence::Run run;
  run.verb = verb;
  run.started_wall_s = base::WallSeconds();
  run.hone_version = kVersion;
  HONE_TRY(const int64_t id, ledger->BeginRun(run));
  return std::unique_ptr<Session>(new Session(std::move(ledger), id, std::move(verb)));
}

Session::Session(std::unique_ptr<evidence::Ledger> ledger, int64_t run, std::string verb)
    : ledger_(std::move(ledger)),
      measurer_(*ledger_, run),
      verb_(std::move(verb)),
      started_(base::SystemClock().Now()) {}

Session::~Session() = default;

base::Result<evidence::Report> Session::End(evidence::Report report) {
  report.verb = verb_;
  report.run = measurer_.run();
  report.captures = measurer_.captures();
  report.measurements = measurer_.measurements();
  const host::OwnCost cost = host::SampleOwnCost();
  report.cost.cpu_seconds = static_cast<double>(cost.cpu_ns) / base::kNsPerSecond;
  report.cost.peak_rss_bytes = static_cast<double>(cost.peak_rss_bytes);
  report.cost.wall_seconds = static_cast<double>(base::SystemClock().Now() - started_) / base::kNsPerSecond;
  HONE_CHECK_OK(ledger_->EndRun(measurer_.run(), report));
  return report;
}

}  // namespace hone::ops
