#include "ops/rig.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/files.h"
#include "host/process_stats.h"
#include "net/http_client.h"
#include "ops/pprof_access.h"
#include "pg/dsn.h"
#include "pg/probe.h"
#include "service/instrument.h"
#include "service/instrument_source.h"

namespace hone::ops {
namespace {

constexpr base::Nanos kRequestTimeout = 30'000'000'000;

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

}  // namespace

Rig::Rig(const project::Project& project, const RigOptions& options, host::Guardian& guardian,
         evidence::Redactor& redactor, base::Task& task)
    : project_(project), options_(options), guardian_(guardian), redactor_(redactor), task_(task) {}

Rig::~Rig() {
  StopService();
  proxy_.reset();
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
  HONE_CHECK_OK(rig->StartDatabase());
  HONE_CHECK_OK(rig->BuildService());
  HONE_CHECK_OK(rig->PrepareDatabase());
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
  database_name_ = dsn.database;
  direct_ = context_.values;
  SetDatabaseValues(dsn, direct_);
  HONE_CHECK_OK(StartProxy(dsn.host, dsn.port));
  dsn.host = "127.0.0.1";
  dsn.port = proxy_->port();
  if (!may_write()) dsn.parameters.try_emplace("options", "-c default_transaction_read_only=on");
  SetDatabaseValues(dsn, context_.values);
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
  HONE_CHECK_OK(StartProxy(dsn.host, dsn.port));
  dsn.port = proxy_->port();
  SetDatabaseValues(dsn, context_.values);
  return {};
}

void Rig::SetDatabaseValues(const pg::Dsn& dsn, project::Values& values) const {
  values["db.url"] = pg::ToUrl(dsn);
  values["db.host"] = dsn.host;
  values["db.port"] = std::to_string(dsn.port);
  values["db.user"] = dsn.user;
  values["db.password"] = dsn.password;
  values["db.name"] = dsn.database;
}

base::Result<void> Rig::StartProxy(const std::string& host, uint16_t port) {
  sql::ProxyOptions options;
  options.upstream_host = host;
  options.upstream_port = port;
  HONE_TRY(proxy_, sql::Proxy::Start(options));
  return {};
}

base::Result<std::map<std::string, std::string>> Rig::ExpandEnvironment(const project::Environment& environment,
                                                                        const project::Values& values) const {
  std::map<std::string, std::string> expanded;
  for (const auto& [name, value] : environment) {
    HONE_TRY(expanded[name], value.Expand(values));
    redactor_.AddSecret(expanded[name]);
  }
  return expanded;
}

base::Result<service::Command> Rig::MakeCommand(const project::Words& words, const project::Values& values) const {
  service::Command command;
  for (const project::Template& word : words) {
    HONE_TRY(command.argv.emplace_back(), word.Expand(values));
  }
  command.dir = project_.service.dir;
  HONE_TRY(command.env, ExpandEnvironment(project_.service.env, values));
  if (project_.database) {
    HONE_TRY(const auto more, ExpandEnvironment(project_.database->env, values));
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
      if (cluster_) HONE_CHECK_OK(cluster_->RunFile(database_name_, file));
    }
    return {};
  };
  const auto run_command = [&](std::string_view what, const project::Words& words) -> base::Result<void> {
    if (words.empty()) return {};
    HONE_TRY(const service::Command command, MakeCommand(words, direct_));
    return service::RunCommand(what, command, redactor_, guardian_, task_);
  };
  if (!cluster_ && !(database.migrations.empty() && database.seed_files.empty())) {
    caveats_.emplace_back("SQL files are run on Hone's own databases only; migrate and seed commands were run");
  }
  HONE_CHECK_OK(run_files(database.migrations));
  HONE_CHECK_OK(run_command("migrate", database.migrate));
  HONE_CHECK_OK(run_files(database.seed_files));
  HONE_CHECK_OK(run_command("seed", database.seed));
  return cluster_ ? cluster_->MakeTemplate(database_name_) : base::Result<void>();
}

