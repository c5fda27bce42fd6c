// The indexes of a database, read from its catalogue.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/redaction.h"
#include "pg/cluster.h"
#include "sql/indexes.h"

namespace hone::ops {

// Of all schemas but the server's own, ordered by table and name. What an index is, which may hold values, is known by
// its token.
base::Result<std::vector<sql::IndexEntry>> ReadIndexes(pg::Cluster& cluster, const std::string& database,
                                                       const evidence::Redactor& redactor);

}  // namespace hone::ops
