#include "ops/evidence_verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.h"
#include "evidence/json.h"

namespace hone::ops {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Capture;
using evidence::IdText;
using evidence::Json;
using evidence::Ledger;
using evidence::Measurement;
using OpenLedger = std::unique_ptr<Ledger>;
namespace fs = std::filesystem;

Result<OpenLedger> Open(const fs::path& ledger) { return Ledger::Open(ledger, {.create = false}); }

Result<int64_t> NewestRun(const Ledger& ledger) {
  HONE_TRY(const std::vector<evidence::Run> runs, ledger.Runs());
  if (runs.empty()) return Fail(Code::kNotFound, "The ledger holds no run", {}, "hone check makes one");
  return runs.back().id;
}

Result<int64_t> RunOrNewest(const Ledger& ledger, std::optional<int64_t> run) {
  if (!run) return NewestRun(ledger);
  HONE_CHECK_OK(ledger.ReadRun(*run));
  return *run;
}

std::optional<int64_t> ParseRun(std::string_view text) { return evidence::ParseId('#', "#" + std::string(text)); }

// --- show ---

// The captures of the measurements, each once, in order. One that was purged is left out: the measurement still names
// it.
Result<std::vector<Capture>> CapturesOf(const Ledger& ledger, const std::vector<Measurement>& measurements) {
  std::set<evidence::CaptureId> ids;
  for (const Measurement& measurement : measurements)
    ids.insert(measurement.captures.begin(), measurement.captures.end());
  std::vector<Capture> captures;
  for (const evidence::CaptureId id : ids) {
    auto capture = ledger.ReadCapture(id);
    if (capture) {
      captures.push_back(*std::move(capture));
    } else if (capture.error().code != Code::kNotFound) {
      return std::unexpected(std::move(capture).error());
    }
  }
  return captures;
}

Result<Shown> ShowFinding(const Ledger& ledger, int64_t id, std::optional<int64_t> run) {
  HONE_TRY(const int64_t of, run ? Result<int64_t>(*run) : ledger.NewestRunWithFindings());
  HONE_TRY(const evidence::Report report, ledger.ReadReport(of));
  const auto found = std::ranges::find(report.findings, id, &evidence::Finding::id);
  if (found == report.findings.end()) {
    return Fail(Code::kNotFound, fmt::format("Run {} has no finding {}", of, id), {}, "hone show lists its findings");
  }
  Shown shown{.finding = *found};
  HONE_TRY(shown.run, ledger.ReadRun(of));
  for (const evidence::MeasurementId measurement : found->measurements) {
    HONE_TRY(shown.measurements.emplace_back(), ledger.ReadMeasurement(measurement));
  }
  HONE_TRY(shown.captures, CapturesOf(ledger, shown.measurements));
  HONE_TRY(const std::vector<Capture> all, ledger.Captures(of));
  // What its stack was read from.
  std::ranges::copy_if(all, std::back_inserter(shown.captures), [&](const Capture& capture) {
    return capture.kind == "pprof.goroutines" && capture.scope.endpoint == found->subject.endpoint &&
           capture.scope.query == found->subject.name;
  });
  return shown;
}

Result<Shown> ShowRun(const Ledger& ledger, int64_t run) {
  Shown shown;
  HONE_TRY(shown.run, ledger.ReadRun(run));
  if (shown.run.ended_wall_s != 0) {
    HONE_TRY(shown.report, ledger.ReadReport(run));
  }
  HONE_TRY(shown.measurements, ledger.Measurements(run));
  HONE_TRY(shown.captures, ledger.Captures(run));
  return shown;
}

// --- recompute ---

bool SameDigits(const Measurement& a, const Measurement& b) {
  if (a.interval.has_value() != b.interval.has_value()) return false;
  const bool same_interval = !a.interval || (a.interval->lo == b.interval->lo && a.interval->hi == b.interval->hi &&
                                             a.interval->level == b.interval->level);
  return same_interval && a.value == b.value && a.n == b.n && a.n_of == b.n_of && a.validity == b.validity;
}

Recomputed Recompute(const Ledger& ledger, std::span<const evidence::Method> methods, Measurement stored) {
  auto again = evidence::Compute(ledger, methods, evidence::SpecOf(stored));
  Recomputed answer{.stored = std::move(stored)};
  if (!again) {
    answer.why_not = base::Sentence(again.error());
    return answer;
  }
  again->id = answer.stored.id;
  answer.equal = SameDigits(answer.stored, *again);
  answer.again = *std::move(again);
  return answer;
}

Result<std::vector<Measurement>> Wanted(const Ledger& ledger, const std::string& id, std::optional<int64_t> run) {
  if (id.empty()) {
    HONE_TRY(const int64_t of, RunOrNewest(ledger, run));
    return ledger.Measurements(of);
  }
  const auto measurement = evidence::ParseId('m', id);
  if (!measurement)
    return Fail(Code::kUsage, "Not a measurement's id", id,
                "Write it as m12; without one all of a run are computed again");
  HONE_TRY(Measurement stored, ledger.ReadMeasurement(*measurement));
  return std::vector<Measurement>{std::move(stored)};
}

// --- JSON ---

Json RunJson(const evidence::Run& run) {
  return {{"id", run.id},
          {"verb", run.verb},
          {"started", base::FormatUtc(run.started_wall_s)},
          {"ended", run.ended_wall_s == 0 ? Json(nullptr) : Json(base::FormatUtc(run.ended_wall_s))},
          {"hone_version", run.hone_version},
          {"verdict", run.verdict.empty() ? Json(nullptr) : Json(run.verdict)}};
}

template <typename T>
Json ListOf(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(evidence::JsonOf(value));
  return list;
}

Json ValueJson(const Measurement& measurement) {
  const auto& interval = measurement.interval;
  return {{"value", measurement.value},
          {"ci", interval ? Json::array({interval->lo, interval->hi}) : Json(nullptr)},
          {"n", measurement.n},
          {"validity", Name(measurement.validity)}};
}

}  // namespace

