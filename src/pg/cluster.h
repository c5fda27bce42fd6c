// A private PostgreSQL for one run: started from a cached template, on a port of 127.0.0.1 that the kernel chose, gone
// at the end.
//
// It runs with production's durability, under the guardian, as an unprivileged user when hone is root. Databases on it
// are Hone's own: set-up and writes need no permission here.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "host/guardian.h"
#include "pg/databases.h"
#include "pg/dsn.h"
#include "pg/installation.h"

namespace hone::pg {

struct ClusterOptions {
  std::filesystem::path folder = {};  // a run folder; the cluster makes `folder`/pg
  bool log_statements = false;        // log_statement=all into a file: see Cluster::StatementLog
  int max_connections = 200;
  std::map<std::string, std::string> settings = {};  // further server settings, last word
  std::filesystem::path cache = {};  // empty: $XDG_CACHE_HOME/hone or ~/.cache/hone; where initdb's result is kept
};

class Cluster {
 public:
  // Finds the server, fills the data folder from the cache (running initdb the first time), starts it and waits until
  // it accepts. kEnvironment (no server), kNoSpace, kTimeout, kService with the server's last lines, kCancelled.
  static base::Result<Cluster> Start(const ClusterOptions& options, const host::Guardian& guardian,
                                     const base::Task& task);
  Cluster(Cluster&&) noexcept;
  Cluster& operator=(Cluster&&) noexcept;
  ~Cluster();  // stops it at once (SIGQUIT); the folder belongs to the run

  // The superuser's way in, by TCP; sslmode=disable.
  Dsn dsn(std::string_view database) const;
  const Installation& installation() const;
  pid_t pid() const;  // the postmaster; its backends are its children
  bool has_stat_statements() const;

  // What is done with its databases; valid as long as the cluster. The functions below are short for them.
  const Databases& databases() const;
  base::Result<void> CreateDatabase(std::string_view name);
  base::Result<bool> DatabaseExists(std::string_view name);
  base::Result<Rows> RunSql(std::string_view database, std::string_view text);
  base::Result<void> RunFile(std::string_view database, const std::filesystem::path& file);
  base::Result<void> MakeTemplate(std::string_view database);
  base::Result<void> RestoreFromTemplate(std::string_view database);
  base::Result<void> Checkpoint();
  base::Result<void> CloneTemplate(std::string_view database, std::string_view name);
  base::Result<void> DropDatabase(std::string_view name);
  base::Result<std::vector<Connection>> ConnectionsOf(std::string_view database);

  // With log_statements: what clients other than this object ran so far, one "database\tapplication\tstatement" line
  // each, multi-line statements joined by spaces. Meant for comparing counts.
  base::Result<std::vector<std::string>> StatementLog() const;

  // Ends the server; its last lines if it had ended by itself before.
  base::Result<void> Stop();
  bool Alive();

 private:
  struct State;
  explicit Cluster(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hone::pg
