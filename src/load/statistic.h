// What a thread of the load engine records: counts, and histograms by second in memory that does not grow with
// requests.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "load/connection.h"
#include "load/plan.h"

namespace hone::load {

// One thread's. A second's values are kept dense while it lasts and sparse afterwards.
class Statistic {
 public:
  explicit Statistic(size_t endpoints);

  // An arrival that ended (kCensored and kRefused too). The values go into the second of `stamps.done`; calls come in
  // its order.
  void Record(uint32_t endpoint, bool warmup, const Stamps& stamps, Ending ending);
  // Closes the last second and hands everything over, slices in ascending order.
  std::vector<Slice> TakeSlices();
  const std::vector<EndpointCounts>& counts() const { return counts_; }

 private:
  // Counts of one series within the current second, with the buckets that are not empty.
  struct Series {
    std::vector<uint32_t> dense;
    std::vector<uint32_t> touched;
  };
  void Add(uint32_t endpoint, Outcome outcome, bool warmup, Timing timing, base::Nanos value);
  void CloseSecond();

  std::vector<EndpointCounts> counts_;
  std::vector<std::unique_ptr<Series>> series_;
  base::Nanos second_ = 0;
  std::vector<Slice> slices_;
};

// Slices of several threads as one: equal keys are added.
std::vector<Slice> MergeSlices(std::vector<std::vector<Slice>> parts);

}  // namespace hone::load
