#include "evidence/experiment.h"

#include <array>
#include <random>
#include <utility>

namespace hone::evidence {
namespace {

// Indexed by the enumerator.
constexpr std::array<std::string_view, 4> kVerdicts = {"improved", "regressed", "no_change", "inconclusive"};

// A number below `bound`, each as likely. The standard's own distributions differ from library to library; its
// generators do not.
uint64_t Below(std::mt19937_64& random, uint64_t bound) {
  const uint64_t fair = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  for (;;) {
    if (const uint64_t drawn = random(); drawn < fair) return drawn % bound;
  }
}

}  // namespace

std::vector<bool> ArmOrder(const ExperimentPlan& plan) {
  std::mt19937_64 random(plan.seed);
  const auto pairs = static_cast<size_t>(plan.pairs > 0 ? plan.pairs : 0);
  const bool odd_one = Below(random, 2) == 0;
  std::vector<bool> a_first(pairs);
  for (size_t i = 0; i < pairs; ++i) a_first[i] = i == pairs - 1 && pairs % 2 == 1 ? odd_one : i % 2 == 0;
  for (size_t i = pairs; i > 1; --i) {
    const size_t other = Below(random, i);
    const bool swapped = a_first[i - 1];
    a_first[i - 1] = a_first[other];
    a_first[other] = swapped;
  }
  return a_first;
}

Verdict Judge(const ExperimentPlan& plan, const Interval& effect) {
  const double least = plan.least_effect;
  const bool lower_is_better = plan.direction == Direction::kLowerIsBetter;
  if (effect.hi < -least) return lower_is_better ? Verdict::kImproved : Verdict::kRegressed;
  if (effect.lo > least) return lower_is_better ? Verdict::kRegressed : Verdict::kImproved;
  if (effect.lo >= -least && effect.hi <= least) return Verdict::kNoChange;
  return Verdict::kInconclusive;
}

std::string_view Name(Verdict verdict) { return kVerdicts[static_cast<size_t>(std::to_underlying(verdict))]; }

std::optional<Verdict> VerdictNamed(std::string_view name) {
  for (size_t i = 0; i < kVerdicts.size(); ++i) {
    if (kVerdicts[i] == name) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

}  // namespace hone::evidence
