#include "evidence/rule_registry.h"

#include <algorithm>
#include <array>

namespace hone::evidence {
namespace {

constexpr Severity kLow = Severity::kLow;
constexpr Severity kMedium = Severity::kMedium;
constexpr Severity kHigh = Severity::kHigh;
constexpr bool kNow = true;

// Ordered by name.
constexpr std::array kRules = std::to_array<Rule>({
    {"alloc.escape", "A value moves to the heap on a hot path and need not", kMedium},
    {"alloc.growth", "A slice, map or buffer grows step by step although its size is known", kMedium, kNow},
    {"alloc.poolable", "A temporary buffer is allocated anew for every request and could be pooled", kMedium, kNow},
    {"alloc.string_concat", "A string is built piece by piece in a loop", kMedium, kNow},
    {"bench.regression", "A Go benchmark is slower or allocates more than its baseline", kHigh},
    {"budget.db", "A request spends more time in the database than its budget allows", kHigh, kNow},
    {"budget.logic", "A request spends more time in the service's own logic than its budget allows", kHigh, kNow},
    {"budget.network", "A request spends more time on the network than its budget allows", kMedium},
    {"cpu.algorithm", "A function's own work dominates an endpoint's CPU", kMedium},
    {"cpu.cgo", "Crossing between Go and C takes a notable share of the CPU", kMedium},
    {"cpu.channel", "Passing values over channels takes a notable share of the CPU", kMedium},
    {"cpu.copy", "Copying memory takes a notable share of the CPU", kMedium},
    {"cpu.crypto", "Cryptography takes a notable share of the CPU", kLow},
    {"cpu.fmt", "Formatting with package fmt takes a notable share of the CPU", kMedium, kNow},
    {"cpu.gc", "The garbage collector takes a notable share of the CPU", kMedium, kNow},
    {"cpu.gc_assist", "Requests are made to help the garbage collector while they allocate", kMedium},
    {"cpu.json", "Encoding or decoding JSON by reflection takes a notable share of an endpoint's CPU", kMedium, kNow},
    {"cpu.lock", "Requests wait for a mutex that is held across work", kHigh, kNow},
    {"cpu.logging", "Logging takes a notable share of the CPU", kMedium, kNow},
    {"cpu.map_growth", "Growing maps takes a notable share of the CPU", kMedium},
    {"cpu.parsing", "Parsing texts (numbers, CSV, XML, YAML) takes a notable share of the CPU", kMedium},
    {"cpu.reflect", "Reflection takes a notable share of the CPU", kMedium},
    {"cpu.regexp", "Matching regular expressions takes a notable share of the CPU", kMedium},
    {"cpu.regexp_compile", "A regular expression is compiled again for every request", kHigh, kNow},
    {"cpu.scheduler", "Go's scheduler takes a notable share of the CPU", kMedium},
    {"cpu.syscall", "System calls take a notable share of the CPU", kMedium},
    {"cpu.throttled", "The container's CPU limit stops the service while it has work", kHigh, kNow},
    {"cpu.time_format", "Formatting or parsing times takes a notable share of the CPU", kLow},
    {"cpu.tls_handshake", "TLS handshakes take a notable share of the CPU", kMedium},
    {"leak.goroutine", "Goroutines grow in number and do not end", kHigh, kNow},
    {"leak.heap", "The live heap grows and does not come back", kHigh},
    {"load.breaking_point", "The service misses its objectives below the rate that it must carry", kHigh},
    {"load.no_recovery", "The service does not recover after a burst of load", kHigh},
    {"mem.limit", "The memory limit is close enough that the collector works against it", kHigh, kNow},
    {"mem.retained", "Memory is held that no request needs", kMedium, kNow},
    {"pool.nested_acquire", "A request takes a second connection while it holds one", kHigh, kNow},
    {"pool.oversized", "The connection pool is larger than the database serves well", kLow, kNow},
    {"pool.starved", "Requests wait for a connection of the pool", kHigh, kNow},
    {"sql.columns_unused", "A statement fetches columns that its answers do not depend on", kMedium, kNow},
    {"sql.count_for_existence", "A statement counts rows of which only whether there are any matters", kMedium, kNow},
    {"sql.duplicate_index", "The same index exists twice, or another one begins with it, and every write keeps both",
     kLow, kNow},
    {"sql.idle_in_transaction", "A transaction stays open while none of its statements runs", kMedium, kNow},
    {"sql.in_list_texts", "Lists of values make a new statement text for every length", kMedium, kNow},
    {"sql.missing_index", "A statement reads rows that an index would spare it", kHigh, kNow},
    {"sql.n_plus_one", "One statement runs again for each row of an earlier one", kHigh, kNow},
    {"sql.repeated_query", "The same statement with the same parameters runs again within one request", kMedium, kNow},
    {"sql.row_estimate", "The planner is far off in its estimate of rows, and chooses its plan by it", kHigh, kNow},
    {"sql.rows_discarded",
     "A statement reads many rows and throws them away: for its OFFSET, or by a condition that no index serves",
     kMedium, kNow},
    {"sql.rows_unused", "A statement returns many rows however few are asked for, and the answer lists few of them",
     kMedium, kNow},
    {"sql.schema_change", "A request changes the schema, which locks what it changes and makes every session plan anew",
     kMedium, kNow},
    {"sql.session_state", "A statement leaves something in its session, which a pool or a pooler hands on to others",
     kMedium, kNow},
    {"sql.simple_protocol", "A statement is sent as text with its values in it, so it is parsed and planned each time",
     kMedium, kNow},
    {"sql.spill", "A sort or hash does not fit into memory and goes through temporary files", kMedium, kNow},
    {"sql.statement_cache_thrash", "Prepared statements are prepared and thrown away again and again", kMedium, kNow},
    {"sql.unused_index", "No statement of the run used an index, and every write keeps it", kLow, kNow},
});
static_assert(std::ranges::is_sorted(kRules, {}, &Rule::name));

}  // namespace

std::span<const Rule> Rules() { return kRules; }

const Rule* FindRule(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kRules, name, {}, &Rule::name);
  return found != kRules.end() && found->name == name ? found : nullptr;
}

std::string RulePage(const Rule& rule) { return "docs/rules/" + std::string(rule.name) + ".md"; }

}  // namespace hone::evidence
