// The test rig of one check: a private database with the service's schema and data, the wire proxy before it, and the
// service.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/redaction.h"
#include "host/cgroup.h"
#include "host/child.h"
#include "host/guardian.h"
#include "host/machine.h"
#include "net/url.h"
#include "ops/index_use.h"
#include "ops/peers.h"
#include "ops/sidecars.h"
#include "ops/upstreams.h"
#include "pg/cluster.h"
#include "pg/dsn.h"
#include "pg/scratch.h"
#include "project/project.h"
#include "project/scenario.h"
#include "service/service.h"
#include "sql/proxy.h"

namespace hone::ops {

// What to do where the service uses another database, or the same one by another way.
inline constexpr std::string_view kGiveDatabase =
    "Give the service its database by ${db.url} (or ${db.host}, ${db.port}) in hone.toml";

struct RigOptions {
  // The name of a database of the user's that migrations, seed and writing scenarios may change; pg::kScratchLeave: one
  // may be made beside it.
  std::string yes_write = {};
  bool log_statements = false;  // see pg::ClusterOptions
  // Notes what the service asks its database from its start on, and which indexes are used: see TakeStart, EndIndexUse.
  bool watch_database = false;
};

// Everything runs until the object dies. Belongs to one thread; project, guardian, redactor and task must outlive it.
class Rig {
 public:
  // Starts the database, migrates, seeds, keeps that state, starts the sidecars, builds and starts the service behind
  // the proxy, logs in.
  // The redactor learns every secret that is handed to the service.
  static base::Result<std::unique_ptr<Rig>> Start(const project::Project& project, const RigOptions& options,
                                                  host::Guardian& guardian, evidence::Redactor& redactor,
                                                  base::Task& task);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  // Puts the database back to its seeded state and starts the service and its sidecars afresh; with a database of the
  // user's only the latter.
  // kAltered: what went before changed the database behind the service's back; whether the service survived that, or
  // its clean-up steps succeed, says nothing about it.
  enum class Before { kHealthy, kAltered };
  base::Result<void> Refresh(Before before = Before::kHealthy);

  // Starts the service afresh with these variables on top of hone.toml's (empty: with hone.toml's alone); the database
  // stays as it is. They stay until the next call.
  base::Result<void> Restart(std::map<std::string, std::string> more_env);

  // kService with the last lines of the sidecar or the service that has ended; success while all run.
  base::Result<void> Alive();

  // Logs in again and makes all tokens anew, after the service refused one. False where there is nothing to renew.
  base::Result<bool> Renew();
  // The same, as far as logins and tokens would not last for `for_ns`.
  base::Result<void> KeepFresh(base::Nanos for_ns);

  // Sends the clean-up steps while the service still runs, before the object dies; their failures become caveats.
  void Finish();

  // Whether scenarios that write may run: on a database of Hone's own, or with leave.
  bool may_write() const;

  const net::Address& address() const { return address_; }
  const project::RequestContext& context() const { return context_; }
  Upstreams& upstreams() { return *upstreams_; }
  sql::Proxy* proxy() { return proxy_.get(); }                        // nullptr: the service has no database
  pg::Cluster* cluster() { return cluster_ ? &*cluster_ : nullptr; }  // nullptr: not Hone's own
  // Of the server that the service's database is on, where that database is Hone's own (a scratch one too); or nullptr.
  const pg::Databases* databases() const {
    return cluster_ ? &cluster_->databases() : scratch_ ? &scratch_->databases() : nullptr;
  }
  service::Service& service() { return *service_; }
  pid_t service_pid() const { return service_pid_; }
  // Where profiles of the process that answers can be had; empty: pprof_missing() says why, as a sentence.
  const std::optional<std::string>& pprof_url() const { return pprof_url_; }
  const std::string& pprof_missing() const { return pprof_missing_; }
  const std::optional<std::string>& metrics_url() const { return metrics_url_; }
  const std::string& database_name() const { return database_name_; }
  // "the machine was not quiet: ..." since `before`, but for what hone, the service and its database did themselves;
  // empty: it was. `cores` are the machine's.
  std::optional<std::string> Unquiet(const host::NoiseSample& before, int cores) const;
  // What the control group that limits the service tells (host::ReadCgroup); empty where nothing limits it.
  std::string ReadLimits() const { return cgroup_ ? host::ReadCgroup(cgroup_->folders()) : std::string(); }
  const std::vector<std::string>& caveats() const { return caveats_; }

  // What the service asked its database since its start, with RigOptions::watch_database, which this ends; once.
  struct StartRecord {
    sql::Recording recording = {};
    base::Nanos ready_ns = 0;  // when it answered
  };
  std::optional<StartRecord> TakeStart();

  // Stops the service and its sidecars and says how the statements of the whole run used the indexes of Hone's own
  // database, with RigOptions::watch_database; empty where that is not known. The service is gone then.
  std::optional<std::map<std::string, CountedIndex>> EndIndexUse();

  // Looks whether API, pprof and the connections to the database are one process's, now that it has some: gives up
  // pprof_url() where they are not.
  void CheckOneProcess();

