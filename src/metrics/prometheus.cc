#include "metrics/prometheus.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/ascii.h"
#include "base/units.h"

namespace hone::metrics {
namespace {

using base::Code;
using base::Fail;
using base::Result;

constexpr std::string_view kBlank = " \t\r";

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
bool IsNamePart(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

// Takes a metric's or label's name off the front; empty if there is none.
std::string_view TakeName(std::string_view& rest) {
  size_t length = 0;
  if (!rest.empty() && IsNameStart(rest[0])) {
    while (length < rest.size() && IsNamePart(rest[length])) ++length;
  }
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

void SkipBlank(std::string_view& rest) { rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(kBlank))); }

bool Take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

// Takes a quoted label value, undoing \\, \" and \n.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  if (!Take(rest, '"')) return std::nullopt;
  std::string value;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      value += rest[i] == 'n' ? '\n' : rest[i];
    } else {
      value += rest[i];
    }
  }
  return std::nullopt;
}

// Takes "{a="b",c="d"}"; a comma may stand before the end.
bool TakeLabels(std::string_view& rest, size_t most, Labels& labels) {
  if (!Take(rest, '{')) return true;
  for (;;) {
    SkipBlank(rest);
    if (Take(rest, '}')) break;
    const std::string_view name = TakeName(rest);
    SkipBlank(rest);
    if (name.empty() || !Take(rest, '=')) return false;
    SkipBlank(rest);
    std::optional<std::string> value = TakeQuoted(rest);
    if (!value || labels.size() == most) return false;
    labels.emplace_back(std::string(name), *std::move(value));
    SkipBlank(rest);
    if (!Take(rest, ',') && !rest.starts_with('}')) return false;
  }
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }) == labels.end();
}

std::optional<double> ReadNumber(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const bool plus = text.starts_with('+');
  if (plus) text.remove_prefix(1);
  if (text == "Inf" || text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf" || text == "-inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || (plus && text.starts_with('-')) ||
      !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::string WriteNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return base::FormatExact(value);
}

constexpr std::pair<std::string_view, Type> kTypes[] = {{"untyped", Type::kUntyped},
                                                        {"counter", Type::kCounter},
                                                        {"gauge", Type::kGauge},
                                                        {"histogram", Type::kHistogram},
                                                        {"summary", Type::kSummary}};

// "# TYPE name type"; all other comments say nothing that is needed.
void ReadComment(std::string_view line, Snapshot& snapshot) {
  line = base::Trimmed(line.substr(1), kBlank);
  if (!line.starts_with("TYPE ")) return;
  line = base::Trimmed(line.substr(5), kBlank);
  const std::string name(TakeName(line));
  const std::string_view type = base::Trimmed(line, kBlank);
  for (const auto& [text, value] : kTypes) {
    if (!name.empty() && text == type) snapshot.types[name] = value;
  }
}

std::optional<Sample> ReadSample(std::string_view line, const Limits& limits) {
  Sample sample;
  sample.name = TakeName(line);
  SkipBlank(line);
  if (sample.name.empty() || !TakeLabels(line, limits.labels, sample.labels)) return std::nullopt;
  line = base::Trimmed(line, kBlank);
  const size_t end = std::min(line.find_first_of(kBlank), line.size());
  const std::optional<double> value = ReadNumber(line.substr(0, end));
  if (!value) return std::nullopt;
  sample.value = *value;
  // What may follow is a timestamp and an exemplar ("# {...} 1 2").
  const std::string_view rest = base::Trimmed(line.substr(end), kBlank);
  const std::string_view timestamp = base::Trimmed(rest.substr(0, rest.find('#')), kBlank);
  if (!timestamp.empty() && !ReadNumber(timestamp)) return std::nullopt;
  return sample;
}

std::string Escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

bool KeepsValue(std::string_view label) {
  return label == "le" || label == "quantile" || label == "code" || label == "status" || label == "method";
}

bool Includes(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); });
}

// Identifies a series within one metric.
std::string Key(const Labels& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    key += name + '\x1f' + value + '\x1e';
  }
  return key;
}

// The first of several names that the snapshot knows.
std::optional<double> FirstDelta(const Snapshot& before, const Snapshot& after,
                                 std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto delta = CounterDelta(before, after, name)) return delta;
  }
  return std::nullopt;
}

std::optional<double> FirstSum(const Snapshot& after, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto sum = after.Sum(name)) return sum;
  }
  return std::nullopt;
}

// pgxpool's collectors agree on the names of pgxpool.Stat but not on the unit of its durations, which their names tell.
std::optional<double> Seconds(const Snapshot& before, const Snapshot& after, const std::string& stem) {
  for (const auto& [suffix, scale] : {std::pair{"_seconds_total", 1.0},
                                      {"_seconds", 1.0},
                                      {"_ms_total", 1e-3},
                                      {"_ms", 1e-3},
                                      {"_milliseconds_total", 1e-3},
                                      {"_ns_total", 1e-9},
                                      {"_ns", 1e-9},
                                      {"_nanoseconds_total", 1e-9}}) {
    if (const auto delta = CounterDelta(before, after, stem + suffix)) return *delta * scale;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> Snapshot::Sum(std::string_view name, const Labels& labels) const {
  std::optional<double> sum;
  for (const Sample& sample : samples) {
    if (sample.name == name && Includes(sample.labels, labels)) sum = sum.value_or(0) + sample.value;
  }
  return sum && std::isfinite(*sum) ? sum : std::nullopt;
}

Result<Snapshot> Parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) return Fail(Code::kInput, "the metrics are larger than Hone reads");
  Snapshot snapshot;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = base::Trimmed(text.substr(0, end), kBlank);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      ReadComment(line, snapshot);
    } else if (std::optional<Sample> sample = ReadSample(line, limits)) {
      if (snapshot.samples.size() == limits.samples)
        return Fail(Code::kInput, "there are more metrics than Hone reads");
      snapshot.samples.push_back(*std::move(sample));
    } else {
      ++snapshot.skipped_lines;
    }
  }
  if (snapshot.samples.empty() && snapshot.skipped_lines > 0) {
    return Fail(Code::kInput, "this is not Prometheus text: no line of it is a sample", {},
                "check [metrics] url in hone.toml");
  }
  return snapshot;
}

