#include "stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hone::stats {
namespace {

// Three digits: 2 * 10^3 needs 11 bits, the upper half of which every doubling uses anew.
constexpr int kSubBucketBits = 11;
constexpr int64_t kSubBuckets = int64_t{1} << kSubBucketBits;
constexpr int kHalfBits = kSubBucketBits - 1;
constexpr int64_t kHalf = int64_t{1} << kHalfBits;

}  // namespace

size_t Histogram::IndexOf(int64_t value) {
  const int64_t clamped = std::clamp<int64_t>(value, 0, kHighest);
  const auto bits = static_cast<uint64_t>(clamped | (kSubBuckets - 1));
  const int bucket = 64 - std::countl_zero(bits) - kSubBucketBits;
  const int64_t sub = clamped >> bucket;
  return static_cast<size_t>(((int64_t{bucket} + 1) << kHalfBits) + sub - kHalf);
}

Histogram::Bucket Histogram::BucketAt(size_t index, int64_t count) {
  const auto at = static_cast<int64_t>(index);
  int64_t bucket = (at >> kHalfBits) - 1;
  int64_t sub = (at & (kHalf - 1)) + kHalf;
  if (bucket < 0) {
    bucket = 0;
    sub -= kHalf;
  }
  const int64_t lo = sub << bucket;
  return {lo, lo + (int64_t{1} << bucket) - 1, count};
}

void Histogram::RecordMany(int64_t value, int64_t count) {
  if (count <= 0) return;
  if (value < 0 || value > kHighest) saturated_ += count;
  const size_t index = IndexOf(value);
  // A step ahead, so that ever larger values do not move the counts each time.
  if (index >= counts_.size()) counts_.resize((index / kHalf + 1) * kHalf, 0);
  counts_[index] += count;
  count_ += count;
}

void Histogram::Merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size(), 0);
  for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  saturated_ += other.saturated_;
}

void Histogram::Clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  saturated_ = 0;
}

Histogram::Bucket Histogram::BucketAtRank(int64_t rank) const {
  int64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (counts_[i] != 0 && seen >= rank) return BucketAt(i, counts_[i]);
  }
  return {};
}

int64_t Histogram::ValueAtQuantile(double quantile) const {
  if (empty()) return 0;
  const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  return BucketAtRank(std::clamp<int64_t>(static_cast<int64_t>(rank), 1, count_)).hi;
}

int64_t Histogram::Min() const { return empty() ? 0 : BucketAtRank(1).lo; }

int64_t Histogram::Max() const { return empty() ? 0 : BucketAtRank(count_).hi; }

double Histogram::Mean() const {
  if (empty()) return 0;
  double sum = 0;
  for (const Bucket& bucket : Buckets()) {
    const double middle = static_cast<double>(bucket.lo) + static_cast<double>(bucket.hi - bucket.lo) / 2;
    sum += middle * static_cast<double>(bucket.count);
  }
  return sum / static_cast<double>(count_);
}

std::vector<Histogram::Bucket> Histogram::Buckets() const {
  std::vector<Bucket> buckets;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) buckets.push_back(BucketAt(i, counts_[i]));
  }
  return buckets;
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.count_ != b.count_) return false;
  const auto& longer = a.counts_.size() >= b.counts_.size() ? a.counts_ : b.counts_;
  const size_t common = std::min(a.counts_.size(), b.counts_.size());
  return std::equal(a.counts_.begin(), a.counts_.begin() + static_cast<std::ptrdiff_t>(common), b.counts_.begin()) &&
         std::all_of(longer.begin() + static_cast<std::ptrdiff_t>(common), longer.end(),
                     [](int64_t count) { return count == 0; });
}

}  // namespace hone::stats
