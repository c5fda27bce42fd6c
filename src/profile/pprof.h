// pprof profiles: the protobuf of google/pprof decoded into columns, and rewritten without labels for the ledger.
//
// Source: github.com/google/pprof/proto/profile.proto. Values of this file are plain data; a const Profile may be read
// by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::profile {

struct ValueType {
  std::string type = {};  // "cpu", "alloc_space", "delay", ...
  std::string unit = {};  // "nanoseconds", "bytes", "count"
  bool operator==(const ValueType&) const = default;
};

struct Function {
  std::string name = {};
  std::string file = {};
  int64_t start_line = 0;
};

struct Line {
  uint32_t function = 0;  // index into Profile::functions
  int64_t line = 0;       // 0: unknown
};

// What a profile is, told by its value types.
enum class Kind { kCpu, kHeap, kContention, kGoroutine, kOther };

// Contention profiles are of mutexes (stacks end where a lock is let go) or of blocking (stacks end where a goroutine
// waits). Rows (`location_lines`, `sample_stack`) are offsets: row i spans [offsets[i], offsets[i + 1]).
struct Profile {
  std::vector<ValueType> types = {};
  std::vector<Function> functions = {};
  std::vector<Line> lines = {};  // of all locations; within one, innermost (inlined) first
  std::vector<uint32_t> location_lines = {0};
  std::vector<uint32_t> stacks = {};  // locations of all samples; within one, leaf first
  std::vector<uint32_t> sample_stack = {0};
  std::vector<int64_t> values = {};       // sample s, type t: values[s * types.size() + t]
  std::vector<int64_t> block_bytes = {};  // by sample: the size of the objects of a heap profile's row; 0: unknown
  ValueType period_type = {};
  int64_t period = 0;
  int64_t time_ns = 0;      // wall clock at the start; 0: unknown
  int64_t duration_ns = 0;  // 0: unknown

  size_t samples() const { return sample_stack.size() - 1; }
  int64_t Value(size_t sample, size_t type) const { return values[sample * types.size() + type]; }
  std::span<const uint32_t> Stack(size_t sample) const {
    return std::span(stacks).subspan(sample_stack[sample], sample_stack[sample + 1] - sample_stack[sample]);
  }
  std::span<const Line> Lines(uint32_t location) const {
    return std::span(lines).subspan(location_lines[location], location_lines[location + 1] - location_lines[location]);
  }
  // Index of a value type by its name.
  std::optional<size_t> Type(std::string_view type) const;
  Kind kind() const;
};

// What a decoder takes before it refuses. The defaults hold any profile that a Go service gives in a window.
struct Limits {
  size_t compressed_bytes = size_t{64} << 20;
  size_t bytes = size_t{256} << 20;      // decompressed
  size_t entries = size_t{8} << 20;      // of each kind: strings, functions, lines, frames, values
  size_t name_bytes = size_t{64} << 10;  // one string that a symbol, file or type uses
};

// Decodes a profile, gzip'd or raw. kInput with one sentence for anything that is not one: an HTML page, a truncated or
// corrupt gzip, an index out of range, a sample whose values do not fit its types, no value types, or something beyond
// `limits`.
base::Result<Profile> Decode(std::string_view bytes, const Limits& limits = {});

// The profile without labels (but the sizes of a heap's objects), comments, build ids and mappings, encoded
// uncompressed: what may be kept. Deterministic, and a fixed point: Redact(Redact(x)) == Redact(x). Decode gives the
// same profile for both. Fails as Decode does.
base::Result<std::string> Redact(std::string_view bytes, const Limits& limits = {});

// The encoding that Redact writes.
std::string Encode(const Profile& profile);

}  // namespace hone::profile
