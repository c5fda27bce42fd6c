// Prometheus text: parsed into samples, redacted, and compared between two snapshots.
//
// Format: Prometheus exposition format 0.0.4; what OpenMetrics adds (# EOF, # UNIT, exemplars, timestamps in seconds)
// is tolerated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace hone::metrics {

enum class Type { kUntyped, kCounter, kGauge, kHistogram, kSummary };

using Labels = std::vector<std::pair<std::string, std::string>>;  // sorted by name; values unescaped

struct Sample {
  std::string name = {};  // with its suffix: "http_request_duration_seconds_bucket"
  Labels labels = {};
  double value = 0;  // may be NaN or infinite
};

struct Snapshot {
  std::vector<Sample> samples = {};        // in the order of the text
  std::map<std::string, Type> types = {};  // by family
  size_t skipped_lines = 0;                // that could not be read (counted, not fatal)

  // The sum over all samples of `name` whose labels include `labels`; absent if there is none, or if it is not a
  // number.
  std::optional<double> Sum(std::string_view name, const Labels& labels = {}) const;
};

// What a parser takes before it refuses.
struct Limits {
  size_t bytes = size_t{64} << 20;
  size_t samples = size_t{1} << 20;
  size_t labels = 128;  // of one sample
};

// Parses a snapshot. kInput if it is no Prometheus text at all (an HTML page, binary, no sample but lines that cannot
// be read), or beyond `limits`. Single lines that cannot be read are skipped and counted.
base::Result<Snapshot> Parse(std::string_view text, const Limits& limits = {});

// The text without HELP lines, timestamps and exemplars, in a fixed form, each label value replaced by `token(value)`
// unless the label is le, quantile, code, status or method: what may be kept. Parse reads it back; applied twice it
// hashes again.
base::Result<std::string> Redact(std::string_view text, const std::function<std::string(std::string_view)>& token,
                                 const Limits& limits = {});

// What a counter grew by between two snapshots of one process, summed over its series (those that `labels` select): a
// series that is missing before counts from 0, and after a restart (process_start_time_seconds changed) or where it
// fell, from 0 as well. Absent if `after` has no such series.
std::optional<double> CounterDelta(const Snapshot& before, const Snapshot& after, std::string_view name,
                                   const Labels& labels = {});

// The named counters and gauges of Go's runtime as client_golang exports them; absent where the service does not.
struct RuntimeDelta {
  std::optional<double> mutex_wait_seconds = {};  // go_sync_mutex_wait_total_seconds_total
  std::optional<double> gc_cpu_seconds = {};      // go_cpu_classes_gc_total_cpu_seconds_total
  std::optional<double> gc_idle_cpu_seconds =
      {};  // of them in idle processors: go_cpu_classes_gc_mark_idle_cpu_seconds_total
  std::optional<double> allocated_bytes = {};    // go_gc_heap_allocs_bytes_total, go_memstats_alloc_bytes_total
  std::optional<double> allocated_objects = {};  // go_gc_heap_allocs_objects_total, go_memstats_mallocs_total
  std::optional<double> cpu_seconds = {};        // process_cpu_seconds_total
  std::optional<double> heap_live_bytes = {};    // a gauge: its last value; go_gc_heap_live_bytes
  std::optional<double> goroutines = {};         // likewise; go_goroutines
};
RuntimeDelta RuntimeBetween(const Snapshot& before, const Snapshot& after);

// A connection pool's statistics: pgxpool collectors (pgxpool_*) and database/sql's (go_sql_*), whichever there is.
struct PoolDelta {
  std::optional<double> acquires = {};
  std::optional<double> acquire_seconds = {};  // waiting included
  std::optional<double> waits = {};            // acquires that had to wait
  std::optional<double> wait_seconds = {};
  std::optional<double> cancelled = {};
  std::optional<double> max_connections = {};  // a gauge
  std::optional<double> in_use = {};           // a gauge
};
std::optional<PoolDelta> PoolBetween(const Snapshot& before, const Snapshot& after);

// ns that a typical one of `requests`, sent one after the other, waited for a connection: nothing where fewer than half
// of them can have waited (a pool that opens a connection counts it as a wait, once). Empty where the pool does not
// say.
std::optional<int64_t> TypicalWait(const PoolDelta& pool, int64_t requests);

}  // namespace hone::metrics
