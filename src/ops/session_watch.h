// What the service does with its database sessions beside its requests' work: at its start, their timeouts, and errors
// about prepared statements in any phase.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "ops/measurer.h"
#include "ops/rig.h"
#include "sql/exchange.h"
#include "sql/proxy.h"
#include "sql/session_counts.h"

namespace hone::ops {

// The service's start and the dry run, as an exchange whose one request is the dry run.
struct ServiceStart {
  evidence::Capture capture = {};  // id 0: there is no database
  sql::Exchange exchange = {};
};

struct SessionFacts {
  ServiceStart start = {};
  std::vector<sql::SessionCounts> counts = {};       // of phases that had some
  std::vector<evidence::CaptureId> captures = {};    // of the counts
  std::set<std::string, std::less<>> timeouts = {};  // of sql::kTimeoutSettings, that sessions have without a statement
  bool timeouts_known = false;
  int64_t cancels = 0;  // requests to cancel a statement, measured over the whole run
};

// Takes the recording of the service's start out of the rig and keeps it, redacted. Nothing without a database.
base::Result<ServiceStart> KeepStart(Rig& rig, const std::string& service, Measurer& measurer,
                                     const evidence::Redactor& redactor);

// What is counted in `after` beyond `before`.
sql::SessionCounts CountsOf(std::string phase, const sql::ProxyCounters& before, const sql::ProxyCounters& after);

// Keeps a phase's counts and measures those that are not 0. Nothing where all are.
base::Result<void> KeepCounts(const sql::SessionCounts& counts, const std::string& service, Measurer& measurer,
                              SessionFacts& facts);

// Asks the server, in a session like the service's, for its timeouts, and adds those that sessions begin with. Only on
// databases of Hone's own.
base::Result<void> ReadTimeouts(Rig& rig, SessionFacts& facts);

// What it means that statements failed so, and why: `exchanges` tell whether DDL, or what forgets prepared statements,
// came from the service itself.
std::vector<std::string> ErrorCaveats(const SessionFacts& facts, const std::vector<const sql::Exchange*>& exchanges);

// The timeouts that are missing, with the line to add; empty: none is, or that is not known. `pooled`: a pooler in
// transaction mode stands before the database.
std::string TimeoutCaveat(const SessionFacts& facts, const std::vector<const sql::Exchange*>& exchanges, bool pooled);

}  // namespace hone::ops
