#include "sql/methods.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "sql/analysis.h"
#include "sql/exchange.h"
#include "sql/thresholds.h"
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

Result<Computed> CallsSlope(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const auto source = parameters.find("source");
  const auto against = AgainstOf(question.exchange, source == parameters.end() ? "rows" : source->second);
  if (!against) return Fail(Code::kInput, "The capture has no such source of rows", source->second);
  const Points points = CallsAgainst(question.exchange, *question.query, *against);
  const auto line = stats::LeastSquares(points.x, points.y, question.level);
  Computed computed{.value = 0, .interval = {}, .n = static_cast<int64_t>(points.x.size()), .n_of = "requests"};
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

Result<Computed> CallsAtLargest(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const std::vector<int64_t> sizes = Sizes(question.exchange);
  const std::vector<RequestAccount> accounts = AccountQuery(question.exchange, *question.query);
  std::vector<double> values;
  if (!sizes.empty()) {
    for (const size_t i : WarmRequests(question.exchange, sizes.back()))
      values.push_back(static_cast<double>(accounts[i].round_trips));
  }
  return Median(values, question.level);
}

Result<Computed> RepeatsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                               uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  return Median(Repeats(question.exchange, *question.query, question.requests), question.level);
}

Result<Computed> DistinctMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const std::vector<int64_t> sizes = Sizes(question.exchange);
  const std::vector<size_t> largest =
      sizes.empty() ? std::vector<size_t>() : WarmRequests(question.exchange, sizes.back());
  return Median(DistinctParameters(question.exchange, *question.query, largest), question.level);
}

Result<Computed> LiteralTextsMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                    uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const int64_t requests = static_cast<int64_t>(question.exchange.requests.size());
  return Computed{.value = static_cast<double>(LiteralTexts(question.exchange, *question.query)),
                  .interval = {},
                  .n = requests,
                  .n_of = "requests"};
}

Result<Computed> ProvenanceMethod(std::span<const evidence::CaptureBytes> captures, const Parameters& parameters,
                                  uint64_t) {
  HONE_TRY(const Question question, AskOfQuery(captures, parameters));
  const Provenance provenance = FindProvenance(question.exchange, *question.query);
  Computed computed{.value = provenance.share, .interval = {}, .n = provenance.values, .n_of = "values"};
  if (provenance.values == 0) computed.validity = evidence::Validity::kTooFew;
  return computed;
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

constexpr std::array<evidence::Method, 21> kMethods = {{
    {"sql.statements@1", "Median of exact counts at the wire proxy; order-statistic interval",
     OfAccount<&RequestAccount::statements>},
    {"sql.round_trips@1", "Median of exact counts of Sync groups and simple queries",
     OfAccount<&RequestAccount::round_trips>},
    {"sql.prepare_trips@1", "Median of exact counts of first uses of statements on a connection",
     OfAccount<&RequestAccount::prepare_trips>},
    {"sql.rows@1", "Median of exact counts of DataRow messages", OfAccount<&RequestAccount::rows>},
    {"sql.db_time@1", "Median of the union of the round trips' times at the proxy", OfAccount<&RequestAccount::db_ns>},
    {"sql.calls_slope@1", "Least squares of calls on observed rows (Draper, Smith)", CallsSlope},
    {"sql.calls_at_largest@1", "Median of exact counts at the largest size", CallsAtLargest},
    {"sql.repeats@1", "Median of exact counts of executions with identical parameters", RepeatsMethod},
    {"sql.distinct_parameters@1", "Median of exact counts of parameter sets at the largest size", DistinctMethod},
    {"sql.literal_texts@1", "Exact count of texts with literals by keyed hash", LiteralTextsMethod},
    {"sql.provenance@1", "Share of parameter values found in one column of earlier rows, by keyed hash",
     ProvenanceMethod},
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
}};

}  // namespace

std::span<const evidence::Method> Methods() { return kMethods; }

}  // namespace hone::sql
