#include "load/size_windows.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <random>

#include "load/thresholds.h"
#include "load/validity.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

constexpr double kLevel = 0.95;

// Of one second: how many values lie in a bucket or below, over the buckets that occur at all.
using Cumulated = std::vector<uint32_t>;

// The valid windows of all sizes in a form that resamples fast.
class Sample {
 public:
  Sample(std::span<const SizeWindow> windows, double quantile) : quantile_(quantile) {
    for (const SizeWindow& window : windows) {
      for (const SparseCounts& second : window.seconds) {
        for (const auto& [bucket, count] : second) buckets_.push_back(bucket);
      }
    }
    std::ranges::sort(buckets_);
    buckets_.erase(std::unique(buckets_.begin(), buckets_.end()), buckets_.end());
    for (const SizeWindow& window : windows) {
      if (!window.valid) continue;
      std::vector<Cumulated>& seconds = windows_[window.size][window.round];
      for (const SparseCounts& second : window.seconds) seconds.push_back(Cumulate(second));
    }
  }

  std::vector<int> Sizes() const {
    std::vector<int> sizes;
    for (const auto& [size, rounds] : windows_) sizes.push_back(size);
    return sizes;
  }

  std::vector<int> Rounds(int size) const {
    std::vector<int> rounds;
    for (const auto& [round, seconds] : windows_.at(size)) rounds.push_back(round);
    return rounds;
  }

  std::vector<int> CommonRounds(int a, int b) const {
    const std::vector<int> of_a = Rounds(a);
    const std::vector<int> of_b = Rounds(b);
    std::vector<int> common;
    std::ranges::set_intersection(of_a, of_b, std::back_inserter(common));
    return common;
  }

  // The quantile over all seconds of these rounds.
  double Value(int size, std::span<const int> rounds) const {
    std::vector<const Cumulated*> drawn;
    for (const int round : rounds) {
      for (const Cumulated& second : windows_.at(size).at(round)) drawn.push_back(&second);
    }
    return Quantile(drawn);
  }

  // The same with each window's seconds drawn anew.
  double Resampled(int size, std::span<const int> rounds, std::mt19937_64& random) const {
    std::vector<const Cumulated*> drawn;
    for (const int round : rounds) {
      const std::vector<Cumulated>& seconds = windows_.at(size).at(round);
      for (size_t i = 0; i < seconds.size(); ++i) drawn.push_back(&seconds[random() % seconds.size()]);
    }
    return Quantile(drawn);
  }

 private:
  Cumulated Cumulate(const SparseCounts& sparse) const {
    Cumulated sums(buckets_.size(), 0);
    for (const auto& [bucket, count] : sparse) {
      sums[static_cast<size_t>(std::ranges::lower_bound(buckets_, bucket) - buckets_.begin())] += count;
    }
    std::partial_sum(sums.begin(), sums.end(), sums.begin());
    return sums;
  }

  static int64_t UpTo(const std::vector<const Cumulated*>& seconds, size_t bucket) {
    int64_t sum = 0;
    for (const Cumulated* second : seconds) sum += (*second)[bucket];
    return sum;
  }

  double Quantile(const std::vector<const Cumulated*>& seconds) const {
    if (buckets_.empty()) return 0;
    const int64_t total = UpTo(seconds, buckets_.size() - 1);
    const auto rank = static_cast<int64_t>(std::ceil(quantile_ * static_cast<double>(total)));
    size_t low = 0;
    for (size_t high = buckets_.size() - 1; low < high;) {
      const size_t middle = (low + high) / 2;
      if (UpTo(seconds, middle) >= rank) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return static_cast<double>(stats::Histogram::BucketAt(buckets_[low]).hi);
  }

  double quantile_;
  std::vector<uint32_t> buckets_;
  std::map<int, std::map<int, std::vector<Cumulated>>> windows_;  // size -> round -> seconds
};

std::vector<int> Draw(const std::vector<int>& rounds, std::mt19937_64& random) {
  std::vector<int> drawn(rounds.size());
  for (int& round : drawn) round = rounds[random() % rounds.size()];
  return drawn;
}

stats::Interval Percentile(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double share) {
    const auto index = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
    return values[index];
  };
  return {at((1 - kLevel) / 2), at((1 + kLevel) / 2), kLevel};
}

double Ratio(double a, double b) { return b > 0 ? a / b : 1; }

SizeEstimate Compare(const Sample& sample, int size, int best, uint64_t seed, int resamples) {
  SizeEstimate estimate{.size = size};
  const std::vector<int> rounds = sample.Rounds(size);
  const std::vector<int> common = sample.CommonRounds(size, best);
  estimate.windows = static_cast<int>(rounds.size());
  estimate.pairs = static_cast<int>(common.size());
  estimate.value = sample.Value(size, rounds);
  if (!common.empty()) estimate.ratio = Ratio(sample.Value(size, common), sample.Value(best, common));
  std::mt19937_64 random(seed * 1'000'003 + static_cast<uint64_t>(size));
  std::vector<double> values;
  std::vector<double> ratios;
  for (int i = 0; i < resamples; ++i) {
    values.push_back(sample.Resampled(size, Draw(rounds, random), random));
    if (common.empty()) continue;
    const std::vector<int> drawn = Draw(common, random);
    const double own = sample.Resampled(size, drawn, random);
    ratios.push_back(Ratio(own, sample.Resampled(best, drawn, random)));
  }
  estimate.interval = Percentile(std::move(values));
  if (!ratios.empty()) estimate.ratio_interval = Percentile(std::move(ratios));
  estimate.overlaps = size == best || (!common.empty() && estimate.ratio_interval.lo <= kAsGood);
  return estimate;
}

