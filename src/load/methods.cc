#include "load/methods.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "load/capture.h"
#include "load/validity.h"
#include "stats/proportion.h"
#include "stats/quantile_interval.h"

namespace hone::load {
namespace {

using evidence::CaptureBytes;
using evidence::Computed;
using evidence::Method;
using evidence::Parameters;
using evidence::Validity;
using Captures = std::span<const CaptureBytes>;

// The capture, decoded: kept until another one is asked for, since a report measures some hundred numbers of one
// capture in a row. What has no blob (a test's bytes) is decoded each time.
base::Result<std::shared_ptr<const LoadResult>> Open(Captures captures) {
  thread_local std::string blob;
  thread_local std::shared_ptr<const LoadResult> kept;
  const bool fits =
      captures.size() == 1 && (captures[0].capture == nullptr || captures[0].capture->kind == kCaptureKind);
  if (!fits) return base::Fail(base::Code::kInput, "A load measurement takes one capture of kind load.hdr");
  const std::string asked = captures[0].capture == nullptr ? "" : captures[0].capture->blob;
  if (kept != nullptr && !asked.empty() && asked == blob) return kept;
  HONE_TRY(LoadResult decoded, Decode(captures[0].bytes));
  blob = asked;
  kept = std::make_shared<const LoadResult>(std::move(decoded));
  return kept;
}

// The parameter's value, or empty; unknown parameters are refused, lest a misspelt one measure something else.
base::Result<std::string> Parameter(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key != "endpoint" && key != "outcome")
      return base::Fail(base::Code::kInput, "A load measurement has no such parameter", key);
  }
  const auto found = parameters.find(std::string(name));
  return found == parameters.end() ? std::string() : found->second;
}

base::Result<Outcome> ChosenOutcome(const Parameters& parameters) {
  HONE_TRY(const std::string name, Parameter(parameters, "outcome"));
  if (name.empty()) return Outcome::kOk;
  for (int i = 0; i < kOutcomes; ++i) {
    if (Name(static_cast<Outcome>(i)) == name) return static_cast<Outcome>(i);
  }
  return base::Fail(base::Code::kInput, "Not an outcome of a request", name);
}

template <Timing timing, int per_mille>
base::Result<Computed> Time(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const auto result, Open(captures));
  HONE_TRY(const std::string endpoint, Parameter(parameters, "endpoint"));
  HONE_TRY(const Outcome outcome, ChosenOutcome(parameters));
  HONE_TRY(const stats::Histogram values, Merged(*result, timing, outcome, endpoint));
  Computed computed{.n = values.count(), .n_of = "requests", .validity = Judge(*result).validity};
  if (per_mille == 1000) {
    computed.value = static_cast<double>(values.Max());
  } else {
    const stats::QuantileEstimate estimate = stats::QuantileOf(values, per_mille / 1000.0);
    computed.value = estimate.value;
    if (estimate.interval) computed.interval = evidence::ForRecord(*estimate.interval);
  }
  const bool enough = per_mille == 1000 ? values.count() > 0 : computed.interval.has_value();
  if (computed.validity == Validity::kValid && !enough) computed.validity = Validity::kTooFew;
  return computed;
}

// The counts of one endpoint, or of all together.
base::Result<EndpointCounts> Counts(Captures captures, const Parameters& parameters) {
  HONE_TRY(const auto result, Open(captures));
  HONE_TRY(const std::string endpoint, Parameter(parameters, "endpoint"));
  EndpointCounts sum;
  bool found = endpoint.empty();
  for (size_t i = 0; i < result->counts.size(); ++i) {
    if (!endpoint.empty() && result->endpoints[i] != endpoint) continue;
    found = true;
    sum.arrivals += result->counts[i].arrivals;
    for (size_t o = 0; o < kOutcomes; ++o) sum.ended[o] += result->counts[i].ended[o];
  }
  if (!found) return base::Fail(base::Code::kNotFound, "The load capture has no such endpoint", endpoint);
  return sum;
}

Computed Count(int64_t value, const EndpointCounts& counts) {
  return {.value = static_cast<double>(value), .n = counts.arrivals, .n_of = "requests"};
}

base::Result<Computed> Sent(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const EndpointCounts counts, Counts(captures, parameters));
  return Count(counts.arrivals, counts);
}

base::Result<Computed> Answered(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const EndpointCounts counts, Counts(captures, parameters));
  return Count(counts.ended[std::to_underlying(Outcome::kOk)], counts);
}

template <Outcome outcome>
base::Result<Computed> Ended(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const EndpointCounts counts, Counts(captures, parameters));
  return Count(counts.ended[std::to_underlying(outcome)], counts);
}

