// `hone evidence`: what the ledger holds, and the same numbers computed again from it.
//
// Every function takes the ledger's folder; where there is no ledger it answers kNotFound and makes none. See
// Ledger::Open for what else can fail. The JSON documents are described in docs/evidence.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/export.h"
#include "evidence/ledger.h"
#include "evidence/method.h"
#include "evidence/report.h"

namespace hone::ops {

struct RunSummary {
  evidence::Run run = {};
  size_t captures = 0;
  size_t measurements = 0;
  size_t findings = 0;
};

struct EvidenceList {
  std::vector<RunSummary> runs = {};  // oldest first
  uint64_t blob_bytes = 0;            // on disk
};

base::Result<EvidenceList> ListEvidence(const std::filesystem::path& ledger);
std::string ToJson(const EvidenceList& list);

// What an id names, with what belongs to it: a measurement with its captures; a capture; a finding with its
// measurements and their captures; a run with its report, where it ended, and all of its measurements and captures.
struct Shown {
  evidence::Run run = {};
  std::optional<evidence::Report> report = {};
  std::optional<evidence::Finding> finding = {};
  std::vector<evidence::Measurement> measurements = {};
  std::vector<evidence::Capture> captures = {};
};

// `what` is "m12", "c3", "f1" (of the newest run that has findings, or of `run`) or a run's number. kUsage for anything
// else, kNotFound.
base::Result<Shown> ShowEvidence(const std::filesystem::path& ledger, const std::string& what,
                                 std::optional<int64_t> run = {});
std::string ToJson(const Shown& shown);

// One measurement as it was stored and as it came out again.
struct Recomputed {
  evidence::Measurement stored = {};
  std::optional<evidence::Measurement> again = {};
  std::string why_not = {};  // where there is no `again`: an unknown method version, purged bytes, ...
  bool equal = false;        // value, interval, n and validity are the same to the last digit
};

struct Recomputation {
  std::vector<Recomputed> measurements = {};
  bool AllEqual() const;
};

// `id` is "m12", or empty for all measurements of `run`, or of the newest run where that is empty, too. One that cannot
// be computed again does not keep the others from it. kUsage, kNotFound, kCancelled.
base::Result<Recomputation> RecomputeEvidence(const std::filesystem::path& ledger,
                                              std::span<const evidence::Method> methods, const std::string& id,
                                              std::optional<int64_t> run, const base::Task& task);
std::string ToJson(const Recomputation& recomputation);

// See evidence/export.h; without a run the newest one.
base::Result<evidence::Exported> ExportEvidence(const std::filesystem::path& ledger, std::optional<int64_t> run,
                                                const std::filesystem::path& output);
std::string ToJson(const evidence::Exported& exported);

// How many bytes on disk were freed.
struct Freed {
  uint64_t bytes = 0;
};

base::Result<Freed> CollectEvidence(const std::filesystem::path& ledger);
// Removes one run, or every one where `all` is set; kUsage unless exactly one of the two is asked for.
base::Result<Freed> PurgeEvidence(const std::filesystem::path& ledger, std::optional<int64_t> run, bool all);
std::string ToJson(const Freed& freed);

}  // namespace hone::ops
