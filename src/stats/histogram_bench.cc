#include <benchmark/benchmark.h>

#include "stats/histogram.h"

namespace hone::stats {
namespace {

void Record(benchmark::State& state) {
  Histogram histogram;
  histogram.Record(int64_t{1} << 34);
  uint64_t x = 88172645463325252;
  for (auto _ : state) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    histogram.Record(static_cast<int64_t>(x >> 34));
  }
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(Record);

void Quantile(benchmark::State& state) {
  Histogram histogram;
  for (int64_t value = 1; value < 1'000'000'000; value += 9973) histogram.Record(value);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.ValueAtQuantile(0.99));
}
BENCHMARK(Quantile);

void EncodeCompressed(benchmark::State& state) {
  Histogram histogram;
  for (int64_t value = 100'000; value < 3'000'000; value += 997) histogram.Record(value);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.EncodeCompressedBase64());
}
BENCHMARK(EncodeCompressed);

}  // namespace
}  // namespace hone::stats