  // kService where the service has connections to its database that did not come through the proxy, as far as that can
  // be seen (see databases()).
  base::Result<void> CheckBypass();

  // kService where the service is connected to a PostgreSQL over TCP that is not the one that hone gave it: nothing
  // more may be asked of it then, because that database may hold what people need. A server is known by its program, or
  // by the usual port where it is out of sight.
  base::Result<void> CheckForeignDatabases();

  // The rows of a SELECT, sent to the service's database itself, whosever it is: read-only and for 10 s at most.
  base::Result<pg::Rows> AskDatabase(std::string_view text) const;
  // The same of the database as it is now, whatever view is held.
  base::Result<pg::Rows> AskDatabaseNow(std::string_view text) const;

  // While it lives, AskDatabase() answers as Hone's own database was when it was made, whatever is written since: what
  // a dry run writes is gone when the quiet phase begins. Where it cannot be held, and in a database of others,
  // AskDatabase() answers as it is. The rig outlives it.
  class HeldView {
   public:
    explicit HeldView(Rig& rig);
    ~HeldView();
    HeldView(const HeldView&) = delete;
    HeldView& operator=(const HeldView&) = delete;

   private:
    Rig& rig_;
  };

  // Counts the connections that the service has now, but for those to its database; peers() are all moments.
  void LookAtPeers();
  const PeerLog& peers() const { return peers_; }
  // What listens there, as far as it can be told now.
  std::string WhatListensAt(const Peer& peer) const;

 private:
  Rig(const project::Project& project, const RigOptions& options, host::Guardian& guardian,
      evidence::Redactor& redactor, base::Task& task);

  std::string ForAsking() const;
  base::Result<void> StartDatabase();
  base::Result<void> StartOwnCluster();
  base::Result<void> StartScratch(const pg::Dsn& beside);
  base::Result<void> CheckExtensions() const;
  base::Result<void> PrepareDatabase();
  base::Result<void> MigrateByService();
  base::Result<void> CheckTables() const;
  base::Result<bool> HasTables() const;
  base::Result<void> StartProxy(const pg::Dsn& upstream);
  void SetProxyValues(pg::Dsn dsn);
  base::Result<void> BuildService();
  base::Result<void> BuildAsItIs();
  base::Result<void> BuildInstrumented(const std::string& reason);
  base::Result<void> MendPprof();
  void FindPprof();
  void GiveUpPprof(const std::string& reason);
  base::Result<void> StartService();
  base::Result<void> LaunchService();  // until it is ready; nothing is asked of it yet
  base::Result<void> AwaitService();
  base::Result<void> ServiceAlive();
  void Limit(service::ServiceSpec& spec);
  base::Result<void> LogIn();
  base::Result<void> SetUp();
  base::Result<void> CleanUp();
  void BeginIndexUse();
  void AddIndexUse();
  // What went wrong, and that a stub has no answer for something: the likelier reason.
  base::Result<void> Explained(base::Result<void> result) const;
  void StopService();
  void NoteOnce(const std::string& caveat);
  base::Result<service::Command> MakeCommand(const project::Words& words, const project::Values& values) const;
  void AddDatabaseDefaults(const project::Values& values, std::map<std::string, std::string>& env) const;
  base::Result<service::ServiceSpec> MakeSpec() const;
  base::Result<service::Files> MakeFiles(const project::Values& values) const;
  std::vector<uint16_t> ServicePorts() const;
  void SetDatabaseValues(const pg::Dsn& dsn, project::Values& values) const;

  const project::Project& project_;
  RigOptions options_;
  host::Guardian& guardian_;
  evidence::Redactor& redactor_;
  base::Task& task_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> more_env_;
  std::optional<pg::Cluster> cluster_;
  std::optional<pg::Scratch> scratch_;
  std::optional<host::Child> scratch_keeper_;
  std::unique_ptr<Upstreams> upstreams_;
  bool set_up_ = false;  // the clean-up steps have something to undo
  std::unique_ptr<sql::Proxy> proxy_;
  std::filesystem::path authority_;  // of the proxy's certificate; empty: it speaks no TLS
  Sidecars sidecars_;
  std::optional<host::Cgroup> cgroup_;  // of the service that runs, with [service.limits]
  std::optional<service::Service> service_;
  pid_t service_pid_ = 0;
  net::Address address_;
  project::RequestContext context_;  // what the service sees: the database through the proxy
  project::Values direct_;           // the same with the database itself, for migrations and seed
  std::string database_name_;
  std::optional<pg::Dsn> database_;            // the way past the proxy; empty: there is none
  mutable std::shared_ptr<pg::Session> view_;  // HeldView
  bool recording_start_ = false;
  base::Nanos ready_ns_ = 0;
  IndexUseLog index_use_;
  PeerLog peers_;
  std::set<std::pair<std::string, uint16_t>> harmless_;  // far ends of the service's connections that are no PostgreSQL
  std::optional<std::string> pprof_url_;
  std::string pprof_missing_;
  std::filesystem::path address_file_;  // of an instrumented service; empty: it is not
  bool pprof_refused_ = false;          // it is another process's
  std::optional<std::string> metrics_url_;
  std::vector<std::string> caveats_;
};

}  // namespace hone::ops
