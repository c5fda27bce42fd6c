#include "load/validity.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "load/thresholds.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

constexpr Outcome kAnswers[] = {Outcome::kOk, Outcome::kStatus};

// Of all endpoints and every outcome, or of complete responses only.
stats::Histogram All(const LoadResult& result, Timing timing, bool only_answers) {
  stats::Histogram all;
  for (const Slice& slice : result.slices) {
    const bool answer = std::find(std::begin(kAnswers), std::end(kAnswers), slice.outcome) != std::end(kAnswers);
    if (slice.warmup || slice.timing != timing || (only_answers && !answer)) continue;
    for (const auto& [index, count] : slice.counts) all.RecordMany(stats::Histogram::BucketAt(index).lo, count);
  }
  return all;
}

}  // namespace

double GeneratorCpuShare(const LoadResult& result) {
  return result.wall <= 0 ? 0 : static_cast<double>(result.cpu) / static_cast<double>(result.wall);
}

Verdict Judge(const LoadResult& result) {
  using evidence::Validity;
  const auto lateness = static_cast<double>(All(result, Timing::kLateness, false).ValueAtQuantile(0.99));
  const stats::Histogram response = All(result, Timing::kResponse, true);
  const auto response_p99 = static_cast<double>(response.ValueAtQuantile(0.99));
  const double bearable = std::max(kLatenessFloorNs, kLatenessShareOfResponse * response_p99);
  if (lateness > bearable) {
    return {Validity::kGeneratorBound,
            fmt::format("the generator sent its requests late (p99 {}, response time p99 {})",
                        base::FormatDuration(lateness), base::FormatDuration(response_p99))};
  }
  const double share = GeneratorCpuShare(result);
  if (share > kGeneratorCpuShare) {
    return {Validity::kGeneratorBound, fmt::format("the generator used {:.0f} % of its CPU time", 100 * share)};
  }
  if (response.count() < kLeastAnswers) {
    return {Validity::kTooFew, fmt::format("{} answers are fewer than {}", response.count(), kLeastAnswers)};
  }
  return {};
}

}  // namespace hone::load
