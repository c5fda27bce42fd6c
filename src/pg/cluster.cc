#include "pg/cluster.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/files.h"
#include "base/hash.h"
#include "host/child.h"
#include "host/process_stats.h"
#include "pg/connection.h"
#include "pg/data_folder.h"

namespace hone::pg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLogMark = "@hone@";
constexpr std::chrono::milliseconds kGrace = std::chrono::seconds(5);

// Entries of the log that begin with kLogMark, without it; continued lines (they begin with a tab) joined by spaces.
std::vector<std::string> LogEntries(std::string_view log) {
  std::vector<std::string> entries;
  for (size_t at = 0; at < log.size();) {
    const size_t end = std::min(log.find('\n', at), log.size());
    const std::string_view line = log.substr(at, end - at);
    at = end + 1;
    if (line.starts_with(kLogMark)) {
      entries.emplace_back(line.substr(kLogMark.size()));
    } else if (!entries.empty() && line.starts_with('\t')) {
      entries.back() += " " + std::string(line.substr(1));
    }
  }
  return entries;
}

std::vector<std::string> ParseStatementLog(std::string_view log) {
  std::vector<std::string> statements;
  for (const std::string& entry : LogEntries(log)) {
    const size_t database = entry.find('@');
    const size_t application = entry.find('@', database + 1);
    if (application == std::string::npos) continue;
    const std::string_view program = std::string_view(entry).substr(database + 1, application - database - 1);
    const std::string_view rest = std::string_view(entry).substr(application + 1);
    const size_t text = rest.find(": ", rest.find("LOG:  ") + 6);
    const bool statement = rest.starts_with("LOG:  statement: ") || rest.starts_with("LOG:  execute ");
    if (!statement || program == "hone" || text == std::string_view::npos) continue;
    statements.push_back(fmt::format("{}\t{}\t{}", entry.substr(0, database), program, rest.substr(text + 2)));
  }
  return statements;
}

}  // namespace

struct Cluster::State {
  State(const ClusterOptions& given, const host::Guardian& keeper) : options(given), guardian(keeper) {}

  base::Result<void> Begin(CacheUse use, const base::Task& task);
  base::Result<void> Prepare(CacheUse use, const base::Task& task);
  base::Result<void> Launch(bool with_statistics, const base::Task& task);
  base::Result<void> AwaitReady(const base::Task& task);
  host::ChildSpec Spec(bool with_statistics) const;
  base::Result<Rows> Run(std::string_view database, std::string_view text) const {
    return RunOnce(Address(database), text);
  }
  Dsn Address(std::string_view database) const {
    return {.host = "127.0.0.1",
            .port = port,
            .user = "postgres",
            .password = password,
            .database = std::string(database),
            .parameters = {{"sslmode", "disable"}}};
  }
  base::Result<std::string> WholeLog() const;

  ClusterOptions options;
  const host::Guardian& guardian;
  Installation installation;
  std::optional<host::Identity> identity;
  fs::path home;
  fs::path data;
  uint16_t port = 0;
  std::string password;
  bool cached = false;  // the data folder came out of the cache
  bool statistics = false;
  std::optional<host::Child> server;
  std::optional<Databases> databases;  // once it runs
};

base::Result<void> Cluster::State::Prepare(CacheUse use, const base::Task& task) {
  HONE_TRY(installation, FindInstallation(guardian, task));
  identity = ServerIdentity();
  home = options.folder / "pg";
  HONE_CHECK_OK(base::MakeDirectories(home, 0700));
  if (identity && ::chown(home.c_str(), identity->uid, identity->gid) != 0) {
    return base::FailErrno(errno, "Cannot give a folder away", home.string());
  }
  const fs::path cache = options.cache.empty() ? DefaultCache() : options.cache;
  HONE_TRY(const DataFolder folder, MakeDataFolder(installation, home, cache, identity, guardian, task, use));
  data = folder.path;
  password = folder.password;
  cached = folder.cached;
  return {};
}

