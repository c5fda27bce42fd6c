// The thresholds of the rules on database work, each with what it rests on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace hone::sql {

// Fewer different row counts than this cannot tell a line from a coincidence: two points always lie on one.
inline constexpr size_t kLeastRowCounts = 3;

// Round trips a row from which on they count as growing with the rows: a fourth of the rows that need a look gives
// 0.25, less what chance takes at few rows.
inline constexpr double kLeastSlope = 0.22;

// Rows of another statement a call, up to which exact chunks (calls = a + ceil(rows / c)) count, whatever the slope:
// for fifty rows five calls of ten are made. Services written for a trial by somebody else took chunks of eight to
// forty for a defect, the most of them ten to twenty-five; more is a batch's size. Likewise of the values that the
// request itself names, where the statement has lists. Of its own rows, a page's, fewer.
inline constexpr int64_t kLargestSmallChunk = 40;
// What could as well be chunks of so many is none.
inline constexpr int64_t kLeastBatchSize = 50;
// Of reads, up to which they count where a request makes many of them: a list of thirteen hundred ids in hundreds. What
// is written in such pieces is a batch.
inline constexpr int64_t kLargestOfManyChunks = 100;
inline constexpr int64_t kLeastReadBatchSize = 128;
inline constexpr double kManyChunks = 5;
inline constexpr int64_t kLargestPage = 4;

// Round trips of one statement a row from which on they count as several.
inline constexpr double kLeastSeveral = 1.5;

// The power of the rows with which calls grow, from which on two loops over the same rows count as such: pairs without
// repetition, n * (n - 1) / 2, and n * n with a few constant calls both give more than 1.5 at sizes from 1 to 10.
inline constexpr double kLeastQuadraticPower = 1.5;

// Rows that a service throws away count from here on, and from so many times those that its answer lists: less is a
// page of which a few are not to be seen.
inline constexpr double kLeastUnusedRows = 100;
inline constexpr double kUnusedTimesShown = 4;

// What columns that no answer needs must hold in a request: so many bytes, and so much of all that the statement
// returns. A column with fewer bytes a row is none that is worth leaving out.
inline constexpr int64_t kLeastUnusedBytes = 16 * 1024;
inline constexpr double kLeastUnusedShare = 0.5;
inline constexpr int64_t kWideColumnBytes = 32;

// A line explains the calls where the standard deviation around it is at most this share of the calls at the largest
// size. Counts of a quiet service are exact, so only conditional calls and caches scatter.
inline constexpr double kLargestScatter = 0.2;

// The share of a query's parameter values that must be found in one column of earlier rows for the rows to count as
// their cause. Lower values come from small serial numbers that meet by chance.
inline constexpr double kProvenanceShare = 0.8;

// ... and of that column's values, the share that must have become parameters. A loop over every second row uses half
// of them; a column of small serial numbers that meets the parameters by chance is used as far as chance goes.
inline constexpr double kProvenanceCoverage = 0.4;

// The share of a loop's time that must have been saved by running side by side (median at the largest size, on at least
// two connections) for the loop to count as parallel. One after another, whatever the machine, it is exactly 0.
inline constexpr double kLeastOverlap = 0.1;

// The share of a loop's executions within a transaction from which on the loop counts as running in one: all, but for
// what a first execution before BEGIN would change.
inline constexpr double kTransactionShare = 0.9;

// Statements in each round trip of a loop from which on it counts as a batch for each row.
inline constexpr double kLeastBatch = 1.5;

// Different lengths of the lists in a statement's texts before they count as varying, and the longest length at least:
// a filter by one, two or three states of a few is bounded by their number.
inline constexpr size_t kLeastListLengths = 3;
inline constexpr int64_t kLeastLongestList = 5;

// Different texts with literals of a statement sent as a prepared one. Up to here the code may hold each of them.
inline constexpr int64_t kLeastPreparedTexts = 5;

// Texts that differ by comments, for each execution: 1 where a comment holds what is another for each request, near 0
// where it says who asks.
inline constexpr double kLeastCommentTexts = 0.5;

