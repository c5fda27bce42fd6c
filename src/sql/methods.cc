#include "sql/methods.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sql/analysis.h"
#include "sql/exchange.h"
#include "sql/loop.h"
#include "sql/mapped_texts.h"
#include "sql/schema_change.h"
#include "sql/session_state.h"
#include "sql/texts.h"
#include "sql/thresholds.h"
#include "sql/transaction.h"
#include "stats/quantile_interval.h"
#include "stats/regression.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;

// What every method begins with.
struct Question {
  Exchange exchange = {};
  std::optional<int64_t> size = {};
  std::optional<uint32_t> query = {};
  double level = 0.95;
  std::vector<size_t> requests = {};
};

template <typename Number>
Result<std::optional<Number>> NumberParameter(const Parameters& parameters, const std::string& name) {
  const auto it = parameters.find(name);
  if (it == parameters.end()) return std::optional<Number>();
  Number value{};
  const char* end = it->second.data() + it->second.size();
  const auto [rest, error] = std::from_chars(it->second.data(), end, value);
  if (error != std::errc() || rest != end)
    return Fail(Code::kInput, "The parameter " + name + " is no number", it->second);
  return std::optional(value);
}

Result<Question> Ask(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters) {
  if (captures.size() != 1) return Fail(Code::kInput, "Database work is measured from one capture");
  Question question;
  HONE_TRY(question.exchange, Decode(captures[0].bytes));
  HONE_TRY(question.size, NumberParameter<int64_t>(parameters, "size"));
  HONE_TRY(const std::optional<double> level, NumberParameter<double>(parameters, "level"));
  question.level = level.value_or(0.95);
  if (const auto it = parameters.find("query"); it != parameters.end()) {
    question.query = FindQuery(question.exchange, it->second);
    if (!question.query) return Fail(Code::kInput, "The capture has no such statement", it->second);
  }
  question.requests = WarmRequests(question.exchange, question.size);
  return question;
}

Result<Question> AskOfQuery(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters) {
  HONE_TRY(Question question, Ask(captures, parameters));
  if (!question.query) return Fail(Code::kInput, "This measurement needs the parameter query");
  return question;
}

Computed Median(const std::vector<double>& values, double level) {
  const stats::QuantileEstimate estimate = stats::MedianOf(values, level);
  Computed computed{.value = estimate.value, .interval = {}, .n = estimate.n, .n_of = "requests"};
  if (estimate.interval)
    computed.interval = evidence::Interval{estimate.interval->lo, estimate.interval->hi, estimate.interval->level};
  if (values.empty()) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

// The median of one part of the account.
template <auto kField>
Result<Computed> OfAccount(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  const std::vector<RequestAccount> accounts =
      question.query ? AccountQuery(question.exchange, *question.query) : Account(question.exchange);
  std::vector<double> values;
  for (const size_t i : question.requests) values.push_back(static_cast<double>(accounts[i].*kField));
  return Median(values, question.level);
}

Result<Computed> RowsListedMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                  uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  return Median(RowsListed(question.exchange, *question.query, question.requests), question.level);
}

Result<Computed> Elements(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  std::vector<double> values;
  for (const size_t i : question.requests)
    values.push_back(static_cast<double>(question.exchange.requests[i].body_elements));
  return Median(values, question.level);
}

// At the largest size.
std::vector<size_t> LargestRequests(const Exchange& exchange) {
  const std::vector<int64_t> sizes = Sizes(exchange);
  return sizes.empty() ? std::vector<size_t>() : WarmRequests(exchange, sizes.back());
}

// What the calls are counted against: the parameter "source".
Result<Against> SourceOf(const Question& question, const Parameters& parameters) {
  const auto source = parameters.find("source");
  const auto against = AgainstOf(question.exchange, source == parameters.end() ? "rows" : source->second);
  if (!against) return Fail(Code::kInput, "The capture has no such source of rows", source->second);
  return *against;
}

