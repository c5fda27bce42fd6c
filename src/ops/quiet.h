// The quiet phase: each endpoint alone, one request at a time, cold and warm, at several result sizes; everything
// counted exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "golang/symbols.h"
#include "ops/built_texts.h"
#include "ops/dry_run.h"
#include "ops/held_reply.h"
#include "ops/measurer.h"
#include "ops/rig.h"
#include "ops/stub_calls.h"
#include "sql/exchange.h"
#include "sql/existence.h"
#include "sql/loop_sample.h"
#include "sql/plan_sample.h"
#include "sql/rules.h"
#include "sql/unused_columns.h"

namespace hone::ops {

// What a typical warm request of an endpoint cost, to plan the load by. Medians, nanoseconds; not for the report.
struct TypicalCost {
  int64_t response_ns = 0;
  int64_t db_ns = 0;
  int64_t service_cpu_ns = -1;  // -1: unknown
};

// With a quarter of the cores in other hands, what waits for a core now and then waits long enough to break a budget
// that it keeps otherwise (on two cores with 97 % in other hands, three endpoints of go/testbed/shop that take 0.6 to 3
// ms in the database took 12 to 19 ms).
inline constexpr double kBusyMachine = 0.25;

// Beyond this multiple of its budget an endpoint breaks it on any machine: those three came to at most four times
// theirs.
inline constexpr int64_t kFarOver = 10;

// A loop whose saving was checked by an injected delay, with a usable answer.
struct CheckedLoop {
  std::string query = {};  // Query::id
  evidence::CaptureId capture = 0;
};

// An endpoint asked with all of a loop's rows and with fewer: its size is how many were left
// (sql/steady_loop.h).
struct ThinnedExchange {
  bool certain = false;  // the loop was seen to run over the rows that were taken away
  evidence::Capture capture = {};
  sql::Exchange exchange = {};
  std::vector<sql::LoopSample> loops = {};  // raw values, of its loops: for the set forms, which take them away
  std::vector<CheckedLoop> checks = {};
};

// An endpoint asked for the last page that there is, where the scenario asks for an early one.
struct LastPageExchange {
  evidence::Capture capture = {};
  sql::Exchange exchange = {};
  std::vector<sql::StatementSample> slow = {};  // raw values: for StudyPlans, which takes them away
  bool over_budget = false;                     // of the database, while no other programs used the machine
};

// A statement of which a lean form would do for the same answers (ops/lean_phase.h); not yet timed.
template <typename Proof>
struct Untimed {
  Proof proof = {};
  sql::StatementSample sample = {};  // raw values: for StudyPlans, which takes them away
};

// A statement of whose rows the answers need few.
struct UnneededRows {
  std::string query = {};  // Query::id
  evidence::CaptureId capture = 0;
};

struct QuietEndpoint {
  size_t scenario = 0;  // index into Project::scenarios
  std::string endpoint = {};
  evidence::Capture capture = {};
  sql::Exchange exchange = {};
  TypicalCost typical = {};
  evidence::Capture stub_capture = {};  // "stub.calls"; id 0: there are no stubs
  StubCalls stub_calls = {};
  std::vector<sql::StatementSample> slow = {};  // raw values: for StudyPlans, which takes them away
  std::vector<sql::LoopSample> loops = {};      // likewise, of the statements that run in loops
  // The part of all cores' time that programs other than hone, service and database used, or the hypervisor took,
  // meanwhile: above kBusyMachine, times say little about the service.
  double foreign_share = 0;
  std::vector<CheckedLoop> checks = {};
  std::vector<ThinnedExchange> thinned = {};  // one for each statement whose rows were taken away
  std::optional<LastPageExchange> last_page = {};
  std::vector<Untimed<sql::ColumnProof>> columns = {};
  std::vector<Untimed<sql::ExistenceProof>> counts = {};
  std::vector<UnneededRows> unneeded_rows = {};
  std::vector<QueryCaller> callers = {};        // of its suspect queries, as far as they could be seen
  std::vector<LiteralText> literal_texts = {};  // raw values
  bool refuses = false;  // some of the values that it was asked with: those of a load would be among them
  bool failed = false;   // it stopped answering as expected: named in Quiet::not_judged, not to be judged further
};

// The proxy's count of statements against the server's own (pg_stat_statements).
struct StatementAudit {
  int64_t proxy = 0;
  int64_t server = 0;
};

struct Quiet {
  std::vector<QuietEndpoint> endpoints = {};
  std::vector<evidence::NotJudged> not_judged = {};
  std::vector<std::string> caveats = {};
  std::optional<StatementAudit> audit = {};  // of the reading endpoints; empty: the server does not count
};

// Who waits for the query with that text when the endpoint is asked; nullptr: not known. Valid as long as `quiet`.
const golang::Caller* FindCaller(const Quiet& quiet, const std::string& endpoint, const std::string& query);

// What the rules on database work judge by.
sql::RuleOptions RuleOptionsOf(const project::Project& project);

// Runs the phase for the usable ones of `selected`; those that write come last, each on a fresh copy of the database.
// The callers of queries that a rule objects to are looked for with `modules`, the user's; `rules` as the report's.
// With `experiments` endpoints are asked further, with fewer rows in the database and for their last pages; the
// database is as it was seeded afterwards. When the task is cancelled, what was measured so far is the answer.
// Estimates of the remaining time start from `later_seconds`, for what follows.
base::Result<Quiet> RunQuiet(const project::Project& project, const std::vector<size_t>& selected, const DryRun& dry,
                             Rig& rig, Measurer& measurer, const evidence::Redactor& redactor, const base::Task& task,
                             uint64_t& sequence, const std::vector<golang::Module>& modules, double later_seconds,
                             bool experiments);

}  // namespace hone::ops
