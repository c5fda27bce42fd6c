// What the methods compute and the rules decide on: one computation for both, so that a rule's threshold and the
// printed number agree.
//
// All functions are pure and look at warm requests that answered as expected only; background statements are left out.
// Vectors that run over requests have the order of the `requests` they are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// Indexes of the warm requests that answered as expected; of one size, or of all.
std::vector<size_t> WarmRequests(const Exchange& exchange, std::optional<int64_t> size = std::nullopt);

// The sizes of warm requests, ascending, each once.
std::vector<int64_t> Sizes(const Exchange& exchange);

// The size at which budgets are judged: the default where it was driven, else the (lower) median of the sizes.
int64_t TypicalSize(const Exchange& exchange);

// The index of the query with this id.
std::optional<uint32_t> FindQuery(const Exchange& exchange, std::string_view id);

// What the calls of a query are counted against.
enum class RowSource { kQuery, kOtherRows, kAllRows, kSize };

struct Against {
  RowSource kind = RowSource::kAllRows;
  uint32_t query = 0;  // of kQuery
  bool operator==(const Against&) const = default;
};

// As the parameter "source": a query's id, "other_rows" (of all statements but the one judged), "rows" (of all) or
// "size".
std::string Name(const Exchange& exchange, const Against& against);
std::optional<Against> AgainstOf(const Exchange& exchange, std::string_view name);

struct Points {
  std::vector<double> x = {};  // rows
  std::vector<double> y = {};  // round trips with the query
};
Points CallsAgainst(const Exchange& exchange, uint32_t query, const Against& against);

// Rows of each execution of `query` that stand in the answer, in those of the requests for which that is known.
std::vector<double> RowsListed(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

// Whether another statement of the request may have got all those rows of `query`: as a list, or in as many executions.
bool FeedsAnother(const Exchange& exchange, uint32_t query, size_t request, double rows);

// Executions of `query` in each request beyond the first of each parameter set. A write to a table that it reads makes
// reading again legitimate.
std::vector<double> Repeats(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

// Whether several requests, cold ones included, execute `query` again with the same parameters behind a write to a
// table that it reads: where others leave the write out, as nothing changes, they read again all the same.
bool MayReadWhatItWrote(const Exchange& exchange, uint32_t query);

// Different parameter sets (texts, where the values are in the text) of `query` in each request.
std::vector<double> DistinctParameters(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

struct Provenance {
  double share = 0;  // of the query's values of one parameter that one column of earlier rows of the same request held
  int64_t values = 0;                   // how many values that parameter had
  std::optional<uint32_t> source = {};  // the query of that column
  // Of that column's values, the share that became the parameter: where small serial numbers meet by chance, few of a
  // column's values are used.
  double coverage = 0;
};
// The best pair of parameter and column: the one with the largest share.
// `by_coverage`: of columns with the same share, the one with the largest coverage; else the first.
Provenance FindProvenance(const Exchange& exchange, uint32_t query, bool by_coverage = true);

// Different texts with literals of `query` that came by the simple protocol, over all requests.
int64_t LiteralTexts(const Exchange& exchange, uint32_t query);

// Whether the texts with literals of `query` that came by the simple protocol differ from request to request: texts
// that are constants of the code are the same in each.
bool TextsVary(const Exchange& exchange, uint32_t query);

// The shortest round trip of the capture that executed a statement: what loopback costs at least. 0 without one.
int64_t LoopbackTrip(const Exchange& exchange);

// The round trips with a query in one request.
struct InARow {
  double trips = 0;  // that execute it
  double calls = 0;  // and those before them that only ask what the statement is: RequestAccount::round_trips
  double each = 1;   // calls for each of trips, at least 1
  double share = 1;  // of the trips' time that passed one after the other, as their times on loopback have it
};
std::vector<InARow> CallsInARow(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests);

// ns that each request would save at `round_trip_ns` if all round trips with `query` but one (repeated: but one for
// each parameter set) disappeared. Round trips that ran side by side count for the time that they took together.
std::vector<double> SavedTime(const Exchange& exchange, uint32_t query, bool repeated, int64_t round_trip_ns,
                              const std::vector<size_t>& requests);

// Where the time of one request's answer went.
struct Layers {
  double response = 0;
  double db = 0;
  double pool = 0;       // 0 where unknown
  double transport = 0;  // 0 where unknown
  double logic = 0;      // the rest, less the driver's work for each round trip beyond transport's; at least 0
  double cpu = -1;       // of the service less transport's and the driver's, at most logic; -1: unknown
};
// `driver_ns` is what the driver needs for a round trip beside the server's time.
std::vector<Layers> LayersOf(const Exchange& exchange, const std::vector<size_t>& requests, int64_t driver_ns);

// ns from a reply to the next round trip of the same warm request, where one came after the other: the driver's work,
// the wake-ups, and whatever the logic does between two statements. In order of time.
std::vector<double> DriverGaps(const Exchange& exchange);

}  // namespace hone::sql