Computed Slope(const std::optional<stats::Line>& line, int64_t n) {
  Computed computed{.value = 0, .interval = {}, .n = n, .n_of = "requests"};
  if (!line) {
    computed.validity = evidence::Validity::kTooFew;
    return computed;
  }
  computed.value = line->slope;
  if (line->slope_interval)
    computed.interval =
        evidence::Interval{line->slope_interval->lo, line->slope_interval->hi, line->slope_interval->level};
  return computed;
}

Result<Computed> CallsSlope(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  HONE_TRY(const Against against, SourceOf(question, parameters));
  const Points points = CallsAgainst(question.exchange, *question.query, against);
  return Slope(stats::LeastSquares(points.x, points.y, question.level), static_cast<int64_t>(points.x.size()));
}

Result<Computed> CallsPower(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  HONE_TRY(const Against against, SourceOf(question, parameters));
  const auto line = PowerLaw(TripsAgainst(question.exchange, {*question.query}, against));
  return Slope(line, line ? line->n : 0);
}

template <bool kRound>
Result<Computed> RowsOfChunk(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  HONE_TRY(const Against against, SourceOf(question, parameters));
  const Points points = TripsAgainst(question.exchange, {*question.query}, against);
  const Chunks chunks = ChunksOf(points);
  const int64_t chunk = kRound ? chunks.Roundest() : chunks.least;
  Computed computed{.value = static_cast<double>(chunk),
                    .interval = {},
                    .n = static_cast<int64_t>(points.x.size()),
                    .n_of = "requests"};
  if (chunk == 0) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

Result<Computed> LoopRoundTrips(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  HONE_TRY(const Against against, SourceOf(question, parameters));
  std::vector<uint32_t> queries;
  const auto named = parameters.find("queries");
  std::string_view rest = named == parameters.end() ? std::string_view() : std::string_view(named->second);
  while (!rest.empty()) {
    const std::string_view id = rest.substr(0, rest.find(','));
    const auto query = FindQuery(question.exchange, id);
    if (!query) return Fail(Code::kInput, "The capture has no such statement", std::string(id));
    queries.push_back(*query);
    rest.remove_prefix(std::min(id.size() + 1, rest.size()));
  }
  if (queries.empty()) return Fail(Code::kInput, "This measurement needs the parameter queries");
  const Points points = TripsAgainst(question.exchange, queries, against);
  return Slope(stats::LeastSquares(points.x, points.y, question.level), static_cast<int64_t>(points.x.size()));
}

// The median at the largest size of one property of the round trips with the query.
using OfTrips = std::vector<double> (*)(const Exchange&, uint32_t, const std::vector<size_t>&);
template <OfTrips kProperty>
Result<Computed> AtLargest(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  return Median(kProperty(question.exchange, *question.query, LargestRequests(question.exchange)), question.level);
}

std::vector<double> CallsOf(const Exchange& exchange, uint32_t query, const std::vector<size_t>& requests) {
  const std::vector<RequestAccount> accounts = AccountQuery(exchange, query);
  std::vector<double> calls;
  for (const size_t i : requests) calls.push_back(static_cast<double>(accounts[i].round_trips));
  return calls;
}

Computed Ratio(double value, int64_t n, const std::string& n_of) {
  Computed computed{.value = value, .interval = {}, .n = n, .n_of = n_of};
  if (n == 0) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

Result<Computed> InTransactionMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                     uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const Share share = InTransaction(question.exchange, *question.query);
  return Ratio(share.share, share.of, "executions");
}

Result<Computed> RowsOfCall(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  Computed computed = Median(RowsOfCalls(question.exchange, *question.query), question.level);
  computed.n_of = "executions";
  return computed;
}

Result<Computed> RepeatsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                               uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  return Median(Repeats(question.exchange, *question.query, question.requests), question.level);
}

Result<Computed> MostRepeatsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                   uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const std::vector<double> repeats = Repeats(question.exchange, *question.query, question.requests);
  if (repeats.empty()) return Fail(Code::kInput, "No request executed the query");
  return Computed{.value = std::ranges::max(repeats), .interval = {}, .n = std::ssize(repeats), .n_of = "requests"};
}