// Times that a connection prepares a statement again for each of its executions: near 1 where a cache is too small for
// what it must hold or a statement is prepared for a single use, near 0 where it is prepared once for a loop.
inline constexpr double kLeastPreparedAgain = 0.5;

// Executions beyond the first with identical parameters in one request, with nothing written between that they read:
// the commonest form is a middleware that loads the user and a handler that loads it again. A second look on purpose
// reads what was written, or locks (another text).
inline constexpr double kLeastRepeats = 1;
// ... in this share of the warm requests: "nearly every".
inline constexpr double kRepeatingRequests = 0.9;

// Different literal texts of one statement, and the requests that they must come from, before they count as varying.
inline constexpr size_t kLeastLiteralTexts = 2;

// Where CPU time of the service was measured, the logic's budget counts as broken by logic only if this share of the
// excess time was on the CPU or nothing else explains it: scheduling noise of a busy machine is off the CPU.
inline constexpr double kLogicOnCpuShare = 0.5;
// A median below this multiple of its budget is over it only where the quantile kFastestShare is, too.
inline constexpr double kSurelyOverBudget = 2;
inline constexpr double kFastestShare = 0.1;

// What one round trip costs between the service and the proxy, beside the server's work: the driver's own work and the
// wake-ups of both sides. It belongs to the database work, not to the logic. Measured in each run (sql.driver_gap, the
// smallest median of an endpoint); this, an upper estimate for pgx v5 on a 2-core virtual machine, stands where no
// endpoint makes enough round trips one after the other.
inline constexpr int64_t kDriverNsOfTrip = 100'000;
// Gaps between round trips from which on their median says what a driver costs.
inline constexpr int64_t kLeastDriverGaps = 10;
// The part of it on the service's CPU, at most.
inline constexpr int64_t kDriverCpuNsOfTrip = 40'000;

// Calls at the largest size (their median) below which nothing is said about growth: one and two calls are a check and
// a reading, not a loop.
inline constexpr double kLeastCalls = 3;
// Calls at the nodes of a tree from which on they are told: its own counts are all that speaks for it, and those of a
// few calls agree by chance.
inline constexpr double kLeastNodes = 8;

// Calls with different parameters in every request, whatever it asks for, from which on they are a loop although they
// grow with nothing: over the gates of a site that are held in memory, or the days of a month. Few are a dashboard's
// figures, and as many as this nobody wrote out.
inline constexpr double kLeastFixedCalls = 10;
// ... in each request about as many: a month has 28 to 31 days.
inline constexpr double kMostFixedTimes = 1.25;
// ... that each return at most so many rows: pages of an export return more.
inline constexpr double kMostRowsOfFixedCall = 20;

// Warm requests at a size from which on a median has an interval at 95 % (order statistics: 6 values).
inline constexpr size_t kLeastRequests = 6;

// A plan is looked at where one execution takes at least this long: what is faster gains less by another plan than a
// round trip on loopback costs (0.1 ms and more on a 2-core virtual machine).
inline constexpr int64_t kLeastPlanNs = 500'000;
// ... but for gross misestimates: what takes as long as this may have read enough rows for one.
inline constexpr int64_t kLeastBriefNs = 150'000;
// ... and where the statement takes at least this share of what its endpoint spends in the database.
inline constexpr double kLeastPlanShare = 0.25;
// ... for so long in a run, the worst first: each takes a second or two. What is left is said.
inline constexpr int64_t kPlansForNs = 40'000'000'000;

