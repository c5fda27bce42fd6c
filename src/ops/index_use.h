// Which indexes the statements of a run used, over all lives of its database; and what those cost that none did.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "ops/measurer.h"
#include "pg/cluster.h"
#include "pg/databases.h"
#include "sql/indexes.h"

namespace hone::ops {

// An index, and what was done with it.
struct CountedIndex {
  sql::IndexUse use = {};  // `named` is not known
  bool viewed = false;     // a view reads its table
};

// Adds up what pg_stat_user_indexes counts between Begin and End of each life of a database: putting it back to its
// template starts its counters anew. Belongs to one thread.
class IndexUseLog {
 public:
  // Before the service's first statement of this life.
  base::Result<void> Begin(const pg::Databases& databases, const std::string& database);
  // After its last: waits until its connections are gone, because the server counts at their ends. kTimeout where one
  // stays.
  base::Result<void> End(const pg::Databases& databases, const std::string& database, const base::Task& task);

  // Something could not be counted; or the server is too old: before PostgreSQL 15 its counts come late.
  bool complete() const { return complete_; }
  // By schema and name of the index, joined by a dot.
  const std::map<std::string, CountedIndex>& uses() const { return uses_; }

 private:
  std::map<std::string, CountedIndex> before_;
  std::map<std::string, CountedIndex> uses_;
  bool complete_ = true;
};

struct UnusedIndexes {
  evidence::Capture capture = {};  // id 0: all are used, or that is not known
  std::vector<sql::IndexEntry> entries = {};
};

// The indexes that nothing used, by sql::FindUnused, with what each costs a write, measured on a clone of `database`.
// `statements`: all that are known, seen or in the sources; `pieces`: texts of the sources that may become a part of
// one.
base::Result<UnusedIndexes> StudyUnused(pg::Cluster& cluster, const std::string& database,
                                        const std::map<std::string, CountedIndex>& uses,
                                        const std::vector<std::string>& statements,
                                        const std::vector<std::string>& pieces, const std::string& service,
                                        Measurer& measurer, const evidence::Redactor& redactor, const base::Task& task);

}  // namespace hone::ops