// An exact count over all requests.
Computed CountOf(const Exchange& exchange, int64_t count) {
  return Computed{.value = static_cast<double>(count),
                  .interval = {},
                  .n = static_cast<int64_t>(exchange.requests.size()),
                  .n_of = "requests"};
}

using OfTexts = int64_t (*)(const Exchange&, uint32_t);
template <OfTexts kCount>
Result<Computed> OverTexts(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  return CountOf(question.exchange, kCount(question.exchange, *question.query));
}

Result<Computed> MappedStatementsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                        uint64_t) {
  const auto named = parameters.find("queries");
  if (captures.empty() || named == parameters.end())
    return Fail(Code::kInput, "Statements of mappers are counted in captures, with the parameter queries");
  std::set<std::string, std::less<>> ids;
  for (std::string_view rest = named->second; !rest.empty();) {
    const std::string_view id = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(id.size() + 1, rest.size()));
    ids.emplace(id);
  }
  std::vector<Exchange> exchanges;
  for (const evidence::CaptureBytes& capture : captures) {
    HONE_TRY(exchanges.emplace_back(), Decode(capture.bytes));
  }
  return Computed{.value = static_cast<double>(MappedStatements(exchanges, ids)),
                  .interval = {},
                  .n = std::ssize(exchanges),
                  .n_of = "captures"};
}

int64_t ListLengthCount(const Exchange& exchange, uint32_t query) {
  return static_cast<int64_t>(ListLengths(exchange, query).size());
}

int64_t CommentTextCount(const Exchange& exchange, uint32_t query) { return TextsByComment(exchange, query).texts; }
int64_t CommentTextCountBefore(const Exchange& exchange, uint32_t query) {
  return TextsByCommentWithoutLiterals(exchange, query).texts;
}

Result<Computed> PreparedAgain(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                               uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const Preparing preparing = PreparingOf(question.exchange, *question.query);
  const auto executions = static_cast<double>(std::max<int64_t>(preparing.executions, 1));
  return Ratio(static_cast<double>(preparing.again) / executions, preparing.executions, "executions");
}

Result<Computed> PreparingTripsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                      uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  return Median(PreparingTrips(question.exchange, question.requests), question.level);
}

Result<Computed> IdleInTransactionMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                         uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  return Median(IdleInTransaction(question.exchange, question.requests), question.level);
}

// Of one place, by the parameter "place".
Result<Computed> SessionStateMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                    uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const auto named = parameters.find("place");
  const auto place = named == parameters.end() ? std::nullopt : SessionPlaceOf(named->second);
  if (!place) return Fail(Code::kInput, "This measurement needs the parameter place");
  const auto& statements = question.exchange.statements;
  const int64_t left = std::ranges::count_if(LeavingsOf(question.exchange), [&](const Leaving& leaving) {
    return leaving.place == *place && statements[leaving.statement].query == *question.query;
  });
  const int64_t executions = std::ranges::count(statements, *question.query, &Statement::query);
  return Computed{.value = static_cast<double>(left), .interval = {}, .n = executions, .n_of = "executions"};
}

template <std::vector<size_t> (*Of)(const Exchange&)>
Result<Computed> ExecutionsOf(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                              uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  return Computed{.value = static_cast<double>(Of(question.exchange).size()),
                  .interval = {},
                  .n = std::ssize(question.exchange.requests),
                  .n_of = "requests"};
}

Result<Computed> PreparingTime(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                               uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  HONE_TRY(const std::optional<int64_t> round_trip, NumberParameter<int64_t>(parameters, "round_trip_ns"));
  std::vector<double> times = PreparingTrips(question.exchange, question.requests);
  for (double& time : times) time *= static_cast<double>(round_trip.value_or(LoopbackTrip(question.exchange)));
  return Median(times, question.level);
}

template <bool kByCoverage>
Result<Computed> ProvenanceMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                  uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const Provenance provenance = FindProvenance(question.exchange, *question.query, kByCoverage);
  return Ratio(provenance.share, provenance.values, "values");
}

