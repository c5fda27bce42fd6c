#include "sql/pool_methods.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "sql/exchange.h"
#include "sql/holds.h"
#include "sql/nested.h"
#include "sql/pool_model.h"
#include "sql/thresholds.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using evidence::Validity;
using Captures = std::span<const evidence::CaptureBytes>;

Result<std::string_view> Bytes(Captures captures, std::string_view kind) {
  const bool fits = captures.size() == 1 && (captures[0].capture == nullptr || captures[0].capture->kind == kind);
  if (!fits) return Fail(Code::kInput, "The measurement takes one capture of kind " + std::string(kind));
  return captures[0].bytes;
}

Result<int64_t> Whole(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return Fail(Code::kInput, "The measurement needs the parameter " + name);
  int64_t value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [rest, error] = std::from_chars(found->second.data(), end, value);
  if (error != std::errc() || rest != end || value < 0) return Fail(Code::kInput, "Not a whole number", name);
  return value;
}

struct PoolQuestion {
  HoldLog log = {};
  PoolUse use = {};
  Computed answer = {};  // with n and the validity that all share
};

Result<PoolQuestion> Ask(Captures captures) {
  HONE_TRY(const std::string_view bytes, Bytes(captures, kHoldsKind));
  PoolQuestion question;
  HONE_TRY(question.log, DecodeHolds(bytes));
  question.use = UseOf(question.log);
  question.answer.n = static_cast<int64_t>(question.log.holds.size());
  question.answer.n_of = "holds";
  if (question.log.dropped > 0) question.answer.validity = Validity::kNoisy;
  if (question.use.seconds <= 0) question.answer.validity = Validity::kTooFew;
  return question;
}

Computed With(const PoolQuestion& question, double value) {
  Computed computed = question.answer;
  computed.value = value;
  return computed;
}

template <auto kField>
Result<Computed> OfUse(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  return With(question, static_cast<double>(question.use.*kField));
}

void NeedHolds(const PoolQuestion& question, Computed& computed) {
  if (static_cast<double>(question.log.holds.size()) < kLeastOfLevel) computed.validity = Validity::kTooFew;
}

Result<Computed> HoldTime(Captures captures, const Parameters&, uint64_t) {
  constexpr double kNormal95 = 1.959963984540054;
  HONE_TRY(const PoolQuestion question, Ask(captures));
  const double mean = question.use.hold_s * 1e9;
  Computed computed = With(question, mean);
  const double error = mean * std::sqrt(question.use.hold_cv2 / std::max<double>(1, static_cast<double>(computed.n)));
  computed.interval = {mean - kNormal95 * error, mean + kNormal95 * error, 0.95};
  NeedHolds(question, computed);
  return computed;
}

Result<Computed> GateWait(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  Computed computed = With(question, question.use.waited_s * 1e9);
  NeedHolds(question, computed);
  return computed;
}

Result<Computed> Exhausted(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  HONE_TRY(const int64_t size, Whole(parameters, "size"));
  double seconds = 0;
  for (const Level& level : question.use.levels) seconds += level.held >= size ? level.seconds : 0;
  return With(question, question.use.seconds > 0 ? seconds / question.use.seconds : 0);
}