// A table with fewer rows is read whole in less time than any index saves, and its plan says nothing about the plan of
// a table that has grown.
inline constexpr int64_t kLeastTableRows = 1000;
// An index is tried where a scan discards at least so many rows, and keeps at most this share: PostgreSQL prefers the
// sequential scan again when a fifth to a third of the rows are wanted. Only what the trial measures is printed.
inline constexpr double kLeastDiscardedRows = 1000;
inline constexpr double kMostKeptShare = 0.3;
// And where the checks of a foreign key take at least this share of a statement's time.
inline constexpr double kLeastKeyShare = 0.3;
// Where a scan's own conditions keep at most this share, they alone are the key; otherwise the join's columns lead it.
// A guess that only decides what is tried.
inline constexpr double kSelectiveShare = 0.02;
// A scan whose condition no index serves is told where it throws away at least so many rows, in a statement that takes
// so long: nothing is tried that could prove what sparing them gains.
inline constexpr double kLeastUnservedRows = 5000;
// A scan whose computed condition keeps more may be the fastest way: an index reads its rows one by one.
inline constexpr double kUnservedShare = 0.05;
inline constexpr double kLeastUnservedMs = 2;
// Statistics are tried where an estimate is off by this factor. One order of magnitude is where plans begin to change
// (Leis et al., "How Good Are Query Optimizers, Really?", VLDB 2015).
inline constexpr double kLeastEstimateError = 10;
// ... and the estimate or the truth is large enough to matter: of some hundred rows where one was expected, each may
// cost a loop over another table. Only what the trial gains is printed.
inline constexpr double kLeastMisestimatedRows = 100;
// An estimate that is off by this factor is told although it costs nothing here, where the statistics bring it within
// the second: a plan that is chosen for two rows and gets five hundred is as good as the luck that its tables are in
// memory.
inline constexpr double kGrossEstimateError = 50;
inline constexpr double kMendedEstimateError = 3;

// What was tried is a finding where the whole 95 % interval of (time with it / time without it) is at most this: what
// every write must pay for ever should bring a tenth at least. The interval, not this bound, keeps chance out.
inline constexpr double kMostTimeWith = 0.9;
// Lists are read from their beginning, and few go to the end: where the last page keeps the budget, the first one must
// take at most this part of its time, which other programs on the machine do not make of two equal ones, and the last
// one so long.
inline constexpr double kMostTimeOfFirstPage = 0.2;
inline constexpr double kLeastLatePageNs = 2'000'000;
// What an index on a table of fewer rows than these must save a request: a fifth of the default budget of the database.
inline constexpr int64_t kSmallTableRows = 10'000;
inline constexpr double kLeastIndexSavedNs = 1'000'000;
// Pairs of a trial; 6 are the fewest with an interval at 95 % (stats/paired.h).
inline constexpr size_t kTrialPairs = 11;
inline constexpr size_t kLeastTrialPairs = 6;

// Temporary files of one execution from which on they are a finding although more memory is no faster here.
inline constexpr int64_t kLeastSpilledBytes = int64_t{1} << 20;

// Single calls with which a set form is tried: with more the comparison takes longer and proves no more.
inline constexpr size_t kMostCallsOfSample = 100;
// Rows that may come of it: they are held in memory for the comparison.
inline constexpr size_t kMostRowsOfProof = 20'000;
// Loops of a run whose set form is tried: each takes some hundred milliseconds.
inline constexpr size_t kMostSetForms = 12;

// A check by an injected delay tells something where half of the 95 % interval of the response time's growth is at most
// this share of it: then it tells one after the other from side by side on two connections or more.
inline constexpr double kMostDelayScatter = 0.25;
// Loops of one endpoint that are checked so: each takes up to three seconds.
inline constexpr size_t kMostDelayChecks = 3;

// Time in a transaction without a statement (its median's interval) from which on it counts as held over something
// else. Between the statements of a transaction a service computes for microseconds; the logic's whole budget is 1 ms
// by default, and a call to another service on the same machine takes less than this only if it does nothing.
inline constexpr double kLeastIdleInTransactionNs = 5'000'000;
// ... in gaps that each last as long as this: the many short ones between the statements of a loop are the loop's.
inline constexpr base::Nanos kLeastIdleGapNs = base::kMillisecond;

// What every one of its requests stays idle for on a busy machine, too, is not the machine's doing: other programs
// delay some of them.
inline constexpr double kSurelyIdleNs = 20'000'000;

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

// An index that another one begins with is superfluous where look-ups by the longer one take at most so many times as
// long, by the interval's upper end.
inline constexpr double kMostSlowerByLonger = 1.3;

}  // namespace hone::sql
