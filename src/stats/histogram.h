// A mergeable high-dynamic-range histogram: three significant digits from 1 to 3.6e12 (1 ns to 1 h), in HdrHistogram's
// V2 encoding.
//
// Source: HdrHistogram (Gil Tene), its bucket layout for three digits and lowest discernible value 1: values below
// 2,048 are exact, above that a bucket is at most 1/1,024 of its value wide. Not thread-safe; one a thread, then Merge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::stats {

class Histogram {
 public:
  static constexpr int kSignificantDigits = 3;
  static constexpr int64_t kHighest = 3'600'000'000'000;

  // A non-empty bucket: the values lo..hi (both included) cannot be told apart.
  struct Bucket {
    int64_t lo = 0;
    int64_t hi = 0;
    int64_t count = 0;
  };

  // The dense index of a value's bucket and back. Values below 0 count as 0, values above kHighest as kHighest.
  static size_t IndexOf(int64_t value);
  static Bucket BucketAt(size_t index, int64_t count = 0);

  // Memory grows with the largest value, to 264 KiB at most, and never with the number of values.
  void Record(int64_t value) { RecordMany(value, 1); }
  void RecordMany(int64_t value, int64_t count);
  void Merge(const Histogram& other);
  // Empties it; keeps the memory.
  void Clear();

  int64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // The values recorded outside [0, kHighest]: they are counted at the nearer end.
  int64_t saturated() const { return saturated_; }

  // The upper end of the bucket of the ceil(quantile * count)-th smallest value, as HdrHistogram reports it; 0 when
  // empty.
  int64_t ValueAtQuantile(double quantile) const;
  // The bucket of the `rank`-th smallest value, 1 <= rank <= count().
  Bucket BucketAtRank(int64_t rank) const;
  // The lower end of the smallest value's bucket and the upper end of the largest one's; 0 when empty.
  int64_t Min() const;
  int64_t Max() const;
  // Of the buckets' middles; 0 when empty.
  double Mean() const;

  // The non-empty buckets in ascending order.
  std::vector<Bucket> Buckets() const;

  // HdrHistogram V2 payload (cookie 0x1c849313, zigzag LEB128 counts, runs of zeros as one negative number).
  std::string Encode() const;
  // The same, deflated, with cookie 0x1c849314 and its length, in base64: what a log line holds.
  std::string EncodeCompressedBase64() const;
  // Reads either form, of 0 to 5 significant digits and any unit (counts of a coarser layout land in their bucket's
  // lower end). kInput for bytes that are not such a payload or inflate to more than 16 MiB.
  static base::Result<Histogram> Decode(std::string_view payload);
  static base::Result<Histogram> DecodeBase64(std::string_view text);

  friend bool operator==(const Histogram& a, const Histogram& b);

 private:
  std::vector<int64_t> counts_;
  int64_t count_ = 0;
  int64_t saturated_ = 0;
};

}  // namespace hone::stats