bool Rig::may_write() const {
  if (!project_.database) return true;
  return cluster_.has_value() || (!options_.yes_write.empty() && options_.yes_write == database_name_);
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
  if (!may_write()) env.try_emplace("PGOPTIONS", "-c default_transaction_read_only=on");
}

base::Result<service::ServiceSpec> Rig::MakeSpec() const {
  const project::Values& values = context_.values;
  service::ServiceSpec spec;
  spec.name = project_.service.name;
  spec.run_dir = folder_;
  HONE_TRY(service::Command command, MakeCommand(project_.service.run, values));
  spec.argv = std::move(command.argv);
  spec.dir = project_.service.dir;
  HONE_TRY(spec.env, ExpandEnvironment(project_.service.env, values));
  for (const auto& [name, value] : more_env_) spec.env[name] = value;
  if (project_.database) AddDatabaseDefaults(values, spec.env);
  for (const project::File& file : project_.service.files) {
    HONE_TRY(const std::string path, file.path.Expand(values));
    HONE_TRY(std::string content, file.content.Expand(values));
    spec.files.emplace_back(path, std::move(content));
  }
  for (const std::string& port : project_.ports)
    spec.ports.push_back(static_cast<uint16_t>(std::stoi(values.at(port))));
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
  HONE_TRY(auto started, service::Service::Start(spec, redactor_, guardian_));
  service_.emplace(std::move(started));
  HONE_CHECK_OK(service_->WaitReady(task_));
  service_pid_ = service_->ServingPid(address_.port);
  FindPprof();
  HONE_CHECK_OK(CheckForeignDatabases());
  HONE_CHECK_OK(LogIn());
  return CheckForeignDatabases();
}

base::Result<void> Rig::LogIn() {
  for (const project::Login& login : project_.logins) {
    HONE_TRY(const net::HttpRequest request, project::BuildLogin(login, context_));
    const base::Nanos deadline = task_.clock().Now() + kRequestTimeout;
    HONE_TRY(auto connection, net::HttpConnection::Open(address_, deadline));
    HONE_TRY(const net::HttpAnswer answer, connection.Exchange(request, deadline));
    HONE_TRY(const project::Values captured, project::CaptureLogin(login, answer));
    for (const auto& [name, value] : captured) {
      redactor_.AddSecret(value);
      context_.values[name] = value;
    }
  }
  return {};
}

void Rig::StopService() {
  if (!service_) return;
  const service::Service::Stopped stopped = service_->Stop();
  if (!stopped.caveat.empty() && std::ranges::find(caveats_, stopped.caveat) == caveats_.end())
    caveats_.push_back(stopped.caveat);
  service_.reset();
}

base::Result<void> Rig::Refresh() {
  // A service that has died meanwhile is not to be replaced by a fresh one in silence.
  if (service_) HONE_CHECK_OK(service_->Alive());
  StopService();
  if (cluster_) HONE_CHECK_OK(cluster_->RestoreFromTemplate(database_name_));
  return StartService();
}

base::Result<void> Rig::CheckForeignDatabases() {
  std::vector<host::TcpSocket> sockets;
  for (const pid_t pid : host::ProcessTree(service_pid_)) {
    const std::vector<host::TcpSocket> some = host::ConnectionsOf(pid);
    sockets.insert(sockets.end(), some.begin(), some.end());
  }
  for (const host::TcpSocket& socket : sockets) {
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

base::Result<void> Rig::Restart(std::map<std::string, std::string> more_env) {
  // One that never was ready (with other variables) has not died meanwhile.
  if (service_ && service_pid_ != 0) HONE_CHECK_OK(service_->Alive());
  StopService();
  service_pid_ = 0;
  more_env_ = std::move(more_env);
  return StartService();
}

base::Result<size_t> Rig::BypassingConnections() {
  if (!cluster_ || !proxy_) return 0;
  HONE_TRY(const auto connections, cluster_->ConnectionsOf(database_name_));
  const std::vector<uint16_t> through = proxy_->UpstreamPorts();
  return static_cast<size_t>(std::ranges::count_if(connections, [&](const pg::Connection& connection) {
    return !std::ranges::binary_search(through, connection.client_port);
  }));
}

}  // namespace hone::ops
