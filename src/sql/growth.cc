#include "sql/growth.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "sql/loop.h"
#include "sql/thresholds.h"
#include "sql/tree_walk.h"
#include "stats/quantile_interval.h"
#include "stats/regression.h"

namespace hone::sql {
namespace {

struct Fit {
  Against against;
  double slope = 0;
  double scatter = 0;      // standard deviation around the line as a share of the most calls
  bool is_source = false;  // its rows hold the parameters
  bool quadratic = false;
  size_t row_counts = 0;
};

bool Grows(const stats::Line& line, double scatter) {
  return line.slope_interval && line.slope_interval->lo > 0 && scatter <= kLargestScatter;
}

// Whether the square of the rows explains the calls, and much better than the rows do.
bool IsQuadratic(const Points& points, const stats::Line& line) {
  std::vector<double> squares;
  for (const double x : points.x) squares.push_back(x * x);
  const auto square = stats::LeastSquares(squares, points.y);
  const auto power = PowerLaw(points);
  return square && power && power->slope >= kLeastQuadraticPower &&
         Grows(*square, square->residual_sd / std::ranges::max(points.y)) && 2 * square->residual_sd < line.residual_sd;
}

// The most values that one execution asks for by a list or an array, or rows that it writes.
int64_t LongestList(const Exchange& exchange, uint32_t query) {
  int64_t longest = 0;
  for (const Statement& statement : exchange.statements) {
    if (statement.IsCall(query)) longest = std::max({longest, statement.list_items, statement.array_items});
  }
  return longest;
}

// Empty: fewer than two row counts.
std::optional<Fit> FitAgainst(const Exchange& exchange, uint32_t query, const Against& against) {
  // A driver's question what the statement is makes no second call of it.
  const Points points = TripsAgainst(exchange, {query}, against);
  const auto line = stats::LeastSquares(points.x, points.y);
  if (!line) return std::nullopt;
  Fit fit{.against = against, .slope = line->slope};
  fit.row_counts = std::set<double>(points.x.begin(), points.x.end()).size();
  fit.scatter = line->residual_sd / std::ranges::max(points.y);
  fit.quadratic = fit.row_counts >= kLeastRowCounts && IsQuadratic(points, *line);
  const Chunks chunks = ChunksOf(points);
  // A list of as many values is no page.
  const bool listed = against.kind == RowSource::kSize && chunks.Holds(LongestList(exchange, query));
  const bool named = against.kind == RowSource::kQuery || listed;
  const bool many =
      named && exchange.queries[query].query_class == QueryClass::kRead && std::ranges::max(points.y) >= kManyChunks;
  const int64_t largest = many ? kLargestOfManyChunks : named ? kLargestSmallChunk : kLargestPage;
  const bool small =
      chunks.least >= 2 && chunks.least <= largest && chunks.most < (many ? kLeastReadBatchSize : kLeastBatchSize);
  const bool small_chunks = small && Grows(*line, 0);
  const bool grows = line->slope >= kLeastSlope && (fit.quadratic || Grows(*line, fit.scatter));
  if (!grows && !small_chunks) fit.slope = 0;
  return fit;
}

// When each query first ran in each request; the largest time where it did not.
std::vector<base::Nanos> FirstStarts(const Exchange& exchange, uint32_t query) {
  std::vector<base::Nanos> first(exchange.requests.size(), std::numeric_limits<base::Nanos>::max());
  for (const Statement& statement : exchange.statements) {
    if (statement.query != query || statement.request == kNoRequest || statement.background) continue;
    base::Nanos& start = first[static_cast<size_t>(statement.request)];
    start = std::min(start, statement.start_ns);
  }
  return first;
}

bool IsEarlier(const std::vector<base::Nanos>& source, const std::vector<base::Nanos>& query) {
  bool any = false;
  for (size_t i = 0; i < query.size(); ++i) {
    if (query[i] == std::numeric_limits<base::Nanos>::max()) continue;
    if (source[i] >= query[i]) return false;
    any = true;
  }
  return any;
}

// Statements that run before `query` wherever it runs, then the rows of all others, all rows, and the scenario's size.
std::vector<Against> Candidates(const Exchange& exchange, uint32_t query) {
  std::vector<Against> candidates;
  const std::vector<base::Nanos> starts = FirstStarts(exchange, query);
  for (uint32_t other = 0; other < exchange.queries.size(); ++other) {
    if (other != query && IsEarlier(FirstStarts(exchange, other), starts))
      candidates.push_back({RowSource::kQuery, other});
  }
  if (IsRepeatable(exchange, query)) {
    candidates.push_back({RowSource::kOtherRows, 0});
    candidates.push_back({RowSource::kAllRows, 0});
  }
  // What one source had left is no size of the others.
  if (!exchange.size_variable.empty() && exchange.size_variable != kRowsLeft)
    candidates.push_back({RowSource::kSize, 0});
  return candidates;
}

// The statement whose rows hold the parameters first, then exact lines, then little scatter, then the order of the
// candidates.
bool IsBetter(const Fit& a, const Fit& b) {
  if (a.is_source != b.is_source) return a.is_source;
  const auto kind = [](const Fit& fit) { return fit.against.kind; };
  const bool a_exact = a.scatter == 0;
  const bool b_exact = b.scatter == 0;
  if (a_exact != b_exact) return a_exact;
  if (kind(a) != kind(b)) return kind(a) < kind(b);
  return a.scatter < b.scatter;
}

size_t RowCounts(const Exchange& exchange, uint32_t query, uint32_t source) {
  const Points points = TripsAgainst(exchange, {query}, {RowSource::kQuery, source});
  return std::set<double>(points.x.begin(), points.x.end()).size();
}

// What walks the tree at whose nodes `query` runs: itself, or the statement whose rows hold its parameters.
std::optional<uint32_t> Walker(const Exchange& exchange, uint32_t query, const Provenance& provenance) {
  if (WalksTree(exchange, query)) return query;
  const bool may_be = IsCause(provenance) && WalksTree(exchange, *provenance.source);
  return may_be && RunsAtEachNode(exchange, query, *provenance.source) ? provenance.source : std::nullopt;
}

bool HasSameParameters(const Exchange& exchange, uint32_t query) {
  const std::vector<double> distinct = DistinctParameters(exchange, query, WarmRequests(exchange));
  return std::ranges::all_of(distinct, [](double sets) { return sets <= 1; });
}

// Of requests without a size, those of the parent with the most rows: most have few.
double CallsAtLargest(const Exchange& exchange, uint32_t query) {
  const std::vector<int64_t> sizes = Sizes(exchange);
  if (exchange.size_variable.empty()) {
    const std::vector<double> all = TripsAgainst(exchange, {query}, {RowSource::kAllRows, 0}).y;
    return all.empty() ? 0 : std::ranges::max(all);
  }
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  std::vector<double> calls;
  for (const size_t request : sizes.empty() ? WarmRequests(exchange) : WarmRequests(exchange, sizes.back()))
    calls.push_back(static_cast<double>(accounts[request].round_trips));
  return calls.empty() ? 0 : stats::MedianOf(calls).value;
}

// Whether every request makes about as many calls, each with parameters of its own, which are no lists, and few rows.
bool IsFixedLoop(const Exchange& exchange, uint32_t query, const std::vector<double>& calls) {
  const auto [fewest, most] = std::ranges::minmax(calls);
  if (fewest < kLeastFixedCalls || most > kMostFixedTimes * fewest || LongestList(exchange, query) >= 2) return false;
  const std::vector<double> rows = RowsOfCalls(exchange, query);
  if (rows.empty() || stats::MedianOf(rows).value > kMostRowsOfFixedCall) return false;
  const std::vector<double> distinct = DistinctParameters(exchange, query, WarmRequests(exchange));
  return std::ranges::equal(distinct, calls, [](double sets, double trips) { return sets >= trips; });
}

}  // namespace

bool IsCause(const Provenance& provenance) {
  return provenance.source && provenance.share >= kProvenanceShare && provenance.coverage >= kProvenanceCoverage;
}

Growth JudgeGrowth(const Exchange& exchange, uint32_t query) {
  Growth growth;
  const std::vector<double> calls = TripsAgainst(exchange, {query}, {RowSource::kAllRows, 0}).y;
  const double most = calls.empty() ? 0 : std::ranges::max(calls);
  if (most < 2) return growth;
  // What writes the same again writes once more.
  const bool writes = exchange.queries[query].query_class == QueryClass::kWrite;
  growth.same_parameters = !writes && HasSameParameters(exchange, query);

  const Provenance provenance = FindProvenance(exchange, query);
  std::optional<Fit> best;
  size_t row_counts = 0;
  for (const Against& against : Candidates(exchange, query)) {
    std::optional<Fit> fit = FitAgainst(exchange, query, against);
    if (!fit) continue;
    row_counts = std::max(row_counts, fit->row_counts);
    if (fit->slope == 0 || fit->row_counts < kLeastRowCounts) continue;
    fit->is_source = against.kind == RowSource::kQuery && IsCause(provenance) && provenance.source == against.query;
    if (!best || IsBetter(*fit, *best)) best = fit;
  }
  if (!best && !growth.same_parameters && CallsAtLargest(exchange, query) >= kLeastNodes) {
    if (const auto walker = Walker(exchange, query, provenance)) {
      growth.against = Against{RowSource::kQuery, *walker};
      growth.slope = 1;
      growth.tree = true;
      return growth;
    }
  }
  const bool out_of_rows = provenance.source && provenance.share >= kProvenanceShare;
  if (!best && !out_of_rows && IsFixedLoop(exchange, query, calls)) {
    growth.fixed = true;
    return growth;
  }
  // As many calls in every request, with parameters that come out of no earlier rows: the code makes them one by one.
  if (row_counts < kLeastRowCounts && std::ranges::min(calls) == most && !IsCause(provenance)) return growth;
  if (row_counts < kLeastRowCounts) {
    growth.judged = false;
    growth.reason = kFewRowCounts;
    return growth;
  }
  // Other rows than those that the parameters come from were taken away.
  if (!best && exchange.IsThinned() && IsCause(provenance) &&
      RowCounts(exchange, query, *provenance.source) < kLeastRowCounts) {
    growth.judged = false;
    growth.reason = kFewRowCounts;
    return growth;
  }
  if (!best || CallsAtLargest(exchange, query) < kLeastCalls) return growth;
  growth.against = best->against;
  growth.slope = best->slope;
  growth.quadratic = best->quadratic;
  return growth;
}

}  // namespace hone::sql
