// The evidence model: what was captured, what was measured from it, and what was found. Plain values; no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stats/interval.h"

namespace hone::evidence {

using CaptureId = int64_t;      // 1, 2, ... within one ledger; printed as c3
using MeasurementId = int64_t;  // likewise; printed as m12

// What a value speaks of. Empty parts are "all": a scope with only an endpoint is the whole endpoint.
struct Scope {
  std::string service = {};
  std::string endpoint = {};  // "GET /orders/{id}"
  std::string function = {};  // Go symbol, as golang/ prints it
  std::string query = {};     // normalised statement text
  auto operator<=>(const Scope&) const = default;
};

enum class Phase { kStatic, kCold, kQuiet, kLoaded };

// Bytes as captured (redacted first), kept in the ledger under their SHA-256. The same bytes in two phases are two
// captures.
struct Capture {
  CaptureId id = 0;
  int64_t run = 0;
  std::string kind = {};  // names the format of the bytes: "sql.exchange", "load.hdr", "pprof.cpu", "pprof.allocs",
                          // "host.process", ...
  std::string blob = {};  // SHA-256, lower-case hex
  uint64_t bytes = 0;     // length before compression
  Scope scope = {};
  Phase phase = Phase::kStatic;
  int64_t start_ns = 0;  // monotonic; 0 and 0 for what has no duration
  int64_t end_ns = 0;
  double rate = 0;  // requests a second aimed at; 0 without load
  bool through_proxy = false;
  bool profiler_on = false;
  std::map<std::string, std::string> versions = {};    // "go": "go1.26.8", ...
  std::map<std::string, std::string> parameters = {};  // "requests": "1200", ...
  std::map<std::string, int64_t> lost = {};            // "events": 0, "unparsed_bytes": 0, ...
};

struct Interval {
  double lo = 0;
  double hi = 0;
  double level = 0.95;
};

// What stats/ computed, as it is kept.
inline Interval ForRecord(const stats::Interval& interval) { return {interval.lo, interval.hi, interval.level}; }

// Only kValid measurements support a finding.
enum class Validity { kValid, kGeneratorBound, kNoisy, kTooFew };

// A number that was measured: the result of `method` over `captures` with `parameters` and `seed`, and nothing else.
struct Measurement {
  MeasurementId id = 0;
  std::string metric = {};  // stable name: "sql.round_trips", "load.response.p99", "cpu.share", ...
  Scope scope = {};
  std::string unit = {};  // "ns", "bytes", "count", "ratio", "cpu_s", ...; a renderer formats by it
  double value = 0;
  std::optional<Interval> interval = {};
  int64_t n = 0;
  std::string n_of = {};    // "requests", "samples", ...
  std::string method = {};  // "sql.round_trips@1"
  uint64_t seed = 0;
  std::vector<CaptureId> captures = {};
  std::map<std::string, std::string> parameters = {};
  Validity validity = Validity::kValid;
};

// A measurement that is wanted: everything but the answer.
struct MeasurementSpec {
  std::string metric = {};
  Scope scope = {};
  std::string unit = {};
  std::string method = {};
  std::vector<CaptureId> captures = {};
  std::map<std::string, std::string> parameters = {};
  uint64_t seed = 0;
};

enum class Severity { kLow, kMedium, kHigh };

// A place in the user's code that was on the way to a statement.
struct Frame {
  std::string function = {};  // Go symbol
  std::string file = {};
  int line = 0;
};

// What a finding is about, as a reader goes to it.
struct Subject {
  std::string kind = {};      // "query", "function", "endpoint", "service", "index"
  std::string name = {};      // the statement, the Go symbol or the endpoint
  std::string endpoint = {};  // where it hurts; empty for the whole service
  std::string file = {};      // relative to the module where known
  int line = 0;               // 0: unknown
  std::string function = {};  // the Go symbol that the line is in, where known and not the name itself
  // How file and line of a query are known: "stack" (who waited for its reply), "text" (a guess: where such a text
  // stands in the sources). Empty for everything else.
  std::string located = {};
  std::vector<Frame> stack = {};  // of "stack": from the function that asks the database to the handler
};

// What rules answer: a finding whose numbers are still names of measurements. In `title` and `remedy`, {m0}, {m1}, ...
// stand for support[0], support[1], ... and are filled in by the renderer, which refuses any other digit outside back
// quotes.
struct FindingDraft {
  std::string rule = {};
  Severity severity = Severity::kMedium;
  std::string title = {};
  Subject subject = {};
  std::vector<MeasurementSpec> support = {};
  // Worth, as indexes into support: ns of response time saved a request of the endpoint at the configured round trip
  // (and at loopback's), CPU seconds in 1,000 requests, bytes a request.
  std::optional<size_t> time_ns = {};
  std::optional<size_t> time_loopback_ns = {};
  std::optional<size_t> cpu_s_per_1000 = {};
  std::optional<size_t> bytes = {};
  // The best that a perfect fix can give, with what that rests on ("Amdahl: the share of the endpoint's CPU").
  std::optional<size_t> ceiling = {};
  std::string ceiling_basis = {};
  std::string remedy = {};
};

// What could not be judged: "clean" is impossible while there is one.
struct NotJudged {
  std::string subject = {};  // an endpoint, or "CPU of GET /x"
  std::string reason = {};
  std::string what_would_do = {};
};

// The answer of a domain's analysis: findings to support, plain measurements worth printing, and what could not be
// judged.
struct Judgement {
  std::vector<FindingDraft> findings = {};
  std::vector<MeasurementSpec> measurements = {};
  std::vector<NotJudged> not_judged = {};
};

std::string_view Name(Phase phase);        // "static", "cold", "quiet", "loaded"
std::string_view Name(Validity validity);  // "VALID", "GENERATOR_BOUND", "NOISY", "TOO_FEW"
std::string_view Name(Severity severity);  // "low", "medium", "high"

// The reverse of Name; empty for any other text.
std::optional<Phase> PhaseNamed(std::string_view name);
std::optional<Validity> ValidityNamed(std::string_view name);
std::optional<Severity> SeverityNamed(std::string_view name);

// How ids are printed: a letter for what they name ('m', 'c', 'f') and the number. ParseId answers only for that letter
// and a number from 1 on.
std::string IdText(char letter, int64_t id);
std::optional<int64_t> ParseId(char letter, std::string_view text);

// The question that `measurement` answers.
MeasurementSpec SpecOf(const Measurement& measurement);

}  // namespace hone::evidence