Result<EvidenceList> ListEvidence(const fs::path& ledger) {
  HONE_TRY(const OpenLedger open, Open(ledger));
  HONE_TRY(const std::vector<evidence::Run> runs, open->Runs());
  EvidenceList list;
  for (const evidence::Run& run : runs) {
    HONE_TRY(const Shown shown, ShowRun(*open, run.id));
    list.runs.push_back({.run = run,
                         .captures = shown.captures.size(),
                         .measurements = shown.measurements.size(),
                         .findings = shown.report ? shown.report->findings.size() : 0});
  }
  HONE_TRY(list.blob_bytes, open->BlobBytes());
  return list;
}

Result<Shown> ShowEvidence(const fs::path& ledger, const std::string& what, std::optional<int64_t> run) {
  HONE_TRY(const OpenLedger open, Open(ledger));
  if (const auto number = ParseRun(what)) return ShowRun(*open, *number);
  if (const auto finding = evidence::ParseId('f', what)) return ShowFinding(*open, *finding, run);
  if (const auto id = evidence::ParseId('m', what)) {
    Shown shown;
    HONE_TRY(shown.measurements.emplace_back(), open->ReadMeasurement(*id));
    HONE_TRY(const int64_t of, open->RunOfMeasurement(*id));
    HONE_TRY(shown.run, open->ReadRun(of));
    HONE_TRY(shown.captures, CapturesOf(*open, shown.measurements));
    return shown;
  }
  if (const auto id = evidence::ParseId('c', what)) {
    Shown shown;
    HONE_TRY(shown.captures.emplace_back(), open->ReadCapture(*id));
    HONE_TRY(shown.run, open->ReadRun(shown.captures.front().run));
    return shown;
  }
  return Fail(Code::kUsage, "Nothing has such an id", what,
              "Write m12 (a measurement), c3 (a capture), f1 (a finding) or 4 (a run)");
}

bool Recomputation::AllEqual() const { return std::ranges::all_of(measurements, &Recomputed::equal); }