// Of the arrivals that ended otherwise than as expected; censored ones ended in no way and do not count.
base::Result<Computed> FailedShare(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const EndpointCounts counts, Counts(captures, parameters));
  const int64_t ended = counts.arrivals - counts.ended[std::to_underlying(Outcome::kCensored)];
  const int64_t failed = ended - counts.ended[std::to_underlying(Outcome::kOk)];
  if (ended == 0) return Computed{.n_of = "requests", .validity = Validity::kTooFew};
  return Computed{.value = static_cast<double>(failed) / static_cast<double>(ended),
                  .interval = evidence::ForRecord(stats::WilsonInterval(failed, ended)),
                  .n = ended,
                  .n_of = "requests"};
}

base::Result<Computed> CpuShare(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const auto result, Open(captures));
  HONE_TRY(const std::string endpoint, Parameter(parameters, "endpoint"));
  HONE_TRY(const EndpointCounts counts, Counts(captures, {}));
  return Computed{.value = GeneratorCpuShare(*result), .n = counts.arrivals, .n_of = "requests"};
}

constexpr std::string_view kResponseSource =
    "quantile of response times from the intended send time, order-statistic interval (David, Nagaraja 7.1)";
constexpr std::string_view kServiceSource =
    "quantile of times from first byte written to last byte read, order-statistic interval";
constexpr std::string_view kLatenessSource =
    "quantile of the generator's own delays before sending, order-statistic interval";
constexpr std::string_view kQueueSource = "quantile of waits for a free connection, order-statistic interval";
constexpr std::string_view kCountSource = "count of the arrivals intended within the window";

constexpr std::array kMethods = {
    Method{"load.response.p50@1", kResponseSource, Time<Timing::kResponse, 500>},
    Method{"load.response.p90@1", kResponseSource, Time<Timing::kResponse, 900>},
    Method{"load.response.p99@1", kResponseSource, Time<Timing::kResponse, 990>},
    Method{"load.response.p999@1", kResponseSource, Time<Timing::kResponse, 999>},
    Method{"load.response.max@1", kResponseSource, Time<Timing::kResponse, 1000>},
    Method{"load.service.p50@1", kServiceSource, Time<Timing::kService, 500>},
    Method{"load.service.p90@1", kServiceSource, Time<Timing::kService, 900>},
    Method{"load.service.p99@1", kServiceSource, Time<Timing::kService, 990>},
    Method{"load.service.p999@1", kServiceSource, Time<Timing::kService, 999>},
    Method{"load.service.max@1", kServiceSource, Time<Timing::kService, 1000>},
    Method{"load.lateness.p50@1", kLatenessSource, Time<Timing::kLateness, 500>},
    Method{"load.lateness.p90@1", kLatenessSource, Time<Timing::kLateness, 900>},
    Method{"load.lateness.p99@1", kLatenessSource, Time<Timing::kLateness, 990>},
    Method{"load.lateness.p999@1", kLatenessSource, Time<Timing::kLateness, 999>},
    Method{"load.lateness.max@1", kLatenessSource, Time<Timing::kLateness, 1000>},
    Method{"load.queue.p50@1", kQueueSource, Time<Timing::kQueue, 500>},
    Method{"load.queue.p90@1", kQueueSource, Time<Timing::kQueue, 900>},
    Method{"load.queue.p99@1", kQueueSource, Time<Timing::kQueue, 990>},
    Method{"load.queue.p999@1", kQueueSource, Time<Timing::kQueue, 999>},
    Method{"load.queue.max@1", kQueueSource, Time<Timing::kQueue, 1000>},
    Method{"load.sent@1", kCountSource, Sent},
    Method{"load.answered@1", kCountSource, Answered},
    Method{"load.failed.status@1", kCountSource, Ended<Outcome::kStatus>},
    Method{"load.failed.refused@1", kCountSource, Ended<Outcome::kRefused>},
    Method{"load.failed.reset@1", kCountSource, Ended<Outcome::kReset>},
    Method{"load.failed.timeout@1", kCountSource, Ended<Outcome::kTimeout>},
    Method{"load.failed.protocol@1", kCountSource, Ended<Outcome::kProtocol>},
    Method{"load.censored@1", kCountSource, Ended<Outcome::kCensored>},
    Method{"load.failed_share@1", "share of ended requests that failed, Wilson's score interval", FailedShare},
    Method{"load.generator.cpu_share@1",
           "CPU time of the generator's threads (CLOCK_THREAD_CPUTIME_ID) over their time", CpuShare},
};

}  // namespace

std::span<const Method> Methods() { return kMethods; }

}  // namespace hone::load