Result<std::string> Redact(std::string_view text, const std::function<std::string(std::string_view)>& token,
                           const Limits& limits) {
  HONE_TRY(const Snapshot snapshot, Parse(text, limits));
  std::string out;
  for (const auto& [name, type] : snapshot.types) {
    const auto found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.second == type; });
    out += "# TYPE " + name + " " + std::string(found->first) + "\n";
  }
  for (const Sample& sample : snapshot.samples) {
    out += sample.name;
    if (!sample.labels.empty()) {
      char separator = '{';
      for (const auto& [name, value] : sample.labels) {
        out += separator + name + "=\"" + Escape(KeepsValue(name) ? value : token(value)) + '"';
        separator = ',';
      }
      out += '}';
    }
    out += ' ' + WriteNumber(sample.value) + '\n';
  }
  return out;
}

std::optional<double> CounterDelta(const Snapshot& before, const Snapshot& after, std::string_view name,
                                   const Labels& labels) {
  const bool restarted = before.Sum("process_start_time_seconds") != after.Sum("process_start_time_seconds");
  std::unordered_map<std::string, double> earlier;
  if (!restarted) {
    for (const Sample& sample : before.samples) {
      if (sample.name == name && Includes(sample.labels, labels)) earlier[Key(sample.labels)] += sample.value;
    }
  }
  std::optional<double> delta;
  for (const Sample& sample : after.samples) {
    if (sample.name != name || !Includes(sample.labels, labels)) continue;
    const auto found = earlier.find(Key(sample.labels));
    const double from = found == earlier.end() || found->second > sample.value ? 0 : found->second;
    delta = delta.value_or(0) + sample.value - from;
  }
  return delta && std::isfinite(*delta) ? delta : std::nullopt;
}

RuntimeDelta RuntimeBetween(const Snapshot& before, const Snapshot& after) {
  RuntimeDelta out;
  out.mutex_wait_seconds = CounterDelta(before, after, "go_sync_mutex_wait_total_seconds_total");
  out.gc_cpu_seconds = CounterDelta(before, after, "go_cpu_classes_gc_total_cpu_seconds_total");
  out.gc_idle_cpu_seconds = CounterDelta(before, after, "go_cpu_classes_gc_mark_idle_cpu_seconds_total");
  out.allocated_bytes = FirstDelta(before, after, {"go_gc_heap_allocs_bytes_total", "go_memstats_alloc_bytes_total"});
  out.allocated_objects = FirstDelta(before, after, {"go_gc_heap_allocs_objects_total", "go_memstats_mallocs_total"});
  out.cpu_seconds = CounterDelta(before, after, "process_cpu_seconds_total");
  out.heap_live_bytes = FirstSum(after, {"go_gc_heap_live_bytes"});
  out.goroutines = FirstSum(after, {"go_goroutines", "go_sched_goroutines_goroutines"});
  return out;
}

std::optional<PoolDelta> PoolBetween(const Snapshot& before, const Snapshot& after) {
  PoolDelta out;
  out.acquires =
      FirstDelta(before, after, {"pgxpool_acquire_count_total", "pgxpool_acquire_count", "pgxpool_acquires_total"});
  out.acquire_seconds = Seconds(before, after, "pgxpool_acquire_duration");
  out.waits =
      FirstDelta(before, after,
                 {"pgxpool_empty_acquire_count_total", "pgxpool_empty_acquire", "pgxpool_empty_acquire_total",
                  "pgxpool_empty_acquire_count", "go_sql_wait_count_total", "go_sql_stats_connections_waited_for"});
  out.wait_seconds = Seconds(before, after, "pgxpool_empty_acquire_wait");
  if (!out.wait_seconds) out.wait_seconds = Seconds(before, after, "pgxpool_empty_acquire_wait_time");
  if (!out.wait_seconds) {
    out.wait_seconds =
        FirstDelta(before, after, {"go_sql_wait_duration_seconds_total", "go_sql_stats_connections_blocked_seconds"});
  }
  out.cancelled = FirstDelta(
      before, after,
      {"pgxpool_canceled_acquire_count_total", "pgxpool_canceled_acquire_count", "pgxpool_canceled_acquire_total"});
  out.max_connections = FirstSum(after, {"pgxpool_max_conns", "pgxpool_max_connections", "go_sql_max_open_connections",
                                         "go_sql_stats_connections_max_open"});
  out.in_use = FirstSum(after, {"pgxpool_acquired_conns", "pgxpool_acquired_connections", "go_sql_in_use_connections",
                                "go_sql_stats_connections_in_use"});
  const bool any =
      out.acquires || out.acquire_seconds || out.waits || out.wait_seconds || out.max_connections || out.in_use;
  return any ? std::optional(out) : std::nullopt;
}

std::optional<int64_t> TypicalWait(const PoolDelta& pool, int64_t requests) {
  if (!pool.wait_seconds || requests <= 0) return std::nullopt;
  if (pool.waits && *pool.waits * 2 < static_cast<double>(requests)) return 0;
  return static_cast<int64_t>(*pool.wait_seconds * 1e9 / static_cast<double>(requests));
}

}  // namespace hone::metrics