Result<Recomputation> RecomputeEvidence(const fs::path& ledger, std::span<const evidence::Method> methods,
                                        const std::string& id, std::optional<int64_t> run, const base::Task& task) {
  HONE_TRY(const OpenLedger open, Open(ledger));
  HONE_TRY(std::vector<Measurement> wanted, Wanted(*open, id, run));
  Recomputation recomputation;
  for (Measurement& stored : wanted) {
    HONE_CHECK_OK(task.Check());
    task.Report(
        {fmt::format("Computing {} of {} measurements again", recomputation.measurements.size() + 1, wanted.size())});
    recomputation.measurements.push_back(Recompute(*open, methods, std::move(stored)));
  }
  return recomputation;
}

Result<evidence::Exported> ExportEvidence(const fs::path& ledger, std::optional<int64_t> run, const fs::path& output) {
  HONE_TRY(const OpenLedger open, Open(ledger));
  HONE_TRY(const int64_t of, RunOrNewest(*open, run));
  return evidence::Export(*open, of, output);
}

Result<Freed> CollectEvidence(const fs::path& ledger) {
  HONE_TRY(const OpenLedger open, Open(ledger));
  HONE_TRY(const uint64_t bytes, open->CollectGarbage());
  return Freed{bytes};
}

Result<Freed> PurgeEvidence(const fs::path& ledger, std::optional<int64_t> run, bool all) {
  if (run.has_value() == all)
    return Fail(Code::kUsage, "Say what to remove", {}, "Name one run with --run, or confirm all of them with --yes");
  HONE_TRY(const OpenLedger open, Open(ledger));
  HONE_TRY(const uint64_t before, open->BlobBytes());
  HONE_CHECK_OK(open->Purge(run));
  HONE_TRY(const uint64_t after, open->BlobBytes());
  return Freed{before - std::min(before, after)};
}

std::string ToJson(const EvidenceList& list) {
  Json runs = Json::array();
  for (const RunSummary& summary : list.runs) {
    Json run = RunJson(summary.run);
    run["captures"] = summary.captures;
    run["measurements"] = summary.measurements;
    run["findings"] = summary.findings;
    runs.push_back(std::move(run));
  }
  return evidence::Print({{"schema", "hone.evidence_list/1"}, {"runs", runs}, {"blob_bytes", list.blob_bytes}});
}

std::string ToJson(const Shown& shown) {
  return evidence::Print({{"schema", "hone.evidence_show/1"},
                          {"run", RunJson(shown.run)},
                          {"report", shown.report ? Json::parse(evidence::ToJson(*shown.report)) : Json(nullptr)},
                          {"finding", shown.finding ? evidence::JsonOf(*shown.finding) : Json(nullptr)},
                          {"measurements", ListOf(shown.measurements)},
                          {"captures", ListOf(shown.captures)}});
}

std::string ToJson(const Recomputation& recomputation) {
  Json list = Json::array();
  for (const Recomputed& one : recomputation.measurements) {
    list.push_back({{"id", IdText('m', one.stored.id)},
                    {"metric", one.stored.metric},
                    {"method", one.stored.method},
                    {"equal", one.equal},
                    {"stored", ValueJson(one.stored)},
                    {"recomputed", one.again ? ValueJson(*one.again) : Json(nullptr)},
                    {"why_not", one.why_not.empty() ? Json(nullptr) : Json(one.why_not)}});
  }
  return evidence::Print({{"schema", "hone.recompute/1"}, {"equal", recomputation.AllEqual()}, {"measurements", list}});
}

std::string ToJson(const evidence::Exported& exported) {
  return evidence::Print({{"schema", "hone.export/1"},
                          {"output", exported.output.string()},
                          {"captures", exported.captures},
                          {"measurements", exported.measurements},
                          {"bytes", exported.bytes}});
}

std::string ToJson(const Freed& freed) { return evidence::Print({{"schema", "hone.freed/1"}, {"bytes", freed.bytes}}); }

}  // namespace hone::ops
