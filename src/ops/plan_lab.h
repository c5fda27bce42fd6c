// A clone of the service's database on which statements are explained, indexes built and both timed.
//
// Everything runs in transactions that are rolled back, under a statement_timeout, on a database of Hone's own that no
// other client uses. Belongs to one thread; the cluster must outlive it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "pg/cluster.h"
#include "pg/connection.h"
#include "sql/plan_candidates.h"
#include "sql/plan_sample.h"
#include "sql/plan_study.h"

namespace hone::ops {

// A scan of a large table begins where another one has come to, so that a LIMIT may find at once what was just found.
inline constexpr std::string_view kScanFromTheStart = "SET synchronize_seqscans = off";

class PlanLab {
 public:
  // Clones the state that `database` was seeded to.
  static base::Result<PlanLab> Open(pg::Cluster& cluster, std::string_view database, const base::Task& task);
  PlanLab(PlanLab&& other) noexcept;
  PlanLab& operator=(PlanLab&&) = delete;
  ~PlanLab();  // drops the clone

  struct Explained {
    sql::Plan plan = {};
    double shortest_ms = 0;  // of the executions without timing of nodes
    bool unchecked = false;  // it runs only without its triggers and foreign keys
  };
  // The plan of a statement that has run before, with the parameters of the sample. kTimeout where it takes longer than
  // 10 s, kInput where the server refuses it.
  base::Result<Explained> Explain(const sql::StatementSample& sample);
  // Of every table that the plan reads, and of those that refer to what it changes by a key that was checked.
  base::Result<std::vector<sql::TableFacts>> Tables(const sql::Plan& plan);
  // Makes what is proposed, times the statement with it and without it in alternation, measures what an index costs an
  // INSERT, and takes it back. A trial that brings nothing at first sight has no pairs.
  base::Result<sql::Trial> Try(const sql::StatementSample& sample, const sql::Proposal& proposal);

  // The time of inserting copies of a table's rows, without what `drop` drops and with it, in pairs.
  struct Writes {
    int64_t rows = 0;
    std::vector<double> without_ns = {};
    std::vector<double> with_ns = {};
  };
  base::Result<Writes> TimeWrites(const std::string& schema, const std::string& table, const std::string& drop);

  // The time of looking up some of a table's rows by the columns `key`, by the index `with` (or one of `without`) and,
  // without it, by one of `without`, in pairs. kInput where the server looks them up otherwise.
  struct Lookups {
    std::vector<double> with_ns = {};
    std::vector<double> without_ns = {};
  };
  base::Result<Lookups> TimeLookups(const std::string& schema, const std::string& table,
                                    const std::vector<std::string>& key, const std::string& with,
                                    const std::vector<std::string>& without);

  // The connection to the clone, outside of a transaction; to be left so.
  pg::Session& session() { return session_; }

 private:
  PlanLab(pg::Cluster& cluster, std::string name, pg::Session session, const base::Task& task)
      : cluster_(&cluster), name_(std::move(name)), session_(std::move(session)), task_(&task) {}

  using KeysByTable = std::map<std::pair<std::string, std::string>, std::vector<sql::ForeignKey>>;
  base::Result<KeysByTable> ForeignKeys(const sql::Plan& plan);
  // EXPLAIN with these options of a statement, after `setting` and what is to be written before, in a transaction.
  base::Result<sql::Plan> RunOnce(std::string_view options, const std::string& setting,
                                  const sql::StatementSample& sample, const std::vector<sql::StatementSample>& before);
  base::Result<sql::Plan> Run(std::string_view options, const std::string& setting, const sql::StatementSample& sample);
  base::Result<sql::Trial> Alternate(const sql::StatementSample& sample, const sql::Proposal& proposal);
  base::Result<std::string> CopySomeRows(const std::string& table);

  pg::Cluster* cluster_;  // nullptr: moved from
  std::string name_;
  pg::Session session_;
  const base::Task* task_;
  bool unchecked_ = false;  // of the last run
};

}  // namespace hone::ops
