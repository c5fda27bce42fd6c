#include "ops/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "evidence/claim.h"
#include "evidence/ranking.h"
#include "ops/accept.h"
#include "ops/report_database.h"
#include "ops/report_draft.h"
#include "ops/report_load.h"

namespace hone::ops {
namespace {

using evidence::Report;

class Reporter {
 public:
  Reporter(const project::Project& project, const CheckFacts& facts, const SourceMap& sources, Measurer& measurer)
      : project_(project), facts_(facts), sources_(sources), draft_(facts.quiet, sources, measurer) {}

  base::Result<Report> Make(const std::vector<size_t>& selected, const std::filesystem::path& dir,
                            const std::string& rank);

 private:
  base::Result<void> JudgeProfiles();
  void AddUnfinished(const std::vector<size_t>& selected);
  base::Result<void> AddHealthy();
  base::Result<std::string> HealthyText(const QuietEndpoint& endpoint);
  void AddCaveats();
  base::Result<void> MeasureStubs();
  std::map<std::string, double> Shares() const;
  std::string HealthyName(const QuietEndpoint& endpoint) const;
  bool Names(const std::string& endpoint) const;
  size_t NotJudgedInFull() const;
  void Conclude(size_t endpoints);

  const project::Project& project_;
  const CheckFacts& facts_;
  const SourceMap& sources_;
  ReportDraft draft_;
  Report& report_ = draft_.report();
};

// What no endpoint could be judged by, for the same reason (a profile that is switched off), is the service's: taken
// out of all `judgements`, said once, and no endpoint's health.
std::vector<evidence::NotJudged> TakeCommon(std::vector<evidence::Judgement>& judgements) {
  std::vector<evidence::NotJudged> common;
  if (judgements.size() < 2) return common;
  const auto what = [](const evidence::NotJudged& entry) {
    return entry.subject.substr(0, std::min(entry.subject.find(" of "), entry.subject.size()));
  };
  const std::vector<evidence::NotJudged> candidates = judgements.front().not_judged;
  for (const evidence::NotJudged& candidate : candidates) {
    if (!profile::IsOfService(candidate)) continue;
    const auto same = [&](const evidence::NotJudged& entry) {
      return what(entry) == what(candidate) && entry.reason == candidate.reason;
    };
    const bool everywhere = std::ranges::all_of(judgements, [&](const evidence::Judgement& judgement) {
      return std::ranges::any_of(judgement.not_judged, same);
    });
    if (!everywhere) continue;
    for (evidence::Judgement& judgement : judgements) std::erase_if(judgement.not_judged, same);
    common.push_back({what(candidate), candidate.reason, candidate.what_would_do});
  }
  return common;
}

base::Result<void> Reporter::JudgeProfiles() {
  if (!facts_.profiles) return {};
  std::vector<evidence::Judgement> judgements;
  for (const profile::EndpointWindow& window : facts_.profiles->windows) judgements.push_back(profile::Judge(window));
  for (const evidence::NotJudged& entry : TakeCommon(judgements)) draft_.AddNotJudged(entry);
  for (const evidence::Judgement& judgement : judgements) HONE_CHECK_OK(draft_.Take(judgement));
  for (const evidence::NotJudged& entry : facts_.profiles->not_judged) draft_.AddNotJudged(entry);
  return {};
}

base::Result<void> Reporter::MeasureStubs() {
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || endpoint.stub_capture.id == 0) continue;
    HONE_TRY(const auto sentences, DescribeCalls(endpoint.stub_calls, endpoint.stub_capture, draft_.measurer()));
    for (const std::string& sentence : sentences) report_.caveats.push_back("seen: " + sentence);
  }
  return {};
}

