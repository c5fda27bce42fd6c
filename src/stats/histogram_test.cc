#include "stats/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "stats/base64.h"

namespace hone::stats {
namespace {

Histogram Of(const std::vector<int64_t>& values) {
  Histogram histogram;
  for (const int64_t value : values) histogram.Record(value);
  return histogram;
}

TEST(Histogram, EmptyAnswersZero) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.ValueAtQuantile(0.5), 0);
  EXPECT_EQ(histogram.Min(), 0);
  EXPECT_EQ(histogram.Max(), 0);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_TRUE(histogram.Buckets().empty());
}

TEST(Histogram, BucketsTileTheRangeWithinAThousandth) {
  int64_t next = 0;
  for (size_t index = 0; next <= Histogram::kHighest; ++index) {
    const auto bucket = Histogram::BucketAt(index);
    ASSERT_EQ(bucket.lo, next);
    ASSERT_EQ(Histogram::IndexOf(bucket.lo), index);
    ASSERT_EQ(Histogram::IndexOf(std::min(bucket.hi, Histogram::kHighest)), index);
    ASSERT_LE((bucket.hi - bucket.lo) * 1024, bucket.lo);
    next = bucket.hi + 1;
  }
}

TEST(Histogram, QuantilesAreThoseOfTheSortedValues) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> values(1 + random() % 3000);
    for (int64_t& value : values) value = static_cast<int64_t>(random() >> (24 + random() % 40)) % Histogram::kHighest;
    const Histogram histogram = Of(values);
    std::sort(values.begin(), values.end());
    for (const double quantile : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank =
          std::max<size_t>(1, static_cast<size_t>(std::ceil(quantile * static_cast<double>(values.size()))));
      const auto bucket = Histogram::BucketAt(Histogram::IndexOf(values[rank - 1]));
      EXPECT_EQ(histogram.ValueAtQuantile(quantile), bucket.hi);
    }
  }
}

TEST(Histogram, MergingIsRecordingTogether) {
  std::mt19937_64 random(11);
  Histogram together;
  std::vector<Histogram> parts(5);
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<int64_t>(random() >> (20 + random() % 44));
    together.Record(value);
    parts[random() % parts.size()].Record(value);
  }
  Histogram merged;
  for (size_t i = parts.size(); i-- > 0;) merged.Merge(parts[i]);
  EXPECT_EQ(merged, together);
  EXPECT_EQ(merged.saturated(), together.saturated());
  EXPECT_EQ(merged.Encode(), together.Encode());
}

TEST(Histogram, ValuesOutsideItsRangeCountAtTheEnds) {
  const Histogram histogram =
      Of({-5, Histogram::kHighest, Histogram::kHighest + 1, std::numeric_limits<int64_t>::max()});
  EXPECT_EQ(histogram.count(), 4);
  EXPECT_EQ(histogram.saturated(), 3);
  EXPECT_EQ(histogram.Min(), 0);
  EXPECT_GE(histogram.Max(), Histogram::kHighest);
}

TEST(Histogram, ClearForgetsEverything) {
  Histogram histogram = Of({1, 2, 3});
  histogram.Clear();
  EXPECT_EQ(histogram, Histogram());
  EXPECT_EQ(histogram.Encode(), Histogram().Encode());
}

TEST(Histogram, EncodingRoundTrips) {
  std::mt19937_64 random(3);
  Histogram histogram;
  EXPECT_EQ(Histogram::Decode(histogram.Encode()), histogram);
  for (int i = 0; i < 2000; ++i) {
    histogram.RecordMany(static_cast<int64_t>(random() >> (24 + random() % 40)),
                         static_cast<int64_t>(1 + random() % 1'000'000'000));
  }
  EXPECT_EQ(Histogram::Decode(histogram.Encode()), histogram);
  EXPECT_EQ(Histogram::DecodeBase64(histogram.EncodeCompressedBase64()), histogram);
}

TEST(Histogram, CountsOfEveryWidthRoundTrip) {
  for (int bits = 0; bits < 62; ++bits) {
    for (const int64_t near : {-1, 0, 1}) {
      const int64_t count = (int64_t{1} << bits) + near;
      if (count <= 0) continue;
      Histogram histogram;
      histogram.RecordMany(5000, count);
      const auto decoded = Histogram::Decode(histogram.Encode());
      ASSERT_TRUE(decoded) << count;
      EXPECT_EQ(*decoded, histogram) << count;
    }
  }
}

TEST(Histogram, BrokenPayloadsAreRefused) {
  const std::string good = Of({1, 1000, 1'000'000}).Encode();
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(Histogram::Decode(good.substr(0, length))) << length;
  for (size_t at = 0; at < good.size() * 8; ++at) {
    std::string flipped = good;
    flipped[at / 8] = static_cast<char>(flipped[at / 8] ^ (1 << at % 8));
    (void)Histogram::Decode(flipped);  // any answer but a crash
  }
  EXPECT_FALSE(Histogram::DecodeBase64("HISTF"));
  EXPECT_FALSE(Histogram::DecodeBase64("HISTFAAAAAEV"));
  EXPECT_FALSE(Histogram::DecodeBase64("????"));
}

TEST(Base64, VectorsOfTheRfc) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(EncodeBase64(plain), text);
    EXPECT_EQ(DecodeBase64(text), plain);
  }
  for (const std::string_view bad : {"Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Z g=", "=Zg="})
    EXPECT_FALSE(DecodeBase64(bad)) << bad;
}

}  // namespace
}  // namespace hone::stats
