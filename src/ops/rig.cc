#include "ops/rig.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "base/units.h"
#include "host/process_stats.h"
#include "net/http_client.h"
#include "ops/pprof_access.h"
#include "ops/process_watch.h"
#include "ops/scratch_keeper.h"
#include "ops/steps.h"
#include "ops/upstream.h"
#include "pg/dsn.h"
#include "pg/extensions.h"
#include "pg/probe.h"
#include "service/instrument.h"
#include "service/instrument_source.h"

namespace hone::ops {
namespace {

base::Result<std::string> ExpandUrl(const project::Template& url, const project::Values& values) {
  return url.Expand(values);
}

base::Result<std::optional<std::string>> ExpandOptionalUrl(const std::optional<project::Template>& url,
                                                           const project::Values& values) {
  if (!url) return std::optional<std::string>();
  HONE_TRY(std::string expanded, ExpandUrl(*url, values));
  return std::optional<std::string>(std::move(expanded));
}

base::Result<void> CheckFilledIn(const project::Project& project) {
  for (const project::Login& login : project.logins) {
    if (login.body.source().find(project::kFillIn) == std::string::npos) continue;
    return base::Fail(
        base::Code::kInput,
        fmt::format("hone.toml:{}: the account of [[login]] {} is not filled in", login.at.line, login.name), "",
        "Give it the name and password of an account that the seed makes");
  }
  for (const project::Token& token : project.tokens) {
    if (token.claims.source().find(project::kFillIn) == std::string::npos) continue;
    return base::Fail(base::Code::kInput,
                      fmt::format("hone.toml:{}: a claim of [[token]] {} is not filled in", token.at.line, token.name),
                      "", "Give it a value that the service accepts, or take it out");
  }
  for (const project::Scenario& scenario : project.scenarios) {
    for (const auto& [name, value] : scenario.headers) {
      if (value.source().find(project::kFillIn) == std::string::npos) continue;
      return base::Fail(base::Code::kInput, fmt::format("The header {} in hone.toml is not filled in", name), "",
                        "Give it a value in [headers] that the service accepts, or take it out");
    }
  }
  return {};
}

}  // namespace

Rig::Rig(const project::Project& project, const RigOptions& options, host::Guardian& guardian,
         evidence::Redactor& redactor, base::Task& task)
    : project_(project),
      options_(options),
      guardian_(guardian),
      redactor_(redactor),
      task_(task),
      sidecars_(project, guardian, redactor, task) {}

Rig::~Rig() {
  Finish();
  StopService();
  sidecars_.Stop(Sidecars::Which::kAll);
  proxy_.reset();
  if (scratch_keeper_ && !scratch_keeper_->Stop(kScratchGrace).exit.ok())
    task_.Report({database_name_ + " could not be dropped; the next run drops it"});
  scratch_.reset();
  cluster_.reset();
}

base::Result<std::unique_ptr<Rig>> Rig::Start(const project::Project& project, const RigOptions& options,
                                              host::Guardian& guardian, evidence::Redactor& redactor,
                                              base::Task& task) {
  HONE_CHECK_OK(CheckFilledIn(project));
  auto rig = std::unique_ptr<Rig>(new Rig(project, options, guardian, redactor, task));
  HONE_TRY(rig->folder_, guardian.MakeFolder("run"));
  rig->recording_start_ = options.watch_database;
  project::Values& values = rig->context_.values;
  for (const std::string& port : project.ports) {
    HONE_TRY(const uint16_t number, host::FreePort());
    values[port] = std::to_string(number);
  }
  values["run.dir"] = rig->folder_.string();
  values["bin"] = (rig->folder_ / "bin" / project.service.name).string();
  values["size"] = std::to_string(project.database ? project.database->size : 0);
  HONE_TRY(rig->upstreams_, Upstreams::Start(project, redactor, values));
  HONE_CHECK_OK(rig->StartDatabase());
  HONE_CHECK_OK(rig->CheckExtensions());
  HONE_CHECK_OK(rig->BuildService());
  HONE_CHECK_OK(rig->sidecars_.Build(rig->folder_, values));
  HONE_CHECK_OK(rig->PrepareDatabase());
  rig->BeginIndexUse();
  HONE_CHECK_OK(rig->sidecars_.Start(rig->folder_, values));
  HONE_CHECK_OK(rig->StartService());
  HONE_CHECK_OK(rig->MendPprof());
  return rig;
}

base::Result<service::Command> Rig::MakeCommand(const project::Words& words, const project::Values& values) const {
  service::Command command;
  for (const project::Template& word : words) {
    HONE_TRY(command.argv.emplace_back(), word.Expand(values));
  }
  command.dir = project_.service.dir;
  HONE_TRY(command.env, ExpandEnvironment(project_.service.env, values, redactor_));
  if (project_.database) {
    HONE_TRY(const auto more, ExpandEnvironment(project_.database->env, values, redactor_));
    for (const auto& [name, value] : more) command.env[name] = value;
  }
  return command;
}

base::Result<void> Rig::BuildService() {
  HONE_CHECK_OK(base::MakeDirectories(folder_ / "bin"));
  if (project_.pprof_url || project_.pprof_as_is) return BuildAsItIs();
  return BuildInstrumented("hone.toml names no pprof URL");
}

base::Result<void> Rig::BuildAsItIs() {
  if (project_.service.build.empty()) return {};
  task_.Report({"Building " + project_.service.name});
  HONE_TRY(const service::Command command, MakeCommand(project_.service.build, context_.values));
  return service::Build(command, redactor_, guardian_, task_);
}

// Adds hone's own pprof listener to the service, or says why that cannot be and builds it as it is.
base::Result<void> Rig::BuildInstrumented(const std::string& reason) {
  if (project_.service.build.empty()) {
    pprof_missing_ = reason;
    return {};
  }
  HONE_TRY(const service::Command command, MakeCommand(project_.service.build, context_.values));
  HONE_TRY(service::Instrumentation instrumentation,
           service::Instrument(command, folder_ / "overlay", guardian_, task_));
  if (instrumentation.build) {
    task_.Report({"Building " + project_.service.name + " with a pprof listener of hone's own"});
    const auto built = service::Build(*instrumentation.build, redactor_, guardian_, task_);
    if (built) {
      address_file_ = folder_ / "pprof-address";
      caveats_.push_back(
          fmt::format("the service was built with a pprof listener of hone's own (`go build -overlay`; no file of the "
                      "repository changed): {}. [pprof] mode = \"as-is\" in hone.toml leaves it as it is",
                      reason));
      return {};
    }
    if (built.error().code == base::Code::kCancelled) return built;
    instrumentation.why_not = "its build fails with a file more";
  }
  pprof_missing_ = fmt::format("{}; hone cannot add a listener of its own: {}", reason, instrumentation.why_not);
  caveats_.push_back(pprof_missing_);
  return BuildAsItIs();
}

// The service as it is was started with the pprof URL of hone.toml: where that does not serve what is needed, builds
// it again and starts it again.
base::Result<void> Rig::MendPprof() {
  if (!project_.pprof_url || project_.pprof_as_is || !pprof_url_) return {};
  const auto lacks = WhatPprofLacks(*pprof_url_);
  if (!lacks) return {};
  HONE_CHECK_OK(BuildInstrumented(*lacks));
  // Otherwise: what it does serve is better than nothing.
  if (address_file_.empty()) return {};
  HONE_CHECK_OK(CleanUp());
  StopService();
  return StartService();
}

// Where profiles are, once the service runs.
void Rig::FindPprof() {
  pprof_url_.reset();
  if (pprof_refused_) return;
  if (address_file_.empty()) {
    // Expanded before: StartService would have failed.
    if (const auto url = ExpandOptionalUrl(project_.pprof_url, context_.values)) pprof_url_ = *url;
    if (!pprof_url_ && pprof_missing_.empty()) pprof_missing_ = "hone.toml names no pprof URL";
    return;
  }
  const auto listener = service::ReadPprofListener(address_file_);
  if (listener) {
    pprof_url_ = listener->url;
  } else {
    GiveUpPprof(
        "what [service] run starts is not what its build makes, or it clears its environment: hone's own pprof "
        "listener did not start");
  }
}

void Rig::GiveUpPprof(const std::string& reason) {
  pprof_url_.reset();
  pprof_refused_ = true;
  pprof_missing_ = reason;
  caveats_.push_back("no profiles: " + reason);
}

void Rig::CheckOneProcess() {
  Listeners listeners;
  listeners.api = host::ListenersOfPort(address_.port);
  if (pprof_url_) {
    if (const auto url = net::ParseUrl(*pprof_url_)) listeners.pprof = host::ListenersOfPort(url->address.port);
  }
  if (proxy_) {
    const auto connections = host::ConnectionsOf(service_pid_);
    listeners.database_connections = static_cast<size_t>(proxy_->counters().open_connections);
    listeners.of_the_service = static_cast<size_t>(std::ranges::count_if(
        connections, [&](const host::TcpSocket& socket) { return socket.remote_port == proxy_->port(); }));
  }
  if (const auto why = WhyNotOneProcess(service_pid_, listeners); why && pprof_url_) GiveUpPprof(*why);
}

// The ports that hone chose for it, but for those of sidecars.
std::vector<uint16_t> Rig::ServicePorts() const {
  std::vector<uint16_t> ports;
  for (const std::string& port : project_.ports) {
    const bool other = std::ranges::any_of(
        project_.sidecars, [&](const project::Sidecar& sidecar) { return sidecar.ports.contains(port); });
    if (!other) ports.push_back(static_cast<uint16_t>(std::stoi(context_.values.at(port))));
  }
  return ports;
}

base::Result<service::Files> Rig::MakeFiles(const project::Values& values) const {
  service::Files files;
  for (const project::File& file : project_.service.files) {
    HONE_TRY(const std::string path, file.path.Expand(values));
    HONE_TRY(std::string content, file.content.Expand(values));
    files.emplace_back(path, std::move(content));
  }
  return files;
}

base::Result<service::ServiceSpec> Rig::MakeSpec() const {
  const project::Values& values = context_.values;
  service::ServiceSpec spec;
  spec.name = project_.service.name;
  spec.run_dir = folder_;
  HONE_TRY(service::Command command, MakeCommand(project_.service.run, values));
  spec.argv = std::move(command.argv);
  spec.dir = project_.service.dir;
  HONE_TRY(spec.env, ExpandEnvironment(project_.service.env, values, redactor_));
  for (const auto& [name, value] : more_env_) spec.env[name] = value;
  if (project_.database) AddDatabaseDefaults(values, spec.env);
  HONE_TRY(spec.files, MakeFiles(values));
  spec.ports = ServicePorts();
  // A port that is written out in the URL too: if somebody else listens there, his answers would be measured.
  if (std::ranges::find(spec.ports, address_.port) == spec.ports.end()) spec.ports.push_back(address_.port);
  if (project_.service.ready) {
    HONE_TRY(const std::string path, project_.service.ready->path.Expand(values));
    HONE_TRY(const std::string url, ExpandUrl(project_.service.url, values));
    spec.ready_url = path.starts_with("http://") ? path : url + path;
    spec.ready_status = project_.service.ready->status;
    spec.ready_timeout = std::chrono::milliseconds(project_.service.ready->timeout_ns / 1'000'000);
  }
  return spec;
}

base::Result<void> Rig::LaunchService() {
  task_.Report({"Starting " + project_.service.name});
  HONE_TRY(const std::string url_text, ExpandUrl(project_.service.url, context_.values));
  HONE_TRY(const net::Url url, net::ParseUrl(url_text));
  HONE_TRY(const auto resolved, net::Resolve(url.address));
  if (!std::ranges::all_of(resolved, net::IsPrivate)) {
    return base::Fail(base::Code::kPermission, "The service's URL is neither loopback nor private", url_text,
                      "hone check starts the service on this machine: use http://127.0.0.1:${port}");
  }
  address_ = url.address;
  context_.base_path = url.path == "/" ? "" : url.path;
  HONE_CHECK_OK(ExpandOptionalUrl(project_.pprof_url, context_.values));
  HONE_TRY(metrics_url_, ExpandOptionalUrl(project_.metrics_url, context_.values));
  HONE_TRY(service::ServiceSpec spec, MakeSpec());
  if (!address_file_.empty()) {
    std::error_code error;
    std::filesystem::remove(address_file_, error);
    spec.env[std::string(service::kAddressVariable)] = address_file_.string();
  }
  Limit(spec);
  if (recording_start_ && proxy_) proxy_->StartRecording();
  HONE_TRY(auto started, service::Service::Start(spec, redactor_, guardian_));
  service_.emplace(std::move(started));
  HONE_CHECK_OK(Explained(AwaitService()));
  ready_ns_ = task_.clock().Now();
  service_pid_ = service_->ServingPid(address_.port);
  return {};
}

base::Result<void> Rig::StartService() {
  HONE_CHECK_OK(LaunchService());
  FindPprof();
  HONE_CHECK_OK(CheckForeignDatabases());
  HONE_CHECK_OK(Explained(LogIn()));
  HONE_CHECK_OK(CheckForeignDatabases());
  return Explained(SetUp());
}

// Where a sidecar died meanwhile, that is why the service is not ready.
base::Result<void> Rig::AwaitService() {
  const auto ready = service_->WaitReady(task_);
  HONE_CHECK_OK(sidecars_.Alive());
  if (!ready && ready.error().code == base::Code::kService) return ServiceAlive();
  return ready;
}

base::Result<void> Rig::Alive() {
  HONE_CHECK_OK(sidecars_.Alive());
  return ServiceAlive();
}

base::Result<void> Rig::ServiceAlive() {
  auto alive = service_->Alive();
  if (alive || !cgroup_) return alive;
  if (host::ParseStatusField(ReadLimits(), "oom_kill").value_or(0) == 0) return alive;
  base::Error error = alive.error();
  const auto limit = static_cast<double>(project_.service.limits.memory_bytes.value_or(0));
  error.what =
      fmt::format("The kernel killed the service at its memory limit of {}. {}", base::FormatBytes(limit), error.what);
  error.remedy = "Raise `memory` of [service.limits] in hone.toml, or set GOMEMLIMIT below it in [service.env]";
  return std::unexpected(std::move(error));
}

// Where limits cannot be applied that is said, and nothing is pretended.
void Rig::Limit(service::ServiceSpec& spec) {
  const project::ServiceLimits& limits = project_.service.limits;
  if (!limits.cpus && !limits.memory_bytes) return;
  cgroup_.reset();
  auto made = host::Cgroup::Create({limits.cpus, limits.memory_bytes}, guardian_);
  if (!made) {
    NoteOnce(fmt::format("[service.limits] is not applied ({}): times and memory are those of a service without limits",
                         made.error().what));
    return;
  }
  cgroup_.emplace(*std::move(made));
  spec.cgroups = cgroup_->folders();
}

base::Result<void> Rig::LogIn() {
  HONE_CHECK_OK(upstreams_->Mint(context_.values, std::nullopt));
  for (const project::Login& login : project_.logins) {
    HONE_TRY(const net::HttpRequest request, project::BuildLogin(login, context_));
    HONE_TRY(const net::HttpAnswer answer, SendOnce(address_, request, task_));
    HONE_TRY(const project::Values captured, project::CaptureLogin(login, answer));
    for (const auto& [name, value] : captured) {
      redactor_.AddSecret(value);
      context_.values[name] = value;
    }
  }
  return {};
}

base::Result<bool> Rig::Renew() {
  if (project_.logins.empty() && project_.tokens.empty()) return false;
  HONE_CHECK_OK(LogIn());
  return true;
}

base::Result<void> Rig::KeepFresh(base::Nanos for_ns) {
  const int64_t needed_until = base::WallSeconds() + for_ns / base::kSecond + 1;
  for (const auto& [name, value] : context_.values) {
    const auto end = name.starts_with("login.") ? service::ExpiryOf(value) : std::nullopt;
    if (end && *end <= needed_until) return LogIn();
  }
  return upstreams_->Mint(context_.values, for_ns);
}

// A step that writes must find the database open that it is meant for: see RunDry.
base::Result<void> Rig::SetUp() {
  set_up_ = project_.setup.empty();
  for (const project::Step& step : project_.setup) {
    task_.Report({"Setting up: " + step.name});
    const auto refuse = [&](const std::string& what, const std::string& remedy) {
      return base::Fail(base::Code::kPermission, what,
                        fmt::format("set-up step {}, line {} of hone.toml", step.name, step.at.line), remedy);
    };
    if (Writes(step) && !may_write())
      return refuse("It writes, and the database is not Hone's own", "--yes-write " + database_name_ + " allows it");
    if (Writes(step) && proxy_ && proxy_->counters().connections == 0) {
      return refuse("It writes, and the service has not opened the database that hone gave it",
                    "Give the service its database by ${db.url} in [service.env]; where it connects late, put a "
                    "[[setup]] step before it that reads (method = \"GET\")");
    }
    set_up_ = true;
    const auto renew = [this] { return LogIn(); };
    HONE_TRY(const project::Values captured, RunSetup(step, context_, address_, renew, task_));
    for (const auto& [name, value] : captured) {
      redactor_.AddSecret(value);
      context_.values[name] = value;
    }
    HONE_CHECK_OK(CheckForeignDatabases());
  }
  return {};
}

base::Result<void> Rig::Explained(base::Result<void> result) const {
  if (result || result.error().code == base::Code::kCancelled) return result;
  const std::vector<evidence::NotJudged> unanswered = upstreams_->Unanswered();
  if (unanswered.empty()) return result;
  const evidence::NotJudged& last = unanswered.back();
  result.error().remedy = fmt::format("Meanwhile {} {}. {}", last.subject, last.reason, last.what_would_do);
  return result;
}

// What no step made is not undone.
base::Result<void> Rig::CleanUp() {
  if (!service_ || !std::exchange(set_up_, false)) return {};
  base::Result<void> result;
  for (const project::Step& step : project_.cleanup) {
    if (LacksValue(step, context_) || (Writes(step) && !may_write())) continue;
    auto cleaned = RunCleanup(step, context_, address_);
    // One that fails does not keep the others from theirs.
    if (!cleaned && result) result = std::unexpected(cleaned.error());
  }
  std::erase_if(context_.values, [](const auto& value) { return value.first.starts_with("setup."); });
  return result;
}

void Rig::Finish() {
  if (!service_ || !service_->Alive()) return;
  if (const auto cleaned = CleanUp(); !cleaned) {
    caveats_.push_back("what the set-up made may be left: " + redactor_.Scrub(base::Sentence(cleaned.error())));
  }
}

std::optional<Rig::StartRecord> Rig::TakeStart() {
  if (!std::exchange(recording_start_, false) || !proxy_) return std::nullopt;
  return StartRecord{proxy_->StopRecording(), ready_ns_};
}

void Rig::StopService() {
  if (!service_) return;
  const service::Service::Stopped stopped = service_->Stop();
  if (!stopped.caveat.empty()) NoteOnce(stopped.caveat);
  service_.reset();
}

void Rig::NoteOnce(const std::string& caveat) {
  if (std::ranges::find(caveats_, caveat) == caveats_.end()) caveats_.push_back(caveat);
}

base::Result<void> Rig::Refresh(Before before) {
  // A service that has died meanwhile is not to be replaced by a fresh one in silence.
  if (service_ && before == Before::kHealthy) HONE_CHECK_OK(Alive());
  LookAtPeers();
  if (before == Before::kHealthy) HONE_CHECK_OK(CleanUp());
  StopService();
  for (const std::string& caveat : sidecars_.Stop(Sidecars::Which::kRestarted)) NoteOnce(caveat);
  AddIndexUse();
  if (databases() != nullptr) HONE_CHECK_OK(databases()->RestoreFromTemplate(database_name_));
  BeginIndexUse();
  HONE_CHECK_OK(sidecars_.Start(folder_, context_.values));
  return StartService();
}

void Rig::LookAtPeers() {
  std::vector<uint16_t> own = ServicePorts();
  own.push_back(address_.port);
  if (pprof_url_) {
    if (const auto debug = net::ParseUrl(*pprof_url_)) own.push_back(debug->address.port);
  }
  const uint16_t direct = cluster_ ? cluster_->dsn(database_name_).port : 0;
  std::vector<host::TcpSocket> sockets = host::ConnectionsOfTree(service_pid_);
  std::erase_if(sockets, [&](const host::TcpSocket& socket) {
    const bool database = (proxy_ && socket.remote_port == proxy_->port()) || socket.remote_port == direct;
    return database || std::ranges::find(own, socket.local_port) != own.end();
  });
  peers_.Add(sockets);
}

std::optional<std::string> Rig::Unquiet(const host::NoiseSample& before, int cores) const {
  const ProcessPoint used = SampleProcesses(service_pid_, cluster_ ? cluster_->pid() : 0);
  const int64_t own = host::SampleOwnCost().cpu_ns + std::max<int64_t>(used.service_cpu_ns, 0) +
                      std::max<int64_t>(used.database_cpu_ns, 0);
  const host::NoiseVerdict noise = host::JudgeNoise(before, host::SampleNoise(), cores, own);
  if (!noise.noisy) return std::nullopt;
  return fmt::format("the machine was not quiet: {}", fmt::join(noise.reasons, "; "));
}

std::string Rig::WhatListensAt(const Peer& peer) const {
  if (peer.machine != 0) return WhatListens(peer, "", "");
  if (peer.port == address_.port) return "the service itself";
  std::string program;
  if (const auto listener = host::ListenerOfPort(peer.port))
    program = base::ReadFile(fmt::format("/proc/{}/comm", *listener)).value_or("");
  while (program.ends_with('\n')) program.pop_back();
  return WhatListens(peer, sidecars_.OfPort(peer.port), program);
}

base::Result<void> Rig::Restart(std::map<std::string, std::string> more_env) {
  // One that never was ready (with other variables) has not died meanwhile.
  if (service_ && service_pid_ != 0) HONE_CHECK_OK(Alive());
  if (service_ && service_pid_ != 0) HONE_CHECK_OK(service_->Alive());
  HONE_CHECK_OK(CleanUp());
  StopService();
  service_pid_ = 0;
  more_env_ = std::move(more_env);
  return StartService();
}

}  // namespace hone::ops
