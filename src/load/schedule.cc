#include "load/schedule.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace hone::load {
namespace {

// SplitMix64 (Steele, Lea, Flood, 2014): one step and its output.
uint64_t NextRandom(uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  uint64_t z = state;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

// Uniform in [0, 1), 53 bits.
double NextUniform(uint64_t& state) { return static_cast<double>(NextRandom(state) >> 11) * 0x1p-53; }

}  // namespace

Schedule::Schedule(const LoadPlan& plan, uint32_t shard, uint32_t shards)
    : arrivals_(plan.arrivals),
      rate_(plan.rate),
      length_s_(static_cast<double>(plan.warmup + plan.duration) / base::kNsPerSecond),
      state_(plan.seed),
      shard_(shard),
      shards_(shards) {
  double sum = 0;
  for (const LoadEndpoint& endpoint : plan.endpoints) {
    sum += endpoint.weight;
    cumulative_.push_back(sum);
    variants_.push_back(static_cast<uint32_t>(endpoint.variants.size()));
    in_order_.push_back(endpoint.in_order);
  }
  for (double& weight : cumulative_) weight /= sum;
  drawn_.resize(cumulative_.size());
}

// Three random numbers for each arrival, whatever they are used for, so that a change of one thing leaves the others.
Arrival Schedule::Draw() {
  const double gap = NextUniform(state_);
  const double which = NextUniform(state_);
  const double variant = NextUniform(state_);
  if (arrivals_ == Arrivals::kConstant) {
    now_s_ = static_cast<double>(index_) / rate_;
  } else {
    now_s_ -= std::log1p(-gap) / rate_;
  }
  ++index_;
  const auto chosen = std::upper_bound(cumulative_.begin(), cumulative_.end(), which);
  const auto endpoint =
      static_cast<uint32_t>(std::min<std::ptrdiff_t>(chosen - cumulative_.begin(), std::ssize(cumulative_) - 1));
  const uint64_t turn = drawn_[endpoint]++ % variants_[endpoint];
  const auto taken =
      in_order_[endpoint] ? static_cast<uint32_t>(turn) : static_cast<uint32_t>(variant * variants_[endpoint]);
  return {std::llround(now_s_ * base::kNsPerSecond), endpoint, taken};
}

std::optional<Arrival> Schedule::Next() {
  for (;;) {
    const bool mine = index_ % shards_ == shard_;
    const Arrival arrival = Draw();
    if (now_s_ >= length_s_) return std::nullopt;
    if (mine) return arrival;
  }
}

}  // namespace hone::load