base::Result<std::string> Reporter::HealthyText(const QuietEndpoint& endpoint) {
  std::vector<evidence::Measurement> cited;
  std::string text;
  const auto cite = [&](std::string_view metric, const std::string& before, const std::string& after) {
    const auto measured = std::ranges::find_if(draft_.measurer().measurements(), [&](const evidence::Measurement& one) {
      const bool of_load = metric.starts_with("load.") && one.scope.endpoint == endpoint.endpoint;
      const bool of_quiet = std::ranges::find(one.captures, endpoint.capture.id) != one.captures.end();
      return one.metric == metric && (of_load || of_quiet) && one.validity == evidence::Validity::kValid;
    });
    if (measured == draft_.measurer().measurements().end()) return;
    text += fmt::format("{}{}{{m{}}}{}", text.empty() ? "" : ", ", before, cited.size(), after);
    cited.push_back(*measured);
  };
  cite("sql.round_trips", "", " round trips");
  cite("budget.db", "database ", "");
  cite("budget.logic_cpu", "logic ", "");
  cite("budget.unattributed", "rest ", "");
  if (facts_.latency && facts_.latency->validity == evidence::Validity::kValid) cite("load.response.p99", "p99 ", "");
  // "p99" is a name, not a number.
  const size_t quantile = text.find("p99");
  if (quantile != std::string::npos) text.replace(quantile, 3, "`p99`");
  HONE_TRY(std::string rendered, evidence::RenderClaim(text, cited));
  std::erase(rendered, '`');
  return rendered;
}

// The endpoint; with the scenario's name where several ask the same one.
std::string Reporter::HealthyName(const QuietEndpoint& endpoint) const {
  const bool shared = std::ranges::count(facts_.quiet.endpoints, endpoint.endpoint, &QuietEndpoint::endpoint) > 1;
  return shared ? fmt::format("{} ({})", endpoint.endpoint, project_.scenarios[endpoint.scenario].name)
                : endpoint.endpoint;
}

bool Reporter::Names(const std::string& endpoint) const {
  const auto about = [&](const std::string& subject) { return subject.ends_with(endpoint); };
  return std::ranges::any_of(report_.findings,
                             [&](const auto& finding) { return finding.subject.endpoint == endpoint; }) ||
         std::ranges::any_of(report_.not_judged, [&](const auto& entry) { return about(entry.subject); });
}

// What an interruption left undone.
void Reporter::AddUnfinished(const std::vector<size_t>& selected) {
  if (!facts_.interrupted) return;
  const auto windows =
      facts_.profiles ? std::span(facts_.profiles->windows) : std::span<const profile::EndpointWindow>();
  for (const size_t index : selected) {
    const std::string endpoint = project::EndpointName(project_.scenarios[index]);
    const bool counted =
        std::ranges::find(facts_.quiet.endpoints, index, &QuietEndpoint::scenario) != facts_.quiet.endpoints.end();
    const bool profiled =
        facts_.quiet_only || std::ranges::find(windows, endpoint, &profile::EndpointWindow::endpoint) != windows.end();
    const std::string what_would_do = "A run to its end";
    if (!counted) draft_.AddNotJudged({endpoint, "interrupted before it was counted", what_would_do});
    if (counted && !profiled) {
      draft_.AddNotJudged(
          {"CPU, allocations and locks of " + endpoint, "interrupted before they were profiled", what_would_do});
    }
  }
}

base::Result<void> Reporter::AddHealthy() {
  for (const QuietEndpoint& endpoint : facts_.quiet.endpoints) {
    if (endpoint.failed || Names(endpoint.endpoint)) continue;
    HONE_TRY(std::string text, HealthyText(endpoint));
    report_.healthy.push_back({HealthyName(endpoint), std::move(text)});
  }
  return {};
}

std::map<std::string, double> Reporter::Shares() const {
  double sum = 0;
  std::map<std::string, double> shares;
  for (const project::Scenario& scenario : project_.scenarios) {
    shares[project::EndpointName(scenario)] += scenario.weight;
    sum += scenario.weight;
  }
  for (auto& [endpoint, share] : shares) share /= sum;
  return shares;
}

