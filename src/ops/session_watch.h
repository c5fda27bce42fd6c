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

namespace hone::ops {

// The service's start and the dry run, as an exchange whose one request is the dry run.
struct ServiceStart {
  evidence::Capture capture = {};  // id 0: there is no database
  sql::Exchange exchange = {};
};

// Errors about prepared statements in one phase.
struct PreparedErrors {
  std::string phase = {};  // "the dry run"
  int64_t changed_plans = 0;
  int64_t unknown = 0;
  int64_t twice = 0;
};

struct SessionFacts {
  ServiceStart start = {};
  std::vector<PreparedErrors> errors = {};           // of phases that had some
  std::set<std::string, std::less<>> timeouts = {};  // of sql::kTimeoutSettings, that sessions have without a statement
  bool timeouts_known = false;
  int64_t cancels = 0;  // requests to cancel a statement, over the whole run
};

// Takes the recording of the service's start out of the rig and keeps it, redacted. Nothing without a database.
base::Result<ServiceStart> KeepStart(Rig& rig, const std::string& service, Measurer& measurer,
                                     const evidence::Redactor& redactor);

// Notes what is different in `after` from `before`.
void NoteErrors(std::string phase, const sql::ProxyCounters& before, const sql::ProxyCounters& after,
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