Result<Computed> Setup(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  std::vector<double> times;
  for (const ConnectionLife& life : question.log.connections) {
    if (life.opened_ns != 0 && life.ready_ns != 0) times.push_back(static_cast<double>(life.ready_ns - life.opened_ns));
  }
  const stats::QuantileEstimate median = stats::MedianOf(times);
  Computed computed{.value = median.value, .n = median.n, .n_of = "connections"};
  if (median.interval) computed.interval = {median.interval->lo, median.interval->hi, median.interval->level};
  if (times.empty()) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> Seed(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  HONE_TRY(const int64_t wait, Whole(parameters, "wait_ns"));
  HONE_TRY(const int64_t cap, Whole(parameters, "cap"));
  const SeedSize seed =
      SeedOf(question.use, static_cast<double>(wait) / 1e9, static_cast<int>(std::min<int64_t>(cap, 10'000)));
  Computed computed = With(question, seed.size);
  NeedHolds(question, computed);
  if (!seed.sufficient) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> Typical(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  HONE_TRY(const int64_t most, Whole(parameters, "most"));
  return With(question, std::clamp(std::ceil(question.use.busy), 1.0, std::max<double>(1, static_cast<double>(most))));
}

Result<Computed> PeakConcurrency(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const PoolQuestion question, Ask(captures));
  const auto usl = FitUsl(question.use.levels);
  const bool peaks = usl && std::isfinite(usl->Peak());
  Computed computed = With(question, peaks ? usl->Peak() : 0);
  if (!peaks) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> ProbeStops(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const std::string_view bytes, Bytes(captures, kProbeKind));
  HONE_TRY(const std::vector<Probe> probes, DecodeProbes(bytes));
  Computed computed{.value = static_cast<double>(std::ranges::count_if(probes, &Probe::stopped)),
                    .n = static_cast<int64_t>(probes.size()),
                    .n_of = "probes"};
  if (probes.size() < kLeastProbes) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> NestedConnections(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const std::string_view bytes, Bytes(captures, kExchangeKind));
  HONE_TRY(const Exchange exchange, Decode(bytes));
  HONE_TRY(const int64_t least, Whole(parameters, "at_least"));
  const stats::QuantileEstimate median = stats::MedianOf(HeldAtOnce(exchange));
  Computed computed{.value = std::max(median.value, static_cast<double>(least)), .n = median.n, .n_of = "requests"};
  if (median.n < static_cast<int64_t>(kLeastRowCounts)) computed.validity = Validity::kTooFew;
  return computed;
}

Result<Computed> DeadlockBound(Captures captures, const Parameters& parameters, uint64_t seed) {
  HONE_TRY(const int64_t requests, Whole(parameters, "requests_at_once"));
  HONE_TRY(Computed computed, NestedConnections(captures, parameters, seed));
  computed.value = static_cast<double>(requests) * (computed.value - 1) + 1;
  return computed;
}

constexpr std::string_view kExact = "exact, from the first message of a transaction to its ReadyForQuery";

constexpr std::array kPoolMethods = {
    evidence::Method{"pool.hold@1",
                     "mean from the first message of a transaction to its ReadyForQuery, normal interval", HoldTime},
    evidence::Method{"pool.rate@1", kExact, OfUse<&PoolUse::rate>},
    evidence::Method{"pool.busy@1", "time average of the connections held at once", OfUse<&PoolUse::busy>},
    evidence::Method{"pool.busy_peak@1", kExact, OfUse<&PoolUse::busy_peak>},
    evidence::Method{"pool.connections@1", "the most connections open at once, seen at the proxy",
                     OfUse<&PoolUse::open_peak>},
    evidence::Method{"pool.opened_rate@1", "connections opened a second, seen at the proxy",
                     OfUse<&PoolUse::opened_rate>},
    evidence::Method{"pool.round_trips@1", "mean round trips while a connection is held", OfUse<&PoolUse::round_trips>},
    evidence::Method{"pool.exhausted@1", "share of the time in which at least so many connections were held",
                     Exhausted},
    evidence::Method{"pool.gate_wait@1", "mean wait of a transaction's first message at the proxy's gate", GateWait},
    evidence::Method{"pool.setup@1", "median from accepting a connection to its first ReadyForQuery", Setup},
    evidence::Method{
        "pool.seed@1",
        "Erlang C times (Ca^2 + Cs^2) / 2 (Allen-Cunneen), hold times by the universal scalability law (Gunther)",
        Seed},
    evidence::Method{"pool.typical@1", "time average of the connections held at once, rounded up", Typical},
    evidence::Method{"pool.peak_concurrency@1",
                     "sqrt((1 - sigma) / kappa) of the fitted universal scalability law (Gunther)", PeakConcurrency},
    evidence::Method{"pool.probe_stops@1",
                     "tries in which a request waited for a connection while it held one, and nothing moved",
                     ProbeStops},
    evidence::Method{"pool.nested_connections@1", "median over warm requests of connections held within one another",
                     NestedConnections},
    evidence::Method{"pool.deadlock_bound@1", "Tn (Cm - 1) + 1 (as HikariCP's notes on pool sizing have it)",
                     DeadlockBound},
};

}  // namespace

std::span<const evidence::Method> PoolMethods() { return kPoolMethods; }

}  // namespace hone::sql
