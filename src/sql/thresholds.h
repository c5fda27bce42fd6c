// The thresholds of the rules on database work, each with what it rests on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::sql {

// Fewer different row counts than this cannot tell a line from a coincidence: two points always lie on one.
inline constexpr size_t kLeastRowCounts = 3;

// Round trips a row from which on they count as growing with the rows. The smallest real slope in the reference
// services is one call for every second row (0.5); pages of ten rows give 0.1. A twentieth is left for a row that is
// answered without a call.
inline constexpr double kLeastSlope = 0.45;

// A line explains the calls where the standard deviation around it is at most this share of the calls at the largest
// size. Counts of a quiet service are exact, so only conditional calls and caches scatter.
inline constexpr double kLargestScatter = 0.2;

// The share of a query's parameter values that must be found in one column of earlier rows for the rows to count as
// their cause. Lower values come from small serial numbers that meet by chance.
inline constexpr double kProvenanceShare = 0.8;

// Executions beyond the first with identical parameters in one request. One may be a deliberate re-check
// (authorisation, a lock); from two on it is a value that several layers fetch for themselves.
inline constexpr double kLeastRepeats = 2;
// ... in this share of the warm requests: "nearly every".
inline constexpr double kRepeatingRequests = 0.9;

// Different literal texts of one statement, and the requests that they must come from, before they count as varying.
inline constexpr size_t kLeastLiteralTexts = 2;

// Where CPU time of the service was measured, the logic's budget counts as broken by logic only if this share of the
// excess time was on the CPU or nothing else explains it: scheduling noise of a busy machine is off the CPU.
inline constexpr double kLogicOnCpuShare = 0.5;

// What one round trip costs between the service and the proxy, beside the server's work: the driver's own work and the
// wake-ups of both sides. An upper estimate for pgx v5 on a 2-core virtual machine; it belongs to the database work,
// not to the logic.
inline constexpr int64_t kDriverNsOfTrip = 100'000;
// The part of it on the service's CPU.
inline constexpr int64_t kDriverCpuNsOfTrip = 40'000;

// Calls at the largest size below which nothing is said about growth: one and two calls are a check and a reading, not
// a loop.
inline constexpr double kLeastCalls = 3;

// Warm requests at a size from which on a median has an interval at 95 % (order statistics: 6 values).
inline constexpr size_t kLeastRequests = 6;

// Holds that must have ended while so many connections were in use before that number counts in a fit: the least number
// of samples of the design.
inline constexpr double kLeastOfLevel = 30;

// The share of the warm requests that must look nested before a probe is worth it: what a request does it does nearly
// every time, and a fan-out that looks so by chance does not.
inline constexpr double kNestingShare = 0.9;
// Probes that must stop, all of them: one may have met a pause of the machine.
inline constexpr size_t kLeastProbes = 3;
// How long nothing may move before a probe counts as stopped. Work between two statements of a transaction that takes
// longer would look the same, which is why the quiet phase must show the nesting as well.
inline constexpr int64_t kProbeStillNs = 1'000'000'000;

}  // namespace hone::sql