int64_t Count(const SizeWindow& window) {
  int64_t count = 0;
  for (const SparseCounts& second : window.seconds) {
    for (const auto& [bucket, values] : second) count += values;
  }
  return count;
}

// The valid windows of each size, and the requests in them.
struct Evidence {
  int windows = 0;
  int64_t requests = 0;
};

std::map<int, Evidence> EvidenceOf(std::span<const SizeWindow> windows) {
  std::map<int, Evidence> evidence;
  for (const SizeWindow& window : windows) {
    if (!window.valid) continue;
    ++evidence[window.size].windows;
    evidence[window.size].requests += Count(window);
  }
  return evidence;
}

const SizeEstimate* EstimateOf(const SizeDecision& decision, int size) {
  const auto found = std::ranges::find(decision.sizes, size, &SizeEstimate::size);
  return found == decision.sizes.end() ? nullptr : &*found;
}

// Compares at one quantile; what `lower`, the decision at a lower one, left out stays out.
SizeDecision DecideAt(double quantile, std::span<const SizeWindow> windows, uint64_t seed, int resamples,
                      int least_windows, const SizeDecision* lower) {
  const std::map<int, Evidence> evidence = EvidenceOf(windows);
  const auto open = [&](int size) {
    const SizeEstimate* before = lower != nullptr ? EstimateOf(*lower, size) : nullptr;
    return evidence.at(size).windows >= least_windows && (before == nullptr || before->overlaps);
  };
  const Sample sample(windows, quantile);
  SizeDecision decision{.quantile = quantile};
  double lowest = 0;
  for (const int size : sample.Sizes()) {
    // Above the best at the lower quantile there may be too few requests for this one.
    if (!open(size) || (lower != nullptr && size > lower->best)) continue;
    const double value = sample.Value(size, sample.Rounds(size));
    if (decision.best != 0 && value >= lowest) continue;
    decision.best = size;
    lowest = value;
  }
  for (const int size : sample.Sizes()) {
    decision.sizes.push_back(Compare(sample, size, decision.best, seed, resamples));
    SizeEstimate& estimate = decision.sizes.back();
    estimate.n = evidence.at(size).requests;
    estimate.overlaps = estimate.overlaps && open(size);
    const bool near = size == decision.best || estimate.ratio <= kNearBest;
    if (decision.chosen == 0 && estimate.overlaps && near) decision.chosen = size;
  }
  return decision;
}

// The windows of the sizes on which the answer hangs: those that are as good as the best and not larger.
std::vector<SizeWindow> OfRivals(std::span<const SizeWindow> windows, const SizeDecision& decision) {
  std::vector<SizeWindow> rivals;
  std::ranges::copy_if(windows, std::back_inserter(rivals), [&](const SizeWindow& window) {
    const SizeEstimate* estimate = EstimateOf(decision, window.size);
    return estimate != nullptr && estimate->overlaps && window.size <= decision.best;
  });
  return rivals;
}

}  // namespace

SizeWindow WindowOf(const LoadResult& result, int size, int round) {
  SizeWindow window{.size = size, .round = round};
  window.valid = Judge(result).validity != evidence::Validity::kGeneratorBound;
  const auto slowest = static_cast<uint32_t>(stats::Histogram::IndexOf(stats::Histogram::kHighest));
  std::map<base::Nanos, std::map<uint32_t, uint32_t>> seconds;
  for (const Slice& slice : result.slices) {
    if (slice.warmup || slice.timing != Timing::kResponse) continue;
    for (const auto& [bucket, count] : slice.counts) {
      seconds[slice.start][slice.outcome == Outcome::kOk ? bucket : slowest] += count;
    }
  }
  for (const auto& [start, counts] : seconds) window.seconds.emplace_back(counts.begin(), counts.end());
  return window;
}

std::optional<double> QuantileFor(std::span<const SizeWindow> windows, int least_windows) {
  constexpr double kBeyond = 10;
  std::optional<int64_t> fewest;
  for (const auto& [size, evidence] : EvidenceOf(windows)) {
    if (evidence.windows < least_windows) continue;
    fewest = std::min(fewest.value_or(evidence.requests), evidence.requests);
  }
  if (!fewest || *fewest < kLeastAnswers) return std::nullopt;
  for (const double quantile : {0.99, 0.95, 0.9}) {
    if (static_cast<double>(*fewest) * (1 - quantile) >= kBeyond - 1e-6) return quantile;
  }
  return 0.5;
}

std::optional<SizeDecision> DecideSize(std::span<const SizeWindow> windows, uint64_t seed, int resamples,
                                       int least_windows) {
  std::optional<double> quantile = QuantileFor(windows, least_windows);
  std::optional<SizeDecision> decision;
  while (quantile && (!decision || *quantile > decision->quantile)) {
    decision = DecideAt(*quantile, windows, seed, resamples, least_windows, decision ? &*decision : nullptr);
    // Sizes that are out need no more requests: what is left may be compared at a higher quantile.
    quantile = QuantileFor(OfRivals(windows, *decision), least_windows);
  }
  return decision;
}

}  // namespace hone::load