Result<Computed> SavedTimeMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                 uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  HONE_TRY(const std::optional<int64_t> round_trip, NumberParameter<int64_t>(parameters, "round_trip_ns"));
  const auto kind = parameters.find("kind");
  const bool repeated = kind != parameters.end() && kind->second == "repeated";
  const int64_t cost = round_trip.value_or(LoopbackTrip(question.exchange));
  return Median(SavedTime(question.exchange, *question.query, repeated, cost, question.requests), question.level);
}

Result<Computed> DriverGapMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                 uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  Computed computed = Median(DriverGaps(question.exchange), question.level);
  computed.n_of = "gaps";
  if (computed.n < kLeastDriverGaps) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

// The median of one layer; of those requests in which it is known.
template <auto kField>
Result<Computed> OfLayers(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  std::vector<double> values;
  HONE_TRY(const std::optional<int64_t> driver, NumberParameter<int64_t>(parameters, "driver_ns"));
  for (const Layers& layers : LayersOf(question.exchange, question.requests, driver.value_or(kDriverNsOfTrip))) {
    if (layers.*kField >= 0) values.push_back(layers.*kField);
  }
  return Median(values, question.level);
}

Result<Computed> Unattributed(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                              uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  std::vector<double> values;
  HONE_TRY(const std::optional<int64_t> driver, NumberParameter<int64_t>(parameters, "driver_ns"));
  for (const Layers& layers : LayersOf(question.exchange, question.requests, driver.value_or(kDriverNsOfTrip))) {
    if (layers.cpu >= 0) values.push_back(layers.logic - layers.cpu);
  }
  return Median(values, question.level);
}

// The median of what one layer takes beyond its budget.
template <auto kField>
Result<Computed> Excess(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Ask(captures, parameters));
  HONE_TRY(const std::optional<int64_t> budget, NumberParameter<int64_t>(parameters, "budget_ns"));
  if (!budget) return base::Fail(base::Code::kInput, "The method needs the parameter budget_ns");
  std::vector<double> values;
  HONE_TRY(const std::optional<int64_t> driver, NumberParameter<int64_t>(parameters, "driver_ns"));
  for (const Layers& layers : LayersOf(question.exchange, question.requests, driver.value_or(kDriverNsOfTrip))) {
    values.push_back(std::max(0.0, layers.*kField - static_cast<double>(*budget)));
  }
  return Median(values, question.level);
}

