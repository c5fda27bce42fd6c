// A dump of all goroutines (pprof's goroutine?debug=2) as values: who waits for what, called from where. Pure.
//
// Format: runtime/traceback.go and runtime/pprof/pprof.go of Go 1.24 to 1.26. Arguments, addresses and labels are not
// read: what a dump holds of values is left behind here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone::golang {

struct StackFrame {
  std::string function = {};  // symbol, without arguments
  std::string file = {};      // as the build knew it
  int line = 0;
  bool operator==(const StackFrame&) const = default;
};

struct Goroutine {
  int64_t id = 0;
  std::string state = {};               // "IO wait", "chan receive", "running"
  std::vector<StackFrame> frames = {};  // innermost first
  StackFrame creation = {};             // the `go` statement; the function that it stands in. Empty for the main one
  int64_t creator = 0;                  // the goroutine that ran it; 0: unknown
  bool operator==(const Goroutine&) const = default;
};

// All goroutines that can be read, at most `most`; what is no part of one is skipped. Never fails.
std::vector<Goroutine> ParseGoroutines(std::string_view dump, size_t most = 20'000);

// The same as text in the dump's own format, which holds nothing but what Goroutine does: what may be stored.
// ParseGoroutines gives the same goroutines back.
std::string FormatGoroutines(std::span<const Goroutine> goroutines);

}  // namespace hone::golang
