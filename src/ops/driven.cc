#include "ops/driven.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "evidence/ranking.h"
#include "host/child.h"
#include "host/guardian.h"
#include "host/lock.h"
#include "net/http_relay.h"
#include "net/url.h"
#include "ops/accept.h"
#include "ops/driven_requests.h"
#include "ops/process_watch.h"
#include "ops/profile_fetch.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "ops/route_names.h"
#include "ops/session.h"
#include "ops/source_map.h"
#include "profile/pprof.h"
#include "profile/rules.h"
#include "sql/exchange.h"
#include "sql/whole_run.h"

namespace hone::ops {
namespace {

constexpr int kWindowSeconds = 5;                            // of a CPU profile; the one with the most samples is kept
constexpr base::Nanos kPauseFor = 5 * base::kSecond;         // between two of them: times of then are evidence
constexpr base::Nanos kIdleFor = 1200 * base::kMillisecond;  // as in a quiet phase: what polls once a second is seen
constexpr std::string_view kWhatWouldDo = "[[scenario]] in hone.toml, and hone check without --driver";

// Profiles of the service while somebody else drives it.
class Watching {
 public:
  Watching(Rig& rig, Measurer& measurer) : rig_(&rig), measurer_(&measurer) {}

  base::Result<void> Begin() {
    if (!rig_->pprof_url()) return {};
    NextWindow();
    (void)FetchProfile(*rig_->pprof_url(), "mutex?fraction=10");
    process_ = SampleProcesses(rig_->service_pid(), 0);
    HONE_TRY(allocs_before_, KeepSnapshot("heap?gc=1", "pprof.allocs", {}));
    HONE_TRY(mutex_before_, KeepSnapshot("mutex", "pprof.mutex", {}));
    return {};
  }

  // To be called now and then.
  void Step() {
    if (!rig_->pprof_url() || base::SystemClock().Now() < window_ends_) return;
    if (!in_window_) return NextWindow();
    TakeWindow();
    window_ends_ = base::SystemClock().Now() + kPauseFor;
  }

  base::Result<profile::EndpointWindow> End(const std::vector<golang::Module>& modules) {
    profile::EndpointWindow window;
    window.modules = modules;
    if (!rig_->pprof_url()) return window;
    if (in_window_) TakeWindow();
    const ProcessPoint now = SampleProcesses(rig_->service_pid(), 0);
    profile::WindowFacts facts;
    facts.seconds = static_cast<double>(now.at_ns - process_.at_ns) / static_cast<double>(base::kSecond);
    facts.cpu_seconds =
        static_cast<double>(now.service_cpu_ns - process_.service_cpu_ns) / static_cast<double>(base::kSecond);
    if (const auto text = FetchProfile(*rig_->pprof_url(), "mutex?debug=1"))
      facts.mutex_fraction = profile::MutexFractionOf(*text);
    window.allocs_before = std::move(allocs_before_);
    window.mutex_before = std::move(mutex_before_);
    HONE_TRY(window.allocs_after, KeepSnapshot("heap?gc=1", "pprof.allocs", facts));
    HONE_TRY(window.mutex_after, KeepSnapshot("mutex", "pprof.mutex", facts));
    if (!cpu_) return window;
    facts.cpu_seconds = 0;  // of the whole run, not of this window
    facts.seconds = kWindowSeconds;
    HONE_TRY(window.cpu, Keep(*cpu_, "pprof.cpu", facts));
    return window;
  }

  const std::vector<std::string>& caveats() const { return caveats_; }
  // When profiles were taken.
  const std::vector<sql::IdleWindow>& windows() const { return windows_; }

 private:
  void NextWindow() {
    in_window_ = true;
    windows_.push_back({.start_ns = base::SystemClock().Now()});
    fetch_.Start(*rig_->pprof_url(), kWindowSeconds);
    window_ends_ = base::SystemClock().Now() + kWindowSeconds * base::kSecond;
  }