constexpr std::array kMethods = std::to_array<evidence::Method>({
    {"sql.statements@1", "Median of exact counts at the wire proxy; order-statistic interval",
     OfAccount<&RequestAccount::statements>},
    {"sql.round_trips@1", "Median of exact counts of Sync groups and simple queries",
     OfAccount<&RequestAccount::round_trips>},
    {"sql.prepare_trips@1", "Median of exact counts of first uses of statements on a connection",
     OfAccount<&RequestAccount::prepare_trips>},
    {"sql.rows@1", "Median of exact counts of DataRow messages", OfAccount<&RequestAccount::rows>},
    {"sql.rows_listed@1", "Median of the rows whose first column stands in the answer, by values", RowsListedMethod},
    {"answer.elements@1", "Median of the elements of the longest list in the answer", Elements},
    {"sql.db_time@1", "Median of the union of the round trips' times at the proxy", OfAccount<&RequestAccount::db_ns>},
    {"sql.calls_slope@1", "Least squares of calls on observed rows (Draper, Smith)", CallsSlope},
    {"sql.calls_at_largest@1", "Median of exact counts at the largest size", AtLargest<CallsOf>},
    {"sql.calls_power@1", "Least squares of the logarithms of calls on those of observed rows", CallsPower},
    {"sql.rows_of_chunk@1", "The smallest step that explains all counts exactly", RowsOfChunk<false>},
    {"sql.rows_of_chunk@2", "The roundest of the steps that explain all counts exactly", RowsOfChunk<true>},
    {"sql.loop_round_trips@1", "Least squares of the round trips of several statements on observed rows",
     LoopRoundTrips},
    {"sql.statements_of_trip@1", "Median of exact counts at the largest size", AtLargest<StatementsPerTrip>},
    {"sql.overlap@1", "Median of 1 - union / sum of the round trips' times at the largest size", AtLargest<OverlapOf>},
    {"sql.connections@1", "Median of exact counts at the largest size", AtLargest<ConnectionsOf>},
    {"sql.in_transaction@1", "Exact count of executions by the server's transaction status", InTransactionMethod},
    {"sql.idle_in_transaction@1", "Median of the time between round trips of a connection that is in a transaction",
     IdleInTransactionMethod},
    {"sql.session_state@1", "Exact count of executions that left something in their session behind their transaction",
     SessionStateMethod},
    {"sql.schema_changes@1", "Exact count of executions of requests that change tables, views or functions",
     ExecutionsOf<SchemaChangesOf>},
    {"sql.tables_ensured@1", "Exact count of executions of requests that make sure of a table that another one made",
     ExecutionsOf<TablesEnsuredBy>},
    {"sql.rows_of_call@1", "Median of exact counts of DataRow messages", RowsOfCall},
    {"sql.repeats@1", "Median of exact counts of executions with identical parameters", RepeatsMethod},
    {"sql.most_repeats@1", "Largest of those counts", MostRepeatsMethod},
    {"sql.distinct_parameters@1", "Median of exact counts of parameter sets at the largest size",
     AtLargest<DistinctParameters>},
    {"sql.literal_texts@1", "Exact count of texts with literals by keyed hash", OverTexts<LiteralTexts>},
    {"sql.literal_texts@2", "Exact count of texts with literals by keyed hash", OverTexts<TextsWithLiterals>},
    {"sql.mapped_statements@1", "Exact count of the named statements that have several texts with literals",
     MappedStatementsMethod},
    {"sql.comment_texts@1", "Exact count of prepared texts without literals by keyed hash, warm, of one list length",
     OverTexts<CommentTextCountBefore>},
    {"sql.comment_texts@2", "Exact count of prepared texts that differ in comments only, by keyed hash, warm",
     OverTexts<CommentTextCount>},
    {"sql.list_lengths@1", "Exact count of the lengths of lists in the texts", OverTexts<ListLengthCount>},
    {"sql.prepared_again@2", "Exact counts of Parse messages of known texts and of executions", PreparedAgain},
    {"sql.preparing_trips@1", "Median of exact counts of round trips with Parse and Close but no Execute",
     PreparingTripsMethod},
    {"sql.preparing_time@1", "Round trips that would disappear times the time of one", PreparingTime},
    {"sql.provenance@1", "Share of parameter values found in one column of earlier rows, by keyed hash",
     ProvenanceMethod<false>},
    {"sql.provenance@2", "Share of parameter values found in one column of earlier rows, by keyed hash",
     ProvenanceMethod<true>},
    {"sql.saved_time@1", "Round trips that would disappear times the time of one", SavedTimeMethod},
    {"budget.response@1", "Median from the request's first byte to the answer's last", OfLayers<&Layers::response>},
    {"budget.db@1", "Median of the union of the round trips' times at the proxy", OfLayers<&Layers::db>},
    {"budget.pool@1", "Median of the time waited for a connection", OfLayers<&Layers::pool>},
    {"sql.driver_gap@1", "Median time from a reply to the next round trip of the same request", DriverGapMethod},
    {"budget.logic@2",
     "Median of response - database - pool - transport - driver_ns for each round trip beyond transport's",
     OfLayers<&Layers::logic>},
    {"budget.logic_cpu@2",
     "Median of the service's CPU time - transport's - the driver's for each further round trip, at most the logic's "
     "time",
     OfLayers<&Layers::cpu>},
    {"budget.unattributed@2", "Median of the logic's time that was not on the CPU", Unattributed},
    {"budget.db_excess@1", "Median of the database's time beyond budget_ns", Excess<&Layers::db>},
    {"budget.logic_excess@2", "Median of the logic's time beyond budget_ns", Excess<&Layers::logic>},
});

}  // namespace

std::span<const evidence::Method> Methods() { return kMethods; }

}  // namespace hone::sql