void Reporter::AddCaveats() {
  report_.caveats = facts_.caveats;
  const auto add = [&](const std::vector<std::string>& more) {
    report_.caveats.insert(report_.caveats.end(), more.begin(), more.end());
  };
  add(facts_.dry.caveats);
  add(facts_.quiet.caveats);
  add(facts_.plans.caveats);
  add(DatabaseCaveats(project_, facts_));
  if (facts_.profiles) add(facts_.profiles->caveats);
  if (facts_.latency) {
    report_.caveats.push_back(fmt::format("load: {} requests a second ({})", base::FormatCount(facts_.latency->rate),
                                          facts_.latency->rate_reason));
  }
  if (facts_.perturbation) {
    const Perturbation& perturbation = *facts_.perturbation;
    report_.caveats.push_back(fmt::format(
        "a CPU profile changed the median service time by {} ({}): latencies come from windows without one",
        evidence::FormatValueWithInterval(perturbation.measurement), evidence::Name(perturbation.outcome.verdict)));
  }
  if (facts_.quiet.audit && facts_.quiet.audit->proxy != facts_.quiet.audit->server) {
    draft_.AddNotJudged({"statement counts",
                         fmt::format("the proxy saw {} statements, the server counted {}", facts_.quiet.audit->proxy,
                                     facts_.quiet.audit->server),
                         "Look for statements that run inside functions or triggers, or beside the proxy"});
  }
}

// Endpoints of which something was not judged.
size_t Reporter::NotJudgedInFull() const {
  std::set<std::string> endpoints;
  for (const project::Scenario& scenario : project_.scenarios) {
    const std::string endpoint = project::EndpointName(scenario);
    const auto about = [&](const evidence::NotJudged& entry) { return entry.subject.ends_with(endpoint); };
    if (std::ranges::any_of(report_.not_judged, about)) endpoints.insert(endpoint);
  }
  return endpoints.size();
}

void Reporter::Conclude(size_t endpoints) {
  const auto open = static_cast<size_t>(
      std::ranges::count_if(report_.findings, [](const evidence::Finding& finding) { return !finding.accepted; }));
  const bool everything = report_.not_judged.empty() && !facts_.interrupted;
  report_.verdict = open > 0 ? "findings" : everything ? "clean" : "inconclusive";
  std::set<std::string> hurt;
  for (const evidence::Finding& finding : report_.findings) {
    if (!finding.subject.endpoint.empty()) hurt.insert(finding.subject.endpoint);
  }
  const auto plural = [](size_t count, const std::string& noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  report_.headline = fmt::format("{} proven at {} of {}; {} healthy; {} not judged in full", plural(open, "finding"),
                                 hurt.size(), plural(endpoints, "endpoint"), report_.healthy.size(), NotJudgedInFull());
  const size_t accepted = report_.findings.size() - open;
  if (accepted > 0) report_.headline += fmt::format("; {} accepted", accepted);
  if (facts_.quiet.audit && facts_.quiet.audit->proxy == facts_.quiet.audit->server) {
    report_.headline += fmt::format(". All {} statements counted agree with the server's own count",
                                    base::FormatCount(static_cast<double>(facts_.quiet.audit->server)));
  }
}

base::Result<Report> Reporter::Make(const std::vector<size_t>& selected, const std::filesystem::path& dir,
                                    const std::string& rank) {
  report_.environment = facts_.environment;
  report_.seen_only = facts_.seen_only;
  report_.not_judged = facts_.dry.not_judged;
  for (const evidence::NotJudged& entry : facts_.quiet.not_judged) draft_.AddNotJudged(entry);
  HONE_CHECK_OK(JudgeDatabase(project_, facts_, sources_, draft_));
  HONE_CHECK_OK(JudgeProfiles());
  if (facts_.latency) HONE_CHECK_OK(ReportLatency(project_.service, *facts_.latency, draft_));
  AddCaveats();
  HONE_CHECK_OK(MeasureStubs());
  AddUnfinished(selected);
  HONE_CHECK_OK(AddHealthy());
  evidence::Rank(report_.findings, evidence::RankByNamed(rank).value_or(evidence::RankBy::kTime), Shares());
  HONE_CHECK_OK(ApplyAccepted(dir, report_));
  Conclude(selected.size());
  if (!report_.findings.empty()) {
    report_.next = {"hone show 1", "hone accept 1 --reason '...'", "hone evidence recompute"};
  } else if (!report_.not_judged.empty()) {
    report_.next = {"hone doctor"};
  }
  return std::move(report_);
}

}  // namespace

base::Result<Report> MakeCheckReport(const project::Project& project, const std::vector<size_t>& selected,
                                     const CheckFacts& facts, const SourceMap& sources,
                                     const std::filesystem::path& dir, const std::string& rank, Measurer& measurer) {
  return Reporter(project, facts, sources, measurer).Make(selected, dir, rank);
}

}  // namespace hone::ops
