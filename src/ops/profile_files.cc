#include "ops/profile_files.h"

#include <fmt/format.h>

#include "base/files.h"
#include "evidence/ranking.h"
#include "ops/session.h"
#include "profile/pprof.h"
#include "profile/rules.h"

namespace hone::ops {
namespace {

base::Result<std::vector<profile::CapturedProfile>> KeepAll(const std::vector<std::string>& files, Measurer& measurer) {
  std::vector<profile::CapturedProfile> profiles;
  for (const std::string& file : files) {
    HONE_TRY(const std::string bytes, base::ReadFile(file));
    auto redacted = profile::Redact(bytes);
    if (!redacted) return base::Fail(redacted.error().code, redacted.error().what, file, redacted.error().remedy);
    profile::CapturedProfile& kept = profiles.emplace_back();
    HONE_TRY(kept.profile, profile::Decode(*redacted));
    evidence::Capture capture;
    capture.kind = profile::CaptureKind(kept.profile);
    profile::WindowFacts facts;
    facts.seconds = static_cast<double>(kept.profile.duration_ns) / 1e9;
    profile::StoreFacts(facts, capture);
    HONE_TRY(kept.capture, measurer.Keep(std::move(capture), *redacted));
  }
  return profiles;
}

}  // namespace

base::Result<evidence::Report> ProfileFiles(const ProfileFilesRequest& request, base::Task& task) {
  HONE_TRY(const auto session, Session::Begin("profile", request.dir));
  task.Report({"Reading profiles"});
  Measurer& measurer = session->measurer();
  HONE_TRY(auto profiles, KeepAll(request.files, measurer));
  HONE_TRY(const profile::EndpointWindow window, profile::ProgramWindow(std::move(profiles), {}));
  const evidence::Judgement judgement = profile::Judge(window);
  evidence::Report report;
  report.not_judged = judgement.not_judged;
  for (const auto& spec : judgement.measurements) HONE_CHECK_OK(measurer.Measure(spec));
  for (const evidence::FindingDraft& draft : judgement.findings) {
    HONE_TRY(Measurer::Supported supported, measurer.Support(draft));
    if (supported.finding) {
      report.findings.push_back(*std::move(supported.finding));
    } else {
      report.not_judged.push_back({draft.rule, "not enough evidence: " + supported.reason, "Profile for longer"});
    }
  }
  evidence::Rank(report.findings, evidence::RankBy::kCpu, {});
  report.verdict = !report.findings.empty() ? "findings" : report.not_judged.empty() ? "clean" : "inconclusive";
  report.headline = fmt::format("{} findings in {} profiles", report.findings.size(), request.files.size());
  return session->End(std::move(report));
}

}  // namespace hone::ops