// Production's durability stays as the server has it by default: fsync, synchronous_commit and full_page_writes are on,
// because what they cost is part of what a service costs.
host::ChildSpec Cluster::State::Spec(bool with_statistics) const {
  host::ChildSpec spec;
  spec.argv = {(installation.bin / "postgres").string(), "-D", data.string(), "-p", std::to_string(port)};
  std::map<std::string, std::string> settings = {{"listen_addresses", "127.0.0.1"},
                                                 {"unix_socket_directories", ""},
                                                 {"max_connections", std::to_string(options.max_connections)},
                                                 {"logging_collector", "off"},
                                                 {"log_destination", "stderr"},
                                                 {"lc_messages", "C"}};
  if (with_statistics) {
    settings["shared_preload_libraries"] = "pg_stat_statements";
    settings["pg_stat_statements.track"] = "top";
  }
  if (options.log_statements) {
    settings["log_statement"] = "all";
    settings["log_line_prefix"] = std::string(kLogMark) + "%d@%a@";
  }
  for (const auto& [name, value] : options.settings) settings[name] = value;
  for (const auto& [name, value] : settings) {
    spec.argv.emplace_back("-c");
    spec.argv.push_back(name + "=" + value);
  }
  spec.env = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
  spec.cwd = home;
  spec.run_as = identity;
  spec.log = options.folder / "postgresql.log";
  if (options.log_statements) spec.log_limit = uint64_t{1} << 30;
  spec.stop_signal = SIGQUIT;  // immediate: the data are thrown away anyway
  spec.grace = kGrace;
  return spec;
}

base::Result<void> Cluster::State::AwaitReady(const base::Task& task) {
  constexpr base::Nanos kAtMost = 60'000'000'000;
  constexpr int kPollMs = 20;
  const base::Nanos deadline = task.clock().Now() + kAtMost;
  while (!Accepts(Address("postgres"))) {
    HONE_CHECK_OK(task.Check());
    if (const auto exit = server->Exited()) {
      const std::string last = server->LastLines(5);
      const bool full = last.find("No space left") != std::string::npos;
      return base::Fail(full ? base::Code::kNoSpace : base::Code::kService,
                        fmt::format("PostgreSQL did not start ({})", exit->Text()), last,
                        full ? "Free some disk space and run again" : "");
    }
    if (task.clock().Now() > deadline)
      return base::Fail(base::Code::kTimeout, "PostgreSQL was not ready within 60 s", server->LastLines(5));
    pollfd ended{server->pidfd(), POLLIN, 0};
    poll(&ended, 1, kPollMs);
  }
  return {};
}

base::Result<void> Cluster::State::Launch(bool with_statistics, const base::Task& task) {
  constexpr int kTries = 3;  // somebody may take the port between its choice and the server's start
  base::Result<void> ready;
  for (int i = 0; i < kTries; ++i) {
    HONE_TRY(port, host::FreePort());
    HONE_TRY(server, host::Child::Start(Spec(with_statistics), guardian));
    ready = AwaitReady(task);
    if (ready || ready.error().subject.find("could not bind") == std::string::npos) break;
  }
  statistics = ready && with_statistics;
  return ready;
}

