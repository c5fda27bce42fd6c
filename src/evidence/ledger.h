// The ledger: runs, captures with their blobs, measurements, findings and experiments, in benchmarks/.hone (mode 0700).
//
// One process writes at a time (SQLite, WAL); a Ledger belongs to one thread. All texts and bytes given to it are
// redacted already.
#pragma once

#include <chrono>
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

struct SealedExperiment {
  int64_t id = 0;
  int64_t run = 0;
  ExperimentPlan plan = {};
  std::optional<ExperimentOutcome> outcome = {};  // empty: its arms have not been judged
};

class Ledger {
 public:
  // Opens or creates the ledger in `directory`. kBusy when another process holds it too long, kCorrupt, kTooNew
  // (written by a newer hone), kNoSpace, kPermission.
  struct Options {
    bool create = true;                                            // false: kNotFound where there is none
    std::chrono::milliseconds patience = std::chrono::seconds(5);  // how long to wait for another process
  };
  static base::Result<std::unique_ptr<Ledger>> Open(const std::filesystem::path& directory, const Options& options);
  static base::Result<std::unique_ptr<Ledger>> Open(const std::filesystem::path& directory) {
    return Open(directory, {});
  }
  ~Ledger();

  base::Result<int64_t> BeginRun(const Run& run);
  // Stores the report and its findings as well, whose ids must differ (they count within a run); kInput otherwise.
  base::Result<void> EndRun(int64_t run, const Report& report);
  base::Result<std::vector<Run>> Runs() const;         // oldest first
  base::Result<Run> ReadRun(int64_t run) const;        // kNotFound
  base::Result<Report> ReadReport(int64_t run) const;  // kNotFound, also for a run that did not end
  // The newest run that ended with findings.
  base::Result<int64_t> NewestRunWithFindings() const;  // kNotFound

  // Stores bytes (compressed, under their SHA-256) and a capture of them; fills in id, blob and bytes.
  base::Result<Capture> AddCapture(Capture capture, std::string_view bytes);
  base::Result<Capture> ReadCapture(CaptureId id) const;
  base::Result<std::vector<Capture>> Captures(int64_t run) const;
  // The bytes of a blob, checked against their hash (kCorrupt), kNotFound after a purge. The last ones read are kept in
  // memory, so that many measurements of one capture read it once.
  base::Result<std::shared_ptr<const std::string>> ReadBlob(const std::string& sha256) const;

  // Fills in the id. kInput for a value that is no finite number, kNotFound for a capture that is not there.
  base::Result<Measurement> AddMeasurement(int64_t run, Measurement measurement);
  base::Result<Measurement> ReadMeasurement(MeasurementId id) const;
  base::Result<std::vector<Measurement>> Measurements(int64_t run) const;
  base::Result<int64_t> RunOfMeasurement(MeasurementId id) const;

  // Experiments are sealed before their arms run; a sealed one cannot be changed, and is closed once.
  base::Result<int64_t> SealExperiment(int64_t run, const ExperimentPlan& plan);
  // kPermission: closed already, or a capture of outcome.measurement was taken before the seal. kInput: the verdict is
  // not what Judge says of the interval, or the measurement is missing (only INCONCLUSIVE may do without one).
  // kCorrupt: the plan no longer fits its seal.
  base::Result<void> CloseExperiment(int64_t experiment, const ExperimentOutcome& outcome);
  base::Result<SealedExperiment> ReadExperiment(int64_t experiment) const;  // kNotFound, kCorrupt
  base::Result<std::vector<SealedExperiment>> Experiments(int64_t run) const;

  // Removes blobs that no capture names, and files that no blob names; returns the bytes freed on disk.
  base::Result<uint64_t> CollectGarbage();
  // Removes a run, or all runs, with all that hangs on them, from the file as well (no free page keeps it).
  base::Result<void> Purge(std::optional<int64_t> run);
  // The bytes that blobs take on disk.
  base::Result<uint64_t> BlobBytes() const;

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Computes a measurement from stored captures: looks the method up in `methods` by name@version, reads the blobs,
// computes. kNotFound for an unknown method or version ("this hone does not know ..."), never an approximation;
// kCorrupt where the method answers no finite number. The result is not stored (its id is 0).
base::Result<Measurement> Compute(const Ledger& ledger, std::span<const Method> methods, const MeasurementSpec& spec);

}  // namespace hone::evidence
