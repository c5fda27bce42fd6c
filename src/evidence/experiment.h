// Experiments: a comparison whose question, measure and stopping rule are sealed before the first number is seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/model.h"

namespace hone::evidence {

enum class Direction { kLowerIsBetter, kHigherIsBetter };

// Fixed before the run.
struct ExperimentPlan {
  std::string name = {};
  std::string metric = {};
  Direction direction = Direction::kLowerIsBetter;
  std::string arm_a = {};  // the baseline
  std::string arm_b = {};
  double least_effect = 0.05;  // as a ratio of the baseline: effects inside +-least_effect are NO CHANGE
  double level = 0.95;
  int pairs = 0;      // how many AB/BA pairs
  uint64_t seed = 0;  // of the order within the pairs
};

enum class Verdict { kImproved, kRegressed, kNoChange, kInconclusive };

struct ExperimentOutcome {
  Verdict verdict = Verdict::kInconclusive;
  double effect = 0;  // B / A - 1
  Interval interval = {};
  int pairs = 0;
  MeasurementId measurement = 0;
};

// The order of the arms in each pair, by the plan's seed: true is A first. As many pairs begin with A as with B (but
// for one if the number is odd), so that a drift of the machine falls on both arms alike.
std::vector<bool> ArmOrder(const ExperimentPlan& plan);

// The verdict over an interval of the effect (B / A - 1): IMPROVED or REGRESSED where the whole interval lies beyond
// +-least_effect in that direction, NO CHANGE where it lies within, INCONCLUSIVE otherwise.
Verdict Judge(const ExperimentPlan& plan, const Interval& effect);

std::string_view Name(Verdict verdict);  // "improved", "regressed", "no_change", "inconclusive"
std::optional<Verdict> VerdictNamed(std::string_view name);

}  // namespace hone::evidence
