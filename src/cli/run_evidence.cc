#include "cli/run_evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/text_layout.h"
#include "evidence/claim.h"
#include "ops/accept.h"
#include "ops/evidence_verbs.h"
#include "ops/registry.h"
#include "ops/session.h"

namespace hone::cli {
namespace {

constexpr int kDiffers = 1;

std::string MeasurementText(const evidence::Measurement& measurement, size_t width) {
  std::string subject = measurement.scope.endpoint;
  for (const std::string& part : {measurement.scope.function, measurement.scope.query}) {
    if (!part.empty()) subject += (subject.empty() ? "" : ", ") + part;
  }
  std::string text = fmt::format("m{}  {} = {}  ({})\n", measurement.id, measurement.metric,
                                 evidence::FormatValueWithInterval(measurement), evidence::Name(measurement.validity));
  if (!subject.empty()) text += Wrap(Printable(subject), width, "    of ", "       ");
  text += fmt::format("    n = {} {}, by {}, from", measurement.n, measurement.n_of, measurement.method);
  for (const auto capture : measurement.captures) text += fmt::format(" c{}", capture);
  for (const auto& [name, value] : measurement.parameters) text += fmt::format("\n    {} = {}", name, Printable(value));
  return text + "\n";
}

std::string CaptureText(const evidence::Capture& capture) {
  return fmt::format("c{}  {}  {}  {}  {}\n    sha256:{}\n", capture.id, capture.kind, evidence::Name(capture.phase),
                     base::FormatBytes(static_cast<double>(capture.bytes)), Printable(capture.scope.endpoint),
                     capture.blob);
}

std::string RunLine(const ops::RunSummary& summary) {
  const evidence::Run& run = summary.run;
  return fmt::format("{:>4}  {}  {:<8}  {:<12}  {:>4} {:>6} {:>6}\n", run.id, base::FormatUtc(run.started_wall_s),
                     run.verb, run.verdict.empty() ? "interrupted" : run.verdict, summary.findings,
                     summary.measurements, summary.captures);
}

std::string ShownText(const ops::Shown& shown, const ScreenOptions& screen) {
  if (shown.finding) return RenderFinding(*shown.finding, shown.measurements, screen);
  if (shown.report) return RenderReport(*shown.report, screen);
  std::string text;
  for (const auto& measurement : shown.measurements) text += MeasurementText(measurement, screen.width);
  for (const auto& capture : shown.captures) text += CaptureText(capture);
  return text;
}

std::string RecomputationText(const ops::Recomputation& recomputation) {
  std::string text;
  for (const ops::Recomputed& one : recomputation.measurements) {
    const std::string stored = base::FormatExact(one.stored.value);
    if (one.equal) {
      text += fmt::format("m{}  {} = {}  same\n", one.stored.id, one.stored.metric, stored);
    } else if (one.again) {
      text += fmt::format("m{}  {} was {}, is {}  DIFFERENT\n", one.stored.id, one.stored.metric, stored,
                          base::FormatExact(one.again->value));
    } else {
      text += fmt::format("m{}  {} was {}  NOT COMPUTED: {}\n", one.stored.id, one.stored.metric, stored, one.why_not);
    }
  }
  const auto same = std::ranges::count_if(recomputation.measurements, [](const auto& one) { return one.equal; });
  return text + fmt::format("{} of {} measurements came out the same to the last digit\n", same,
                            recomputation.measurements.size());
}

// The answer of an operation: as JSON, or as the text that `render` makes of it.
template <typename T, typename Render>
int Answer(const base::Result<T>& result, bool json, const Render& render) {
  if (!result) return PrintError(result.error());
  return PrintOutput(json ? ops::ToJson(*result) : render(*result));
}

std::string ListText(const ops::EvidenceList& list) {
  std::string text = " run  started               verb      verdict       find measrd captrd\n";
  for (const auto& summary : list.runs) text += RunLine(summary);
  return text + fmt::format("{} runs, {} of captures on disk\n", list.runs.size(),
                            base::FormatBytes(static_cast<double>(list.blob_bytes)));
}

std::string FreedText(const ops::Freed& freed) {
  return fmt::format("{} freed\n", base::FormatBytes(static_cast<double>(freed.bytes)));
}

std::string ExportedText(const evidence::Exported& exported) {
  return fmt::format("{}: {} captures, {} measurements, {}\n", exported.output.string(), exported.captures,
                     exported.measurements, base::FormatBytes(static_cast<double>(exported.bytes)));
}

int Recompute(const EvidenceCommand& command, const std::filesystem::path& ledger, bool json, const base::Task& task) {
  const auto recomputation = ops::RecomputeEvidence(ledger, ops::AllMethods(), command.id, command.run, task);
  const int printed = Answer(recomputation, json, RecomputationText);
  return printed == kPassed && !recomputation->AllEqual() ? kDiffers : printed;
}

}  // namespace

int RunShow(const ShowCommand& command, const CommonOptions& common, const ScreenOptions& screen) {
  const std::filesystem::path ledger = ops::LedgerDirectory(common.dir);
  std::string what = command.what;
  if (what.empty()) {
    const auto list = ops::ListEvidence(ledger);
    if (!list) return PrintError(list.error());
    for (const auto& summary : list->runs) {
      if (!summary.run.verdict.empty()) what = std::to_string(summary.run.id);
    }
    if (what.empty()) return PrintError({base::Code::kNotFound, "There is no report yet", "", "Run hone check first"});
  } else if (std::ranges::all_of(what, [](char c) { return c >= '0' && c <= '9'; })) {
    what = "f" + what;
  }
  const auto shown = ops::ShowEvidence(ledger, what);
  const bool whole_report = shown && shown->report && !shown->finding;
  if (whole_report && common.json) return PrintOutput(evidence::ToJson(*shown->report));
  return Answer(shown, common.json, [&](const ops::Shown& value) { return ShownText(value, screen); });
}

int RunAccept(const AcceptCommand& command, const CommonOptions& common) {
  ops::AcceptRequest request;
  request.ledger = ops::LedgerDirectory(common.dir);
  request.dir = common.dir;
  request.finding = command.finding;
  request.reason = command.reason;
  request.owner = command.owner;
  request.until = command.until;
  const auto accepted = ops::Accept(request);
  if (!accepted) return PrintError(accepted.error());
  return PrintOutput(fmt::format("{} at {} is accepted: {}\nKeep {} in version control.\n", accepted->rule,
                                 accepted->endpoint.empty() ? accepted->subject : accepted->endpoint, accepted->reason,
                                 (std::filesystem::path(common.dir) / "accepted.toml").string()));
}

int RunEvidence(const EvidenceCommand& command, const CommonOptions& common, const ScreenOptions& screen,
                const base::Task& task) {
  using Action = EvidenceCommand::Action;
  const std::filesystem::path ledger = ops::LedgerDirectory(common.dir);
  const bool json = common.json;
  switch (command.action) {
    case Action::kList:
      if (!command.run) return Answer(ops::ListEvidence(ledger), json, ListText);
      return Answer(ops::ShowEvidence(ledger, std::to_string(*command.run)), json, [](ops::Shown shown) {
        shown.report.reset();
        return ShownText(shown, {});
      });
    case Action::kShow:
      return Answer(ops::ShowEvidence(ledger, command.id, command.run), json,
                    [&](const ops::Shown& shown) { return ShownText(shown, screen); });
    case Action::kRecompute:
      return Recompute(command, ledger, json, task);
    case Action::kExport:
      return Answer(ops::ExportEvidence(ledger, command.run, command.output), json, ExportedText);
    case Action::kGc:
      return Answer(ops::CollectEvidence(ledger), json, FreedText);
    case Action::kPurge:
      return Answer(ops::PurgeEvidence(ledger, command.run, command.yes), json, FreedText);
  }
  return kPassed;
}

}  // namespace hone::cli