  void TakeWindow() {
    const auto bytes = fetch_.Take();
    in_window_ = false;
    windows_.back().end_ns = base::SystemClock().Now();
    auto redacted = bytes ? profile::Redact(*bytes) : base::Result<std::string>(std::unexpected(bytes.error()));
    const auto decoded =
        redacted ? profile::Decode(*redacted) : base::Result<profile::Profile>(std::unexpected(redacted.error()));
    if (!decoded) {
      Caveat("a CPU profile is missing: " + base::Sentence(decoded.error()));
      return;
    }
    int64_t samples = 0;
    for (size_t i = 0; i < decoded->samples(); ++i) samples += decoded->Value(i, 0);
    if (samples <= most_samples_ && cpu_) return;
    most_samples_ = samples;
    cpu_ = *std::move(redacted);
  }

  void Caveat(std::string text) {
    if (std::ranges::find(caveats_, text) == caveats_.end()) caveats_.push_back(std::move(text));
  }

  base::Result<std::optional<profile::CapturedProfile>> KeepSnapshot(const std::string& name, std::string_view kind,
                                                                     const profile::WindowFacts& facts) {
    const auto bytes = FetchProfile(*rig_->pprof_url(), name);
    const auto redacted = bytes ? profile::Redact(*bytes) : base::Result<std::string>(std::unexpected(bytes.error()));
    if (redacted) return Keep(*redacted, kind, facts);
    Caveat(fmt::format("no {} profile: {}", kind, base::Sentence(redacted.error())));
    return std::optional<profile::CapturedProfile>();
  }

  base::Result<std::optional<profile::CapturedProfile>> Keep(const std::string& redacted, std::string_view kind,
                                                             const profile::WindowFacts& facts) {
    profile::CapturedProfile kept;
    HONE_TRY(kept.profile, profile::Decode(redacted));
    evidence::Capture capture;
    capture.kind = kind;
    capture.phase = evidence::Phase::kLoaded;
    profile::StoreFacts(facts, capture);
    HONE_TRY(kept.capture, measurer_->Keep(std::move(capture), redacted));
    return std::optional(std::move(kept));
  }

  Rig* rig_;
  Measurer* measurer_;
  ProcessPoint process_;
  std::optional<profile::CapturedProfile> allocs_before_;
  std::optional<profile::CapturedProfile> mutex_before_;
  ProfileFetch fetch_;
  bool in_window_ = false;
  base::Nanos window_ends_ = 0;  // or the pause behind it
  std::vector<sql::IdleWindow> windows_;
  std::optional<std::string> cpu_;
  int64_t most_samples_ = 0;
  std::vector<std::string> caveats_;
};

// Everything that one driven check goes through, in order.
class Driven {
 public:
  Driven(const DrivenRequest& request, base::Task& task) : request_(request), task_(task) {}
  base::Result<evidence::Report> Run();

 private:
  base::Result<void> Measure(host::Guardian& guardian, evidence::Redactor& redactor);
  base::Result<void> WatchIdle(Rig& rig);
  base::Result<host::Child> StartDriver(Rig& rig, const net::Address& relay, const host::Guardian& guardian) const;
  base::Result<void> KeepAll(Rig& rig, net::HttpRelay& relay, const evidence::Redactor& redactor);
  base::Result<void> Drive(Rig& rig, const host::Guardian& guardian, const evidence::Redactor& redactor);
  base::Result<void> KeepStatements(const sql::Recording& recording, const evidence::Redactor& redactor);
  static base::Result<void> CheckWay(Rig& rig);
  base::Result<void> Take(const evidence::Judgement& judgement);
  base::Result<void> Judge();
  base::Result<void> JudgeEndpoints(const sql::RuleOptions& options);
  void SayWhatIsNotJudged();

