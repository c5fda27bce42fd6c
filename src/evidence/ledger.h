// The ledger: runs, captures with their blobs, measurements, findings and experiments, in benchmarks/.hone (mode 0700).
//
// One process writes at a time (SQLite, WAL); a Ledger belongs to one thread. All texts and bytes given to it are redacted already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/experiment.h"
#include "evidence/method.h"
#include "evidence/model.h"
#include "evidence/report.h"

namespace hone::evidence {

struct Run {
  int64_t id = 0;
  std::string verb = {};
  int64_t started_wall_s = 0;
  int64_t ended_wall_s = 0;  // 0: it did not end
  std::string hone_version = {};
  std::string verdict = {};  // empty: interrupted
  std::map<std::string, std::string> environment = {};
};

class Ledger {
 public:
  // Opens or creates the ledger in `directory`. kBusy when another process holds it too long, kCorrupt, kTooNew (written by a newer hone),
  // kNoSpace, kPermission.
  static base::Result<std::unique_ptr<Ledger>> Open(const std::filesystem::path& directory);
  ~Ledger();

  base::Result<int64_t> BeginRun(const Run& run);
  // Stores the report as well; it can be read back with ReadReport.
  base::Result<void> EndRun(int64_t run, const Report& report);
  base::Result<std::vector<Run>> Runs() const;
  base::Result<Report> ReadReport(int64_t run) const;  // kNotFound

  // Stores bytes (compressed, under their SHA-256) and a capture of them; fills in id, blob and bytes.
  base::Result<Capture> AddCapture(Capture capture, std::string_view bytes);
  base::Result<Capture> ReadCapture(CaptureId id) const;
  base::Result<std::vector<Capture>> Captures(int64_t run) const;
  // The bytes of a blob, checked against their hash (kCorrupt), kNotFound after a purge.
  base::Result<std::string> ReadBlob(const std::string& sha256) const;

  base::Result<Measurement> AddMeasurement(int64_t run, Measurement measurement);
  base::Result<Measurement> ReadMeasurement(MeasurementId id) const;
  base::Result<std::vector<Measurement>> Measurements(int64_t run) const;

  // Experiments are sealed before their arms run; a sealed one cannot be changed.
  base::Result<int64_t> SealExperiment(int64_t run, const ExperimentPlan& plan);
  base::Result<void> CloseExperiment(int64_t experiment, const ExperimentOutcome& outcome);

  // Removes blobs that no capture names; returns the bytes freed.
  base::Result<uint64_t> CollectGarbage();
  // Removes a run, or all runs, with all that hangs on them.
  base::Result<void> Purge(std::optional<int64_t> run);

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Computes a measurement from stored captures: looks the method up in `methods` by name@version, reads the blobs, computes. kNotFound for an
// unknown method or version ("this hone does not know ..."), never an approximation. The result is not stored.
base::Result<Measurement> Compute(const Ledger& ledger, std::span<const Method> methods, const MeasurementSpec& spec);

}  // namespace hone::evidence
