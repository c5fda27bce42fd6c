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
// wake-ups of both sides. It belongs to the database work, not to the logic. Measured in each run (sql.driver_gap, the
// smallest median of an endpoint); this, an upper estimate for pgx v5 on a 2-core virtual machine, stands where no
// endpoint makes enough round trips one after the other.
inline constexpr int64_t kDriverNsOfTrip = 100'000;
// Gaps between round trips from which on their median says what a driver costs.
inline constexpr int64_t kLeastDriverGaps = 10;
// The part of it on the service's CPU, at most.
inline constexpr int64_t kDriverCpuNsOfTrip = 40'000;

// Calls at the largest size below which nothing is said about growth: one and two calls are a check and a reading, not
// a loop.
inline constexpr double kLeastCalls = 3;

// Warm requests at a size from which on a median has an interval at 95 % (order statistics: 6 values).
inline constexpr size_t kLeastRequests = 6;

// A plan is looked at where one execution takes at least this long: what is faster gains less by another plan than a
// round trip on loopback costs (0.1 ms and more on a 2-core virtual machine).
inline constexpr int64_t kLeastPlanNs = 500'000;
// ... and where the statement takes at least this share of what its endpoint spends in the database.
inline constexpr double kLeastPlanShare = 0.25;
// ... for so many statements of a run, the worst first: each takes a second or two.
inline constexpr size_t kMostPlans = 6;

// A table with fewer rows is read whole in less time than any index saves, and its plan says nothing about the plan of
// a table that has grown.
inline constexpr int64_t kLeastTableRows = 1000;
// An index is tried where a scan discards at least so many rows, and keeps at most this share: PostgreSQL prefers the
// sequential scan again when a fifth to a third of the rows are wanted. Only what the trial measures is printed.
inline constexpr double kLeastDiscardedRows = 1000;
inline constexpr double kMostKeptShare = 0.3;
// Where a scan's own conditions keep at most this share, they alone are the key; otherwise the join's columns lead it.
// A guess that only decides what is tried.
inline constexpr double kSelectiveShare = 0.02;
// Statistics are tried where an estimate is off by this factor. One order of magnitude is where plans begin to change
// (Leis et al., "How Good Are Query Optimizers, Really?", VLDB 2015).
inline constexpr double kLeastEstimateError = 10;
// ... and the estimate or the truth is large enough to matter.
inline constexpr double kLeastMisestimatedRows = 1000;

// What was tried is a finding where the whole 95 % interval of (time with it / time without it) is at most this: what
// every write must pay for ever should bring a tenth at least. The interval, not this bound, keeps chance out.
inline constexpr double kMostTimeWith = 0.9;
// Pairs of a trial; 6 are the fewest with an interval at 95 % (stats/paired.h).
inline constexpr size_t kTrialPairs = 11;
inline constexpr size_t kLeastTrialPairs = 6;

}  // namespace hone::sql
