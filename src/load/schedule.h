// When which request is intended: a pure function of a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "load/plan.h"

namespace hone::load {

struct Arrival {
  base::Nanos offset = 0;  // since the start of the schedule
  uint32_t endpoint = 0;
  uint32_t variant = 0;
  auto operator<=>(const Arrival&) const = default;
};

// The arrivals of one shard of `shards` in order of time, made one by one. Every shard walks the whole schedule and
// keeps each shards-th arrival, so that the union over the shards is the single-shard schedule itself: nothing is
// dropped, nothing is doubled.
//
// Constant: arrival k at k / rate. Poisson: independent exponential gaps (inverse of the distribution function). The
// endpoint is drawn by weight, the variant evenly (or in turn, where the endpoint wants that), both independently of
// all else (SplitMix64, G. Steele et al., 2014).
class Schedule {
 public:
  // Of plan.rate over plan.warmup + plan.duration. Requires rate > 0, at least one endpoint with a variant and a
  // positive weight, 0 <= shard < shards.
  Schedule(const LoadPlan& plan, uint32_t shard, uint32_t shards);

  // Empty after the last one.
  std::optional<Arrival> Next();

 private:
  Arrival Draw();

  Arrivals arrivals_;
  double rate_;
  double length_s_;
  uint64_t state_;
  uint32_t shard_;
  uint32_t shards_;
  uint64_t index_ = 0;
  double now_s_ = 0;
  std::vector<double> cumulative_;  // weights, summed up, over their sum
  std::vector<uint32_t> variants_;
  std::vector<bool> in_order_;
  std::vector<uint64_t> drawn_;  // arrivals of each endpoint so far
};

}  // namespace hone::load
