#include "ops/rig.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/files.h"
#include "host/machine.h"
#include "host/process_stats.h"
#include "net/http_client.h"
#include "ops/pprof_access.h"
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

// Whether PostgreSQL or a pooler before it answers at the far end of a connection: by the usual port, by the program
// that listens here, or, where that one is out of sight or only passes on, by asking.
bool IsDatabaseServer(const host::TcpSocket& socket) {
  constexpr std::array<uint16_t, 2> kUsual = {5432, 6432};
  if (std::ranges::find(kUsual, socket.remote_port) != kUsual.end()) return true;
  if (const auto listener = host::ListenerOfPort(socket.remote_port)) {
    const auto program = base::ReadFile(fmt::format("/proc/{}/comm", *listener));
    if (program && (program->starts_with("postgres") || program->starts_with("pgbouncer"))) return true;
    if (program && !program->starts_with("docker")) return false;
  }
  return pg::SpeaksPostgres(socket.remote_address, socket.remote_port);
}

base::Result<void> CheckFilledIn(const project::Project& project) {
  for (const project::Login& login : project.logins) {
    if (login.body.source().find(project::kFillIn) == std::string::npos) continue;
    return base::Fail(
        base::Code::kInput,
        fmt::format("hone.toml:{}: the account of [[login]] {} is not filled in", login.at.line, login.name), "",
        "Give it the name and password of an account that the seed makes");
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

std::vector<host::TcpSocket> ConnectionsOfTree(pid_t pid) {
  std::vector<host::TcpSocket> sockets;
  for (const pid_t one : host::ProcessTree(pid)) {
    const std::vector<host::TcpSocket> some = host::ConnectionsOf(one);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  return sockets;
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
  HONE_CHECK_OK(rig->sidecars_.Start(rig->folder_, values));
  HONE_CHECK_OK(rig->StartService());
  HONE_CHECK_OK(rig->MendPprof());
  return rig;
}

base::Result<void> Rig::StartDatabase() {
  if (!project_.database) return {};
  if (project_.database->mode == project::DatabaseMode::kEmbedded) return StartOwnCluster();
  HONE_TRY(const std::string url, project_.database->url.Expand(context_.values));
  redactor_.AddSecret(url);
  HONE_TRY(pg::Dsn dsn, pg::ParseDsn(url));
  redactor_.AddSecret(dsn.password);
  if (project_.database->scratch) {
    HONE_CHECK_OK(StartScratch(dsn));
    dsn = scratch_->databases().dsn(scratch_->name());
  }
  database_name_ = dsn.database;
  direct_ = context_.values;
  SetDatabaseValues(dsn, direct_);
  if (const auto password = dsn.parameters.find("sslpassword"); password != dsn.parameters.end())
    redactor_.AddSecret(password->second);
  HONE_CHECK_OK(StartProxy(dsn));
  if (!may_write()) dsn.parameters.try_emplace("options", "-c default_transaction_read_only=on");
  SetProxyValues(std::move(dsn));
  return {};
}

base::Result<void> Rig::StartOwnCluster() {
  task_.Report({"Starting a private PostgreSQL"});
  pg::ClusterOptions options;
  options.folder = folder_;
  options.log_statements = options_.log_statements;
  HONE_TRY(auto cluster, pg::Cluster::Start(options, guardian_, task_));
  cluster_.emplace(std::move(cluster));
  database_name_ = project_.database->name;
  HONE_CHECK_OK(cluster_->CreateDatabase(database_name_));
  pg::Dsn dsn = cluster_->dsn(database_name_);
  redactor_.AddSecret(dsn.password);
  direct_ = context_.values;
  SetDatabaseValues(dsn, direct_);
  HONE_CHECK_OK(StartProxy(dsn));
  SetProxyValues(std::move(dsn));
  return {};
}

// What the service sees of the database `dsn`.
void Rig::SetProxyValues(pg::Dsn dsn) {
  dsn.host = "127.0.0.1";
  dsn.port = proxy_->port();
  const bool secured = !authority_.empty();
  SetDatabaseValues(ForClients(std::move(dsn), secured ? "verify-full" : "disable", authority_), context_.values);
  // A service that insists on TLS does so in its migrations, too.
  if (secured) direct_ = context_.values;
}

// A database of Hone's own on the server of one of the user's.
base::Result<void> Rig::StartScratch(const pg::Dsn& beside) {
  if (options_.yes_write != pg::kScratchLeave) {
    return base::Fail(
        base::Code::kPermission,
        fmt::format("hone.toml asks for a scratch database on the server of {}, and that takes leave", beside.database),
        "",
        fmt::format(
            "--yes-write {} gives it: a database is made there and dropped at the end, and {} is not written to",
            pg::kScratchLeave, beside.database));
  }
  HONE_TRY(const auto left, pg::LeftScratches(beside));
  for (const std::string& name : left) {
    HONE_CHECK_OK(pg::DropScratch(beside, name));
    caveats_.push_back(fmt::format("dropped {}, which a run before had left", name));
  }
  task_.Report({"Making a scratch database"});
  const std::string name = pg::NewScratchName();
  HONE_TRY(scratch_keeper_, StartScratchKeeper(beside, name, guardian_));
  HONE_TRY(scratch_, pg::Scratch::Create(beside, name));
  return {};
}

// Before anything is built: a schema that cannot be made is said in the first seconds.
base::Result<void> Rig::CheckExtensions() const {
  if (databases() == nullptr) return {};
  for (const auto* patterns : {&project_.database->migrations, &project_.database->seed_files}) {
    HONE_TRY(const auto files, project::FilesOf(*patterns));
    HONE_CHECK_OK(pg::CheckExtensions(*databases(), database_name_, files));
  }
  return {};
}

void Rig::SetDatabaseValues(const pg::Dsn& dsn, project::Values& values) const {
  values["db.url"] = pg::ToUrl(dsn);
  values["db.host"] = dsn.host;
  values["db.port"] = std::to_string(dsn.port);
  values["db.user"] = dsn.user;
  values["db.password"] = dsn.password;
  values["db.name"] = dsn.database;
  const auto parameter = [&](const char* name) {
    const auto found = dsn.parameters.find(name);
    return found == dsn.parameters.end() ? std::string() : found->second;
  };
  values["db.sslmode"] = parameter("sslmode");
  values["db.ca"] = parameter("sslrootcert");
}

base::Result<void> Rig::StartProxy(const pg::Dsn& upstream) {
  sql::ProxyOptions options;
  options.upstream_host = upstream.host;
  options.upstream_port = upstream.port;
  HONE_TRY(options.upstream_tls, ChooseUpstreamTls(upstream));
  if (project_.database->tls) {
    HONE_TRY(const net::RunCertificate made, net::MakeRunCertificate({upstream.host}));
    HONE_TRY(options.tls, net::TlsContext::ForServer(made));
    authority_ = folder_ / "ca.pem";
    HONE_CHECK_OK(base::WriteFile(authority_, made.authority_pem));
  }
  HONE_TRY(proxy_, sql::Proxy::Start(options));
  return {};
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

base::Result<void> Rig::PrepareDatabase() {
  if (!project_.database) return {};
  const project::Database& database = *project_.database;
  const bool wants_writes = !database.migrations.empty() || !database.migrate.empty() || !database.seed.empty() ||
                            !database.seed_files.empty();
  if (!may_write()) {
    if (wants_writes)
      caveats_.push_back(
          fmt::format("migrations and seed were not run: {} is not Hone's own (--yes-write {} allows it)",
                      database_name_, database_name_));
    return {};
  }
  task_.Report({"Migrating and seeding the database"});
  const auto run_files = [&](const std::vector<std::filesystem::path>& patterns) -> base::Result<void> {
    HONE_TRY(const auto files, project::FilesOf(patterns));
    for (const auto& file : files) {
      HONE_CHECK_OK(task_.Check());
      if (databases() != nullptr) HONE_CHECK_OK(databases()->RunFile(database_name_, file));
    }
    return {};
  };
  const auto run_command = [&](std::string_view what, const project::Words& words) -> base::Result<void> {
    if (words.empty()) return {};
    HONE_TRY(const service::Command command, MakeCommand(words, direct_));
    return service::RunCommand(what, command, redactor_, guardian_, task_);
  };
  if (databases() == nullptr && !(database.migrations.empty() && database.seed_files.empty())) {
    caveats_.emplace_back("SQL files are run on Hone's own databases only; migrate and seed commands were run");
  }
  HONE_CHECK_OK(run_files(database.migrations));
  HONE_CHECK_OK(run_command("migrate", database.migrate));
  HONE_CHECK_OK(run_files(database.seed_files));
  HONE_CHECK_OK(run_command("seed", database.seed));
  return databases() != nullptr ? databases()->MakeTemplate(database_name_) : base::Result<void>();
}

bool Rig::may_write() const {
  if (!project_.database) return true;
  return databases() != nullptr || (!options_.yes_write.empty() && options_.yes_write == database_name_);
}

// A driver that is not told where its database is looks for one on this machine by itself: it finds Hone's. Without
// leave to write, the sessions of any database only read, however the service puts its DSN together.
void Rig::AddDatabaseDefaults(const project::Values& values, std::map<std::string, std::string>& env) const {
  constexpr std::array<std::pair<const char*, const char*>, 5> kDefaults = {{{"PGHOST", "db.host"},
                                                                             {"PGPORT", "db.port"},
                                                                             {"PGUSER", "db.user"},
                                                                             {"PGPASSWORD", "db.password"},
                                                                             {"PGDATABASE", "db.name"}}};
  for (const auto& [variable, value] : kDefaults) env.try_emplace(variable, values.at(value));
  env.try_emplace("PGSSLMODE", values.at("db.sslmode"));
  if (!authority_.empty()) env.try_emplace("PGSSLROOTCERT", authority_.string());
  if (!may_write()) env.try_emplace("PGOPTIONS", "-c default_transaction_read_only=on");
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
  for (const project::File& file : project_.service.files) {
    HONE_TRY(const std::string path, file.path.Expand(values));
    HONE_TRY(std::string content, file.content.Expand(values));
    spec.files.emplace_back(path, std::move(content));
  }
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

base::Result<void> Rig::StartService() {
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
  HONE_TRY(auto started, service::Service::Start(spec, redactor_, guardian_));
  service_.emplace(std::move(started));
  HONE_CHECK_OK(Explained(AwaitService()));
  service_pid_ = service_->ServingPid(address_.port);
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
  if (host::ParseStatusField(host::ReadCgroup(cgroup_->folder()), "oom_kill").value_or(0) == 0) return alive;
  base::Error error = alive.error();
  error.what = "The kernel killed the service at its memory limit. " + error.what;
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
  spec.cgroup = cgroup_->folder();
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
  constexpr base::Nanos kSecond = 1'000'000'000;
  const int64_t needed_until = base::WallSeconds() + for_ns / kSecond + 1;
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

void Rig::StopService() {
  if (!service_) return;
  const service::Service::Stopped stopped = service_->Stop();
  if (!stopped.caveat.empty()) NoteOnce(stopped.caveat);
  service_.reset();
}

void Rig::NoteOnce(const std::string& caveat) {
  if (std::ranges::find(caveats_, caveat) == caveats_.end()) caveats_.push_back(caveat);
}

base::Result<void> Rig::Refresh() {
  // A service that has died meanwhile is not to be replaced by a fresh one in silence.
  if (service_) HONE_CHECK_OK(Alive());
  LookAtPeers();
  HONE_CHECK_OK(CleanUp());
  StopService();
  for (const std::string& caveat : sidecars_.Stop(Sidecars::Which::kRestarted)) NoteOnce(caveat);
  if (databases() != nullptr) HONE_CHECK_OK(databases()->RestoreFromTemplate(database_name_));
  HONE_CHECK_OK(sidecars_.Start(folder_, context_.values));
  return StartService();
}

base::Result<void> Rig::CheckForeignDatabases() {
  for (const host::TcpSocket& socket : ConnectionsOfTree(service_pid_)) {
    const bool given = (proxy_ && socket.remote_port == proxy_->port()) || socket.local_port == address_.port;
    if (given || harmless_.contains({socket.remote_address, socket.remote_port})) continue;
    // Hone's own, but past the proxy: BypassingConnections() counts those.
    const bool own = cluster_ && host::ListenerOfPort(socket.remote_port) == cluster_->pid();
    if (own || !IsDatabaseServer(socket)) {
      harmless_.insert({socket.remote_address, socket.remote_port});
      continue;
    }
    return base::Fail(base::Code::kService,
                      "The service is connected to a PostgreSQL that hone did not give it, so nothing is asked of it",
                      fmt::format("{}:{}", socket.remote_address, socket.remote_port),
                      "Add [database] to hone.toml, and give the service its database by ${db.url} (or ${db.host}, "
                      "${db.port}, ${db.user}, ${db.password}, ${db.name}) in [service.env]");
  }
  return {};
}

void Rig::LookAtPeers() {
  std::vector<uint16_t> own = ServicePorts();
  own.push_back(address_.port);
  if (pprof_url_) {
    if (const auto debug = net::ParseUrl(*pprof_url_)) own.push_back(debug->address.port);
  }
  const uint16_t direct = cluster_ ? cluster_->dsn(database_name_).port : 0;
  std::vector<host::TcpSocket> sockets = ConnectionsOfTree(service_pid_);
  std::erase_if(sockets, [&](const host::TcpSocket& socket) {
    const bool database = (proxy_ && socket.remote_port == proxy_->port()) || socket.remote_port == direct;
    return database || std::ranges::find(own, socket.local_port) != own.end();
  });
  peers_.Add(sockets);
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

base::Result<size_t> Rig::BypassingConnections() {
  if (databases() == nullptr || !proxy_) return 0;
  HONE_TRY(const auto connections, databases()->ConnectionsOf(database_name_));
  const std::vector<uint16_t> through = proxy_->UpstreamPorts();
  return static_cast<size_t>(std::ranges::count_if(connections, [&](const pg::Connection& connection) {
    return !std::ranges::binary_search(through, connection.client_port);
  }));
}

}  // namespace hone::ops