// Fills the data folder and starts a server in it, under a password that only this run knows.
base::Result<void> Cluster::State::Begin(CacheUse use, const base::Task& task) {
  HONE_CHECK_OK(Prepare(use, task));
  auto started = Launch(true, task);
  const bool no_statistics = !started && started.error().subject.find("pg_stat_statements") != std::string::npos;
  if (no_statistics) started = Launch(false, task);
  HONE_CHECK_OK(started);
  const std::string fresh = base::Sha256Hex(base::RandomBytes(32)).substr(0, 32);
  HONE_CHECK_OK(ChangePassword(Address("postgres"), fresh));
  password = fresh;
  databases.emplace(Address("postgres"), installation.major, Standing::kSuperuser);
  if (statistics) HONE_CHECK_OK(Run("postgres", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"));
  return {};
}

// The log once it holds everything that was written until now: the server writes a mark of our own behind it, and what
// it writes reaches the file in order, but a moment later.
base::Result<std::string> Cluster::State::WholeLog() const {
  constexpr base::Nanos kPoll = 5'000'000;
  constexpr base::Nanos kAtMost = 20'000'000'000;
  const std::string mark = "hone-log-mark-" + base::Sha256Hex(base::RandomBytes(16)).substr(0, 16);
  HONE_CHECK_OK(Run("postgres", fmt::format("DO $$ BEGIN RAISE LOG '{}'; END $$", mark)));
  base::Clock& clock = base::SystemClock();
  for (const base::Nanos deadline = clock.Now() + kAtMost; clock.Now() < deadline;
       clock.SleepUntil(clock.Now() + kPoll)) {
    HONE_TRY(std::string log, base::ReadFile(options.folder / "postgresql.log"));
    if (log.find("LOG:  " + mark) != std::string::npos) return log;
  }
  return base::Fail(base::Code::kTimeout, "PostgreSQL's log is not complete",
                    (options.folder / "postgresql.log").string());
}

Cluster::Cluster(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cluster::Cluster(Cluster&&) noexcept = default;
Cluster& Cluster::operator=(Cluster&&) noexcept = default;

Cluster::~Cluster() {
  if (state_ && state_->server) state_->server->Stop(kGrace);
}

base::Result<Cluster> Cluster::Start(const ClusterOptions& options, const host::Guardian& guardian,
                                     const base::Task& task) {
  auto state = std::make_unique<State>(options, guardian);
  auto begun = state->Begin(CacheUse::kTake, task);
  const bool damaged = !begun && state->cached &&
                       (begun.error().code == base::Code::kService || begun.error().code == base::Code::kNetwork);
  if (damaged) {
    state->server.reset();
    host::RemoveTree(state->data);
    begun = state->Begin(CacheUse::kReplace, task);
  }
  HONE_CHECK_OK(begun);
  return Cluster(std::move(state));
}

Dsn Cluster::dsn(std::string_view database) const { return state_->Address(database); }
const Installation& Cluster::installation() const { return state_->installation; }
pid_t Cluster::pid() const { return state_->server->pid(); }
bool Cluster::has_stat_statements() const { return state_->statistics; }

const Databases& Cluster::databases() const { return *state_->databases; }

base::Result<void> Cluster::CreateDatabase(std::string_view name) { return databases().Create(name); }
base::Result<bool> Cluster::DatabaseExists(std::string_view name) { return databases().Exists(name); }
base::Result<Rows> Cluster::RunSql(std::string_view database, std::string_view text) {
  return databases().RunSql(database, text);
}
base::Result<void> Cluster::RunFile(std::string_view database, const fs::path& file) {
  return databases().RunFile(database, file);
}
base::Result<void> Cluster::MakeTemplate(std::string_view database) { return databases().MakeTemplate(database); }
base::Result<void> Cluster::RestoreFromTemplate(std::string_view database) {
  return databases().RestoreFromTemplate(database);
}
base::Result<void> Cluster::CloneTemplate(std::string_view database, std::string_view name) {
  return databases().CloneTemplate(database, name);
}
base::Result<void> Cluster::DropDatabase(std::string_view name) { return databases().Drop(name); }
base::Result<void> Cluster::Checkpoint() { return databases().Checkpoint(); }
base::Result<std::vector<Connection>> Cluster::ConnectionsOf(std::string_view database) {
  return databases().ConnectionsOf(database);
}

base::Result<std::vector<std::string>> Cluster::StatementLog() const {
  HONE_TRY(const std::string log, state_->WholeLog());
  return ParseStatementLog(log);
}

base::Result<void> Cluster::Stop() {
  if (const auto exit = state_->server->Exited()) {
    return base::Fail(base::Code::kService, fmt::format("PostgreSQL ended by itself ({})", exit->Text()),
                      state_->server->LastLines(5));
  }
  state_->server->Stop(kGrace);
  return {};
}

bool Cluster::Alive() { return !state_->server->Exited().has_value(); }

}  // namespace hone::pg
