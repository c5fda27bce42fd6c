#include "load/statistic.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "stats/histogram.h"

namespace hone::load {
namespace {

// Adds one ascending list to another.
SparseCounts Add(const SparseCounts& a, const SparseCounts& b) {
  SparseCounts sum;
  sum.reserve(a.size() + b.size());
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (x->first == y->first) {
      sum.emplace_back(x->first, x->second + y->second);
      ++x;
      ++y;
    } else {
      sum.push_back(x->first < y->first ? *x++ : *y++);
    }
  }
  sum.insert(sum.end(), x, a.end());
  sum.insert(sum.end(), y, b.end());
  return sum;
}

auto Key(const Slice& slice) {
  return std::tuple(slice.start, slice.endpoint, slice.outcome, slice.timing, slice.warmup);
}

}  // namespace

Statistic::Statistic(size_t endpoints) : counts_(endpoints), series_(endpoints * kOutcomes * kTimings * 2) {}

void Statistic::Record(uint32_t endpoint, bool warmup, const Stamps& stamps, Ending ending) {
  if (!warmup) {
    EndpointCounts& counts = counts_[endpoint];
    ++counts.arrivals;
    ++counts.ended[std::to_underlying(ending.outcome)];
    if (ending.status != 0) ++counts.statuses[ending.status];
  }
  const base::Nanos second = stamps.done - stamps.done % base::kSecond;
  if (second > second_) {
    CloseSecond();
    second_ = second;
  }
  Add(endpoint, ending.outcome, warmup, Timing::kResponse, stamps.done - stamps.intended);
  if (stamps.written != 0) Add(endpoint, ending.outcome, warmup, Timing::kService, stamps.done - stamps.written);
  if (stamps.dequeued == 0) return;
  Add(endpoint, ending.outcome, warmup, Timing::kLateness, stamps.dequeued - stamps.ready);
  Add(endpoint, ending.outcome, warmup, Timing::kQueue, stamps.ready - stamps.intended);
}

void Statistic::Add(uint32_t endpoint, Outcome outcome, bool warmup, Timing timing, base::Nanos value) {
  const auto row = (size_t{endpoint} * kOutcomes + std::to_underlying(outcome)) * kTimings + std::to_underlying(timing);
  std::unique_ptr<Series>& series = series_[row * 2 + (warmup ? 1 : 0)];
  if (!series) series = std::make_unique<Series>();
  const size_t index = stats::Histogram::IndexOf(value);
  if (index >= series->dense.size()) series->dense.resize((index / 1024 + 1) * 1024, 0);
  if (series->dense[index]++ == 0) series->touched.push_back(static_cast<uint32_t>(index));
}

// Costs what the second's distinct buckets cost, not what the histograms' range would.
void Statistic::CloseSecond() {
  for (size_t i = 0; i < series_.size(); ++i) {
    if (!series_[i] || series_[i]->touched.empty()) continue;
    Series& series = *series_[i];
    const size_t row = i / 2;
    Slice slice{.start = second_,
                .endpoint = static_cast<uint32_t>(row / kTimings / kOutcomes),
                .outcome = static_cast<Outcome>(row / kTimings % kOutcomes),
                .timing = static_cast<Timing>(row % kTimings),
                .warmup = i % 2 == 1};
    std::sort(series.touched.begin(), series.touched.end());
    slice.counts.reserve(series.touched.size());
    for (const uint32_t index : series.touched) slice.counts.emplace_back(index, std::exchange(series.dense[index], 0));
    series.touched.clear();
    slices_.push_back(std::move(slice));
  }
}

std::vector<Slice> Statistic::TakeSlices() {
  CloseSecond();
  std::vector<std::vector<Slice>> parts;
  parts.push_back(std::exchange(slices_, {}));
  return MergeSlices(std::move(parts));
}

std::vector<Slice> MergeSlices(std::vector<std::vector<Slice>> parts) {
  std::vector<Slice> all;
  for (std::vector<Slice>& part : parts) std::move(part.begin(), part.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(), [](const Slice& a, const Slice& b) { return Key(a) < Key(b); });
  std::vector<Slice> merged;
  for (Slice& slice : all) {
    if (!merged.empty() && Key(merged.back()) == Key(slice)) {
      merged.back().counts = Add(merged.back().counts, slice.counts);
    } else {
      merged.push_back(std::move(slice));
    }
  }
  return merged;
}

}  // namespace hone::load
