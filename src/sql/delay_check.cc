#include "sql/delay_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "sql/analysis.h"
#include "sql/effects.h"
#include "sql/exchange.h"
#include "sql/json_capture.h"
#include "sql/thresholds.h"
#include "stats/paired.h"
#include "stats/quantile_interval.h"

namespace hone::sql {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::Computed;
using evidence::Parameters;
using Captures = std::span<const evidence::CaptureBytes>;
using Json = nlohmann::ordered_json;

constexpr std::string_view kDelayFormat = "hone.sql.delay/1";

stats::Effect GrowthOf(const DelayCheck& check, double divisor) {
  std::vector<double> differences;
  for (const DelayPair& pair : check.pairs)
    differences.push_back(static_cast<double>(pair.with_ns - pair.without_ns) / divisor);
  return stats::HodgesLehmann(differences);
}

// What a reply really waited: a little longer than was asked for. 0: none did.
double InjectedOf(const DelayCheck& check) {
  int64_t replies = 0;
  base::Nanos waited = 0;
  for (const DelayPair& pair : check.pairs) {
    replies += pair.replies;
    waited += pair.waited_ns;
  }
  return replies > 0 ? static_cast<double>(waited) / static_cast<double>(replies) : 0;
}

Result<DelayCheck> CheckOf(Captures captures, size_t wanted) {
  if (captures.size() != wanted) return Fail(Code::kInput, "A delay is measured from its own capture");
  return DecodeCheck(captures[0].bytes);
}

Result<Computed> Injected(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const DelayCheck check, CheckOf(captures, 1));
  int64_t replies = 0;
  for (const DelayPair& pair : check.pairs) replies += pair.replies;
  return Computed{.value = InjectedOf(check),
                  .interval = {},
                  .n = replies,
                  .n_of = "replies",
                  .validity = replies > 0 ? evidence::Validity::kValid : evidence::Validity::kTooFew};
}

Result<Computed> MeasuredGrowth(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const DelayCheck check, CheckOf(captures, 1));
  return FromEffect(GrowthOf(check, 1));
}

Result<Computed> Trips(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const DelayCheck check, CheckOf(captures, 1));
  const double injected = InjectedOf(check);
  return FromEffect(injected > 0 ? GrowthOf(check, injected) : stats::Effect{});
}

// The check, and what was counted of its statement at its size.
struct Counted {
  DelayCheck check = {};
  std::vector<InARow> requests = {};
};

Result<Counted> Both(Captures captures) {
  HONE_TRY(DelayCheck check, CheckOf(captures, 2));
  HONE_TRY(const Exchange exchange, Decode(captures[1].bytes));
  const auto query = FindQuery(exchange, check.query);
  if (!query) return Fail(Code::kInput, "The exchange has no such statement", check.query);
  std::vector<InARow> requests = CallsInARow(exchange, *query, WarmRequests(exchange, check.size));
  return Counted{std::move(check), std::move(requests)};
}

Result<Computed> Predicted(Captures captures, const Parameters&, uint64_t) {
  HONE_TRY(const Counted counted, Both(captures));
  std::vector<double> growth;
  for (const InARow& request : counted.requests)
    growth.push_back(request.trips * request.share * InjectedOf(counted.check));
  const stats::QuantileEstimate median = stats::MedianOf(growth);
  Computed computed{.value = median.value, .interval = {}, .n = median.n, .n_of = "requests"};
  if (growth.empty()) computed.validity = evidence::Validity::kTooFew;
  return computed;
}

// Of the round trips in a row that were measured all disappear but those of one execution.
Result<Computed> SavedTimeOfCheck(Captures captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Counted counted, Both(captures));
  const auto cost = parameters.find("round_trip_ns");
  int64_t round_trip_ns = 0;
  if (cost != parameters.end())
    std::from_chars(cost->second.data(), cost->second.data() + cost->second.size(), round_trip_ns);
  if (round_trip_ns <= 0) return Fail(Code::kInput, "This measurement needs the parameter round_trip_ns");
  std::vector<double> shares;  // round trips saved for each that executes the statement
  for (const InARow& request : counted.requests) {
    if (request.trips > 0) shares.push_back(std::max(0.0, request.calls - request.each) / request.trips);
  }
  const double injected = InjectedOf(counted.check);
  if (shares.empty() || injected <= 0) return FromEffect({});
  const double scale = stats::MedianOf(shares).value * static_cast<double>(round_trip_ns) / injected;
  return FromEffect(scale > 0 ? GrowthOf(counted.check, 1 / scale) : stats::Effect{});
}

constexpr std::array<evidence::Method, 5> kDelayMethods = {{
    {"delay.injected@1", "Mean time that the proxy kept a reply back", Injected},
    {"delay.growth@1", "Hodges-Lehmann difference of paired response times, with the delay less without",
     MeasuredGrowth},
    {"delay.trips@1", "delay.growth over delay.injected: round trips that the answer waits for one after the other",
     Trips},
    {"delay.predicted@1", "Median of the counted round trips in a row, times delay.injected", Predicted},
    {"delay.saved_time@1", "Measured round trips in a row that would disappear, times the time of one",
     SavedTimeOfCheck},
}};

}  // namespace

std::string EncodeCheck(const DelayCheck& check) {
  Json json = {{"format", kDelayFormat}, {"endpoint", check.endpoint}, {"query", check.query},
               {"size", check.size},     {"delay_ns", check.delay_ns}, {"pairs", Json::array()}};
  for (const DelayPair& pair : check.pairs)
    json["pairs"].push_back({pair.without_ns, pair.with_ns, pair.replies, pair.waited_ns});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<DelayCheck> DecodeCheck(std::string_view bytes) {
  return ReadJsonCapture<DelayCheck>(bytes, kDelayFormat, "check by a delay", [](const Json& json) {
    DelayCheck check;
    json.at("endpoint").get_to(check.endpoint);
    json.at("query").get_to(check.query);
    json.at("size").get_to(check.size);
    json.at("delay_ns").get_to(check.delay_ns);
    for (const Json& pair : json.at("pairs")) {
      check.pairs.push_back(
          {pair.at(0).get<int64_t>(), pair.at(1).get<int64_t>(), pair.at(2).get<int64_t>(), pair.at(3).get<int64_t>()});
    }
    return check;
  });
}

bool IsUsable(const DelayCheck& check) {
  const double injected = InjectedOf(check);
  if (injected <= 0) return false;
  const stats::Effect growth = GrowthOf(check, injected);
  return growth.interval && growth.interval->lo > 0 &&
         growth.interval->hi - growth.interval->lo <= 2 * kMostDelayScatter * growth.value;
}

std::span<const evidence::Method> DelayMethods() { return kDelayMethods; }

}  // namespace hone::sql
