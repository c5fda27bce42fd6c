// Requests that take a connection while they hold another one: found in the quiet phase, proven by a probe.
//
// A request that asks a pool for its second connection while it keeps the first can wait for itself: enough of them at
// once, and each holds a connection and waits for one that never comes back. What the wire shows of it in a quiet
// request: all work of one connection lies within a time in which another one has its transaction open and asks for
// nothing, or sends rows. Work that runs side by side (a fan-out) can look like that by chance, so a probe decides:
// with one connection for the whole service a fan-out takes its turns, and a nested request stops. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/model.h"
#include "sql/exchange.h"

namespace hone::sql {

inline constexpr std::string_view kProbeKind = "pool.probe";

struct Nesting {
  double connections = 1;              // that a request holds at once: the median over warm requests
  double share = 0;                    // of the warm requests, those that hold more than one
  double switching = 0;                // of the warm requests, those that use several connections one after the other
  std::optional<uint32_t> inner = {};  // the statement that most often runs on the further connection
};
Nesting FindNesting(const Exchange& exchange);
// How many connections each warm request holds at once.
std::vector<double> HeldAtOnce(const Exchange& exchange);

// Worth a probe: nearly every warm request looks nested, or uses several connections in turn.
bool IsSuspect(const Nesting& nesting);

// One request sent while the service had a single connection.
struct Probe {
  bool stopped = false;      // it held a connection, waited for another, and nothing moved any more
  base::Nanos still_ns = 0;  // for how long nothing had moved
  int64_t holding = 0;       // connections held then
  int64_t waiting = 0;       // and waited for
  bool operator==(const Probe&) const = default;
};
std::string Encode(const std::vector<Probe>& probes);
base::Result<std::vector<Probe>> DecodeProbes(std::string_view bytes);

// pool.nested_acquire for one endpoint, where all probes stopped; a refusal where it is suspect and none did or there
// were no probes for rows that are kept open. `requests_at_once` is for the size below which it can stop.
evidence::Judgement JudgeNesting(const Exchange& exchange, const evidence::Capture& capture,
                                 const std::vector<Probe>& probes, evidence::CaptureId probe_capture,
                                 int64_t requests_at_once);

}  // namespace hone::sql
