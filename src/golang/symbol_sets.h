// Sets of symbols of Go's runtime and standard library that cost what rules look for, by prefix and by Go version.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace hone::golang {

enum class SymbolSet {
  kGcMark,         // marking in the collector's own goroutines
  kGcIdle,         // marking that only idle processors do: free
  kGcAssist,       // marking that allocating goroutines must do
  kGcSweep,        // sweeping, in the background or before an allocation
  kAllocation,     // mallocgc and what leads there
  kScheduler,      // finding and parking goroutines
  kLock,           // sync's and the runtime's locks
  kJson,           // encoding/json, its v2 and jsontext
  kRegexpCompile,  // regexp.Compile and the parser under it
  kHttpServe,      // net/http's connection loops, HTTP/1 and 2
  kObserver,       // handlers that only a profiler or scraper calls
  kBuffer,         // packages whose allocations are buffers that can be used again
  kPreempt,        // an interruption that says nothing of the code: charged to its caller
  kFmt,            // package fmt
  kLogging,        // log, log/slog and the loggers that people use instead
  kConcat,         // the concatenation of strings
  kGrowth,         // slices that are made larger
  kMapGrowth,      // maps that are made larger
  kCursor,         // readers of records whose number is not known before the last one
};

struct SymbolPrefix {
  SymbolSet set;
  std::string_view prefix;
  int first;  // first minor version that has it ("1.24" is 24), 0: older than all that Hone knows
  int last;   // last one, 0: still there
};

// The table, for tests against installed toolchains and for docs.
std::span<const SymbolPrefix> SymbolPrefixes();

// Whether `name` is in `set`. The prefixes of all versions are tried: none means something else in another version.
bool InSet(SymbolSet set, std::string_view name);

// "json", "regexp_compile", ...: stable names, used as parameters of measurements.
std::string_view Name(SymbolSet set);
std::optional<SymbolSet> SymbolSetByName(std::string_view name);

}  // namespace hone::golang
