// The database that the service is given: started or entered, filled, reached through the proxy and nowhere else.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/files.h"
#include "host/process_stats.h"
#include "ops/rig.h"
#include "ops/scratch_keeper.h"
#include "ops/upstream.h"
#include "pg/connection.h"
#include "pg/dsn.h"
#include "pg/extensions.h"
#include "pg/probe.h"

namespace hone::ops {
namespace {

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

}  // namespace

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
  database_ = dsn;
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
  database_ = dsn;
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

base::Result<void> Rig::PrepareDatabase() {
  if (!project_.database) return {};
  const project::Database& database = *project_.database;
  const bool wants_writes = !database.migrations.empty() || !database.migrate.empty() || database.migrate_at_start ||
                            !database.seed.empty() || !database.seed_files.empty();
  if (!may_write()) {
    if (wants_writes)
      caveats_.push_back(
          fmt::format("migrations and seed were not run: {} is not Hone's own (--yes-write {} allows it)",
                      database_name_, database_name_));
    return {};
  }
  task_.Report({"Migrating and seeding the database"});
  HONE_TRY(const auto variables, ExpandEnvironment(database.vars, direct_, redactor_));
  const pg::PsqlVariables vars(variables.begin(), variables.end());
  const auto run_files = [&](const std::vector<std::filesystem::path>& patterns) -> base::Result<void> {
    HONE_TRY(const auto files, project::FilesOf(patterns));
    for (const auto& file : files) {
      HONE_CHECK_OK(task_.Check());
      if (databases() != nullptr) HONE_CHECK_OK(databases()->RunFile(database_name_, file, vars));
    }
    return {};
  };
  const auto run_command = [&](std::string_view what, const project::Words& words) -> base::Result<void> {
    if (words.empty()) return {};
    HONE_TRY(const service::Command command, MakeCommand(words, direct_));
    // A subcommand of the service reads them, too.
    HONE_TRY(const service::Files files, MakeFiles(direct_));
    HONE_CHECK_OK(service::WriteFiles(folder_, files));
    return service::RunCommand(what, command, redactor_, guardian_, task_);
  };
  if (databases() == nullptr && !(database.migrations.empty() && database.seed_files.empty())) {
    caveats_.emplace_back("SQL files are run on Hone's own databases only; migrate and seed commands were run");
  }
  HONE_CHECK_OK(run_files(database.migrations));
  HONE_CHECK_OK(run_command("migrate", database.migrate));
  if (database.migrate_at_start) HONE_CHECK_OK(MigrateByService());
  bool lacking = false;
  if (database.migrate_at_start) {
    HONE_TRY(const bool has_tables, HasTables());
    lacking = !has_tables;
  }
  if (!lacking) HONE_CHECK_OK(run_files(database.seed_files));
  HONE_CHECK_OK(run_command("seed", database.seed));
  if (lacking) {
    // A command that seeds may make the tables instead of the service.
    HONE_CHECK_OK(CheckTables());
    HONE_CHECK_OK(run_files(database.seed_files));
  }
  return databases() != nullptr ? databases()->MakeTemplate(database_name_) : base::Result<void>();
}

// A service that makes its tables when it starts is started once for that, with the sidecars that it may need, and
// ended.
base::Result<void> Rig::MigrateByService() {
  HONE_CHECK_OK(sidecars_.Start(folder_, context_.values));
  HONE_CHECK_OK(LaunchService());
  HONE_CHECK_OK(CheckForeignDatabases());
  StopService();
  service_pid_ = 0;
  for (const std::string& caveat : sidecars_.Stop(Sidecars::Which::kRestarted)) NoteOnce(caveat);
  return {};
}

base::Result<void> Rig::CheckTables() const {
  HONE_TRY(const bool has_tables, HasTables());
  if (has_tables) return {};
  return base::Fail(base::Code::kInput,
                    "hone.toml says that the service makes its tables at its start, and it was ready without any",
                    "[database] migrate_at_start", "Name its migrations there by `migrations` or `migrate` instead");
}

// Whether the service's database has any table. One that is not Hone's own is not asked.
base::Result<bool> Rig::HasTables() const {
  if (databases() == nullptr) return true;
  HONE_TRY(
      const pg::Rows tables,
      databases()->RunSql(database_name_,
                          "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
                          "('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"));
  return !tables.rows.empty();
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

base::Result<void> Rig::CheckForeignDatabases() {
  for (const host::TcpSocket& socket : host::ConnectionsOfTree(service_pid_)) {
    const bool given = (proxy_ && socket.remote_port == proxy_->port()) || socket.local_port == address_.port;
    if (given || harmless_.contains({socket.remote_address, socket.remote_port})) continue;
    // Hone's own, but past the proxy: CheckBypass() sees those.
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

// What cannot be counted is noted in the log.
void Rig::BeginIndexUse() {
  if (cluster_ && options_.watch_database) (void)index_use_.Begin(cluster_->databases(), database_name_);
}

void Rig::AddIndexUse() {
  if (cluster_ && options_.watch_database) (void)index_use_.End(cluster_->databases(), database_name_, task_);
}

std::optional<std::map<std::string, CountedIndex>> Rig::EndIndexUse() {
  StopService();
  sidecars_.Stop(Sidecars::Which::kAll);
  AddIndexUse();
  if (!cluster_ || !options_.watch_database || !index_use_.complete()) return std::nullopt;
  return index_use_.uses();
}

base::Result<pg::Rows> Rig::AskDatabase(std::string_view text) const {
  if (!view_) return AskDatabaseNow(text);
  auto rows = view_->Run(ForAsking() + std::string(text));
  // Back to the savepoint, so that neither an error nor a lock stays. A view that is lost shows nothing any more.
  if (view_->Run("ROLLBACK TO SAVEPOINT seen")) return rows;
  view_.reset();
  return AskDatabaseNow(text);
}

base::Result<pg::Rows> Rig::AskDatabaseNow(std::string_view text) const {
  if (!database_) return base::Fail(base::Code::kInput, "The service has no database");
  return pg::RunOnce(*database_, "SET TRANSACTION READ ONLY; " + ForAsking() + std::string(text));
}

// Settings stay with nobody. Which indexes of Hone's own database are used is counted.
std::string Rig::ForAsking() const {
  std::string statements = "SET LOCAL statement_timeout = '10s'; ";
  if (cluster_)
    statements +=
        "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL "
        "enable_bitmapscan = off; ";
  return statements;
}

Rig::HeldView::HeldView(Rig& rig) : rig_(rig) {
  if (rig.databases() == nullptr || !rig.database_) return;
  auto session = pg::Session::Open(*rig.database_);
  // Since PostgreSQL 17; older ones refuse it.
  if (session) (void)session->Run("SET transaction_timeout = 0");
  // The first SELECT takes the snapshot.
  if (session && session->Run("SET idle_in_transaction_session_timeout = 0") &&
      session->Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1; SAVEPOINT seen"))
    rig.view_ = std::make_shared<pg::Session>(*std::move(session));
}

Rig::HeldView::~HeldView() { rig_.view_.reset(); }

base::Result<void> Rig::CheckBypass() {
  if (databases() == nullptr || !proxy_) return {};
  HONE_TRY(const auto connections, databases()->ConnectionsOf(database_name_));
  const std::vector<uint16_t> through = proxy_->UpstreamPorts();
  const auto bypassing = std::ranges::count_if(connections, [&](const pg::Connection& connection) {
    return !std::ranges::binary_search(through, connection.client_port);
  });
  if (bypassing == 0) return {};
  return base::Fail(base::Code::kService,
                    fmt::format("{} of the service's database connections bypassed the proxy", bypassing),
                    project_.service.name, std::string(kGiveDatabase));
}

}  // namespace hone::ops