  const DrivenRequest& request_;
  base::Task& task_;
  project::Project project_;
  SourceMap sources_;
  std::unique_ptr<Session> session_;
  std::optional<sql::Exchange> exchange_;
  evidence::Capture exchange_capture_;
  sql::Recording idle_;  // before the driver began
  std::vector<sql::IdleWindow> idle_windows_;
  std::vector<sql::IdleWindow> profiled_;
  DrivenRequests requests_;
  size_t judged_endpoints_ = 0;
  profile::EndpointWindow window_;
  evidence::Report report_;
};

// What the service does by itself.
base::Result<void> Driven::WatchIdle(Rig& rig) {
  if (rig.proxy() == nullptr) return {};
  constexpr base::Nanos kStep = 100 * base::kMillisecond;
  task_.Report({"Watching what the service does when nobody asks"});
  rig.proxy()->StartRecording();
  sql::IdleWindow window = {.start_ns = task_.clock().Now()};
  for (base::Nanos until = window.start_ns; until < window.start_ns + kIdleFor;) {
    HONE_CHECK_OK(task_.Check());
    until += kStep;
    task_.clock().SleepUntil(until);
  }
  window.end_ns = task_.clock().Now();
  idle_windows_.push_back(window);
  idle_ = rig.proxy()->StopRecording();
  rig.proxy()->StartRecording();
  return {};
}

base::Result<host::Child> Driven::StartDriver(Rig& rig, const net::Address& relay,
                                              const host::Guardian& guardian) const {
  host::ChildSpec spec;
  spec.argv = {"/bin/sh", "-c", request_.driver};
  std::string url = net::ToString({.address = relay, .path = "/"});
  url.replace(url.size() - 1, 1, rig.context().base_path);
  std::map<std::string, std::string> env;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry = *each;
    if (const size_t equals = entry.find('='); equals != std::string_view::npos)
      env[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
  }
  for (auto& [name, value] : DriverEnvironment(url, rig.context().values)) env[name] = value;
  for (const auto& [name, value] : env) spec.env.push_back(name + "=" + value);
  return host::Child::Start(std::move(spec), guardian);
}

base::Result<void> Driven::Drive(Rig& rig, const host::Guardian& guardian, const evidence::Redactor& redactor) {
  constexpr base::Nanos kStep = 50'000'000;
  constexpr std::chrono::seconds kGrace(5);
  constexpr size_t kLastLines = 10;
  task_.Report({"Running the driver"});
  HONE_TRY(const auto relay, net::HttpRelay::Start(rig.address()));
  HONE_TRY(host::Child driver, StartDriver(rig, relay->address(), guardian));
  const base::Nanos started = task_.clock().Now();
  Watching watching(rig, session_->measurer());
  HONE_CHECK_OK(watching.Begin());
  std::optional<host::Exit> exit;
  while (!exit && !task_.cancelled()) {
    exit = driver.Wait(task_.clock().Now() + kStep);
    if (!exit) watching.Step();
  }
  if (!exit) driver.Stop(kGrace);
  const auto seconds = static_cast<double>(task_.clock().Now() - started) / static_cast<double>(base::kSecond);
  HONE_TRY(window_, watching.End(sources_.modules()));
  report_.caveats.insert(report_.caveats.end(), watching.caveats().begin(), watching.caveats().end());
  profiled_ = watching.windows();
  HONE_CHECK_OK(KeepAll(rig, *relay, redactor));
  if (exit && !exit->ok()) {
    return base::Fail(base::Code::kService, fmt::format("The driver failed ({})", exit->Text()),
                      redactor.Scrub(driver.LastLines(kLastLines)),
                      fmt::format("What was captured is run {} of hone evidence", session_->measurer().run()));
  }
  report_.caveats.push_back(
      fmt::format("the driver ran for {:.1f} s{}", seconds, exit ? "" : ", until it was interrupted"));
  return {};
}

base::Result<void> Driven::KeepAll(Rig& rig, net::HttpRelay& relay, const evidence::Redactor& redactor) {
  constexpr base::Nanos kQuietFor = 50 * base::kMillisecond;
  const RouteNames names(project_, sources_.inspection(), rig.context().base_path);
  std::optional<sql::Recording> recording;
  if (rig.proxy() != nullptr) {
    (void)rig.proxy()->WaitQuiet(kQuietFor, task_.clock().Now() + base::kSecond);
    recording = rig.proxy()->StopRecording();
    HONE_CHECK_OK(KeepStatements(*recording, redactor));
    recording = sql::Concatenate(std::move(idle_), *recording);
  }
  RequestLog log = ReadLog(relay.Stop(), names, redactor);
  log.profiled = profiled_;
  HONE_TRY(requests_, KeepRequests(std::move(log), recording, idle_windows_, project_.service.name, redactor,
                                   session_->measurer()));
  return {};
}

base::Result<void> Driven::KeepStatements(const sql::Recording& recording, const evidence::Redactor& redactor) {
  exchange_ = sql::BuildExchange(recording, sql::WholeRun(recording), redactor);
  exchange_capture_.kind = sql::kExchangeKind;
  exchange_capture_.scope.service = project_.service.name;
  exchange_capture_.phase = evidence::Phase::kLoaded;
  exchange_capture_.start_ns = recording.start_ns;
  exchange_capture_.end_ns = recording.end_ns;
  exchange_capture_.through_proxy = true;
  HONE_TRY(exchange_capture_, session_->measurer().Keep(exchange_capture_, sql::Encode(*exchange_)));
  return {};
}

// Whether what was seen is all there was.
base::Result<void> Driven::CheckWay(Rig& rig) {
  HONE_CHECK_OK(rig.CheckForeignDatabases());
  return rig.CheckBypass();
}

base::Result<void> Driven::Measure(host::Guardian& guardian, evidence::Redactor& redactor) {
  HONE_TRY(const auto rig, Rig::Start(project_, {.yes_write = request_.yes_write}, guardian, redactor, task_));
  report_.environment.emplace_back("service", project_.service.name);
  if (rig->cluster() != nullptr)
    report_.environment.emplace_back("postgresql", "PostgreSQL " + rig->cluster()->installation().version);
  rig->CheckOneProcess();
  HONE_CHECK_OK(WatchIdle(*rig));
  HONE_CHECK_OK(Drive(*rig, guardian, redactor));
  HONE_CHECK_OK(rig->service().Alive());
  HONE_CHECK_OK(CheckWay(*rig));
  if (!rig->pprof_url())
    report_.not_judged.push_back({"CPU, allocations and locks", rig->pprof_missing(), "[pprof] in hone.toml"});
  report_.caveats.insert(report_.caveats.end(), rig->caveats().begin(), rig->caveats().end());
  return {};
}

base::Result<void> Driven::Take(const evidence::Judgement& judgement) {
  Measurer& measurer = session_->measurer();
  for (const evidence::MeasurementSpec& spec : judgement.measurements) HONE_CHECK_OK(measurer.Measure(spec));
  for (const evidence::FindingDraft& draft : judgement.findings) {
    HONE_TRY(Measurer::Supported supported, measurer.Support(draft));
    if (!supported.finding) {
      report_.not_judged.push_back({draft.rule, "not enough evidence: " + supported.reason, "A longer run"});
      continue;
    }
    sources_.Locate(*supported.finding, nullptr);
    // What is told of an endpoint is not told of the whole run again.
    const bool told = std::ranges::any_of(report_.findings, [&](const evidence::Finding& other) {
      return draft.subject.kind == "query" && draft.subject.endpoint.empty() && other.rule == draft.rule &&
             other.subject.name == draft.subject.name;
    });
    if (!told) report_.findings.push_back(*std::move(supported.finding));
  }
  report_.not_judged.insert(report_.not_judged.end(), judgement.not_judged.begin(), judgement.not_judged.end());
  return {};
}

void Driven::SayWhatIsNotJudged() {
  if (judged_endpoints_ == 0) {
    report_.not_judged.push_back(
        {"endpoints: sql.n_plus_one, sql.repeated_query",
         "hone did not send the requests, and of too few of them it can tell which statements are whose",
         std::string(kWhatWouldDo)});
  }
  report_.not_judged.push_back({"endpoints: sql.idle_in_transaction, budget.db, budget.logic",
                                "hone did not send the requests, and profiles were taken while somebody did",
                                std::string(kWhatWouldDo)});
  report_.not_judged.push_back({"response times at a known rate, and plans",
                                "they are measured with requests of hone's own", std::string(kWhatWouldDo)});
}

// Those whose requests' statements are known.
base::Result<void> Driven::JudgeEndpoints(const sql::RuleOptions& options) {
  sql::RuleOptions driven = options;
  driven.driven = true;
  for (const DrivenEndpoint& endpoint : requests_.endpoints) {
    evidence::Judgement judgement = sql::Judge(endpoint.exchange, endpoint.capture, driven);
    const bool judged = std::ranges::find(judgement.not_judged, endpoint.exchange.endpoint,
                                          &evidence::NotJudged::subject) == judgement.not_judged.end();
    judged_endpoints_ += judged ? 1 : 0;
    requests_.not_judged.insert(requests_.not_judged.end(), judgement.not_judged.begin(), judgement.not_judged.end());
    judgement.not_judged.clear();
    HONE_CHECK_OK(Take(judgement));
  }
  HONE_TRY(const std::vector<evidence::NotJudged> unknown, NotKnown(requests_, session_->measurer()));
  report_.not_judged.insert(report_.not_judged.end(), unknown.begin(), unknown.end());
  HONE_TRY(const std::vector<std::string> sentences, DescribeRequests(requests_, session_->measurer()));
  report_.caveats.insert(report_.caveats.end(), sentences.begin(), sentences.end());
  return {};
}

base::Result<void> Driven::Judge() {
  task_.Report({"Judging"});
  if (exchange_ && exchange_->statements.empty())
    report_.caveats.emplace_back("no statement passed while the driver ran");
  sql::RuleOptions options = RuleOptionsOf(project_);
  options.library = sources_.DatabaseLibrary();
  options.builder = sources_.UsesBuilder();
  HONE_CHECK_OK(JudgeEndpoints(options));
  if (exchange_) HONE_CHECK_OK(Take(sql::JudgeWholeRun(*exchange_, exchange_capture_, options)));
  if (window_.cpu || window_.allocs_after || window_.mutex_after) HONE_CHECK_OK(Take(profile::Judge(window_)));
  SayWhatIsNotJudged();
  evidence::Rank(report_.findings, evidence::RankByNamed(request_.rank).value_or(evidence::RankBy::kTime), {});
  HONE_CHECK_OK(ApplyAccepted(request_.dir, report_));
  const auto open = std::ranges::count_if(report_.findings, [](const auto& finding) { return !finding.accepted; });
  report_.verdict = open > 0 ? "findings" : "inconclusive";
  report_.headline =
      fmt::format("{} finding{} proven in a run that a driver made; loops judged at {} of {} endpoint{}", open,
                  open == 1 ? "" : "s", judged_endpoints_, requests_.all.size(), requests_.all.size() == 1 ? "" : "s");
  if (!report_.findings.empty())
    report_.next = {"hone show 1", "hone accept 1 --reason '...'", "hone evidence recompute"};
  return {};
}

base::Result<evidence::Report> Driven::Run() {
  HONE_TRY(project_, project::ReadProject(request_.dir / "hone.toml"));
  HONE_TRY(const auto root, host::RunRoot());
  HONE_TRY(auto guardian, host::Guardian::Start(root));
  HONE_TRY(const auto lock, host::MachineLock::Take("check", std::chrono::seconds(0), task_));
  HONE_TRY(session_, Session::Begin("check", request_.dir));
  evidence::Redactor redactor;
  task_.Report({"Reading the service's sources"});
  sources_ = SourceMap::Read(project_, guardian, task_);
  report_.caveats = sources_.caveats();
  if (const auto measured = Measure(guardian, redactor); !measured)
    return std::unexpected(redactor.Scrub(measured.error()));
  HONE_CHECK_OK(Judge());
  return session_->End(std::move(report_));
}

}  // namespace

std::map<std::string, std::string> DriverEnvironment(const std::string& url, const project::Values& values) {
  std::map<std::string, std::string> env = {{"HONE_URL", url}};
  constexpr std::string_view kLogin = "login.";
  for (const auto& [name, value] : values) {
    if (!name.starts_with(kLogin)) continue;
    std::string variable = "HONE_" + name;
    for (char& c : variable) {
      const auto byte = static_cast<unsigned char>(c);
      c = std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    env[variable] = value;
  }
  return env;
}

base::Result<evidence::Report> CheckDriven(const DrivenRequest& request, base::Task& task) {
  return Driven(request, task).Run();
}

}  // namespace hone::ops
