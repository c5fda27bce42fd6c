// Methods: the named, versioned, pure functions by which measurements come from captures; the same ones compute live
// and recompute.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/model.h"

namespace hone::evidence {

// A capture with its bytes. Views live as long as the call.
struct CaptureBytes {
  const Capture* capture = nullptr;
  std::string_view bytes = {};
};

// What a method answers. `validity` says what the captures themselves show (too few samples, generator-bound, ...).
struct Computed {
  double value = 0;
  std::optional<Interval> interval = {};
  int64_t n = 0;
  std::string n_of = {};
  Validity validity = Validity::kValid;
};

using Parameters = std::map<std::string, std::string>;

// A pure function: equal arguments give equal digits, on every machine. Reductions have a fixed order. kInput if the
// captures are not of the kind that the method reads.
struct Method {
  std::string_view name;    // "sql.round_trips@1": a changed computation is a new version
  std::string_view source;  // what it computes and by whose method (paper, specification)
  base::Result<Computed> (*compute)(std::span<const CaptureBytes>, const Parameters&, uint64_t seed);
};

}  // namespace hone::evidence
