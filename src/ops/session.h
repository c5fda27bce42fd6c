// One run of a measuring verb: its ledger, its measurements, its cost, and the report that ends it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "evidence/ledger.h"
#include "evidence/report.h"
#include "ops/measurer.h"

namespace hone::ops {

// Where the ledger of a project folder stands: DIR/.hone, or, where there is no DIR (a verb on a bare URL), hone's
// folder in $XDG_STATE_HOME (~/.local/state).
std::filesystem::path LedgerDirectory(const std::filesystem::path& dir);

class Session {
 public:
  // Opens the ledger (see Ledger::Open for what can fail) and begins a run.
  static base::Result<std::unique_ptr<Session>> Begin(std::string verb, const std::filesystem::path& dir);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Measurer& measurer() { return measurer_; }
  evidence::Ledger& ledger() { return *ledger_; }

  // Completes the report (run, cost, measurements, captures), stores it and hands it back.
  base::Result<evidence::Report> End(evidence::Report report);

 private:
  Session(std::unique_ptr<evidence::Ledger> ledger, int64_t run, std::string verb);

  std::unique_ptr<evidence::Ledger> ledger_;
  Measurer measurer_;
  std::string verb_;
  base::Nanos started_;
};

}  // namespace hone::ops
