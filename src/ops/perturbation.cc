#include "ops/perturbation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/clock.h"
#include "load/capture.h"
#include "load/engine.h"
#include "ops/profile_fetch.h"
#include "stats/paired.h"

namespace hone::ops {
namespace {

constexpr int kPairs = 4;

evidence::ExperimentPlan MakePlan() {
  evidence::ExperimentPlan plan;
  plan.name = "perturbation of the CPU profiler";
  plan.metric = "load.service.p50";
  plan.arm_a = "no profile";
  plan.arm_b = "CPU profile";
  plan.least_effect = 0.05;
  plan.pairs = kPairs;
  plan.seed = 1;
  return plan;
}

base::Result<evidence::Capture> RunWindow(LoadContext& context, const std::vector<LoadTarget>& targets, double rate,
                                          bool profiled, uint64_t seed) {
  HONE_TRY(const auto plan,
           PlanLoad(context, targets, rate, 200 * base::kMillisecond, 1000 * base::kMillisecond, seed));
  ProfileFetch fetch;
  if (profiled) fetch.Start(*context.rig.pprof_url(), 1);
  HONE_TRY(const load::LoadResult result, load::Run(plan, context.task));
  if (profiled) HONE_CHECK_OK(fetch.Take());
  HONE_CHECK_OK(context.task.Check());
  HONE_CHECK_OK(LetRest(context, result));
  return KeepLoad(context, result, "", profiled);
}

base::Result<double> MedianServiceTime(const evidence::CaptureBytes& capture) {
  HONE_TRY(const load::LoadResult result, load::Decode(capture.bytes));
  HONE_TRY(const auto merged, load::Merged(result, load::Timing::kService, load::Outcome::kOk));
  return merged.count() > 0 ? static_cast<double>(merged.ValueAtQuantile(0.5)) : 0.0;
}

base::Result<evidence::Computed> ComputePairedRatio(std::span<const evidence::CaptureBytes> captures,
                                                    const evidence::Parameters& parameters, uint64_t) {
  if (captures.empty() || captures.size() % 2 != 0)
    return base::Fail(base::Code::kInput, "The method takes pairs of load.hdr captures");
  double level = 0.95;
  if (const auto given = parameters.find("level"); given != parameters.end()) {
    std::from_chars(given->second.data(), given->second.data() + given->second.size(), level);
  }
  std::vector<double> a;
  std::vector<double> b;
  for (size_t i = 0; i < captures.size(); i += 2) {
    HONE_TRY(a.emplace_back(), MedianServiceTime(captures[i]));
    HONE_TRY(b.emplace_back(), MedianServiceTime(captures[i + 1]));
  }
  evidence::Computed computed;
  computed.n = static_cast<int64_t>(a.size());
  computed.n_of = "pairs";
  computed.validity = evidence::Validity::kTooFew;
  if (std::ranges::any_of(a, [](double v) { return v <= 0; }) ||
      std::ranges::any_of(b, [](double v) { return v <= 0; }))
    return computed;
  const stats::Effect effect = stats::PairedRatio(a, b, level);
  computed.value = effect.value - 1;
  if (effect.interval) {
    computed.interval = evidence::Interval{effect.interval->lo - 1, effect.interval->hi - 1, level};
    computed.validity = evidence::Validity::kValid;
  }
  return computed;
}

}  // namespace

base::Result<Perturbation> MeasurePerturbation(LoadContext& context, evidence::Ledger& ledger,
                                               const std::vector<LoadTarget>& targets, double rate) {
  Perturbation perturbation{.plan = MakePlan()};
  HONE_TRY(const int64_t experiment, ledger.SealExperiment(context.measurer.run(), perturbation.plan));
  evidence::MeasurementSpec spec{.metric = "experiment.effect", .unit = "ratio", .method = "experiment.paired_ratio@1"};
  spec.parameters["level"] = fmt::format("{}", perturbation.plan.level);
  const std::vector<bool> a_first = evidence::ArmOrder(perturbation.plan);
  for (size_t pair = 0; pair < a_first.size(); ++pair) {
    constexpr double kPairSeconds = 2.6;
    context.task.Report({fmt::format("Measuring what the profiler costs (pair {} of {})", pair + 1, a_first.size()),
                         context.later_seconds - static_cast<double>(pair) * kPairSeconds});
    std::array<evidence::CaptureId, 2> arms = {};
    for (const bool first : {true, false}) {
      const bool profiled = first != a_first[pair];
      // Both arms of a pair get the same arrivals.
      HONE_TRY(const evidence::Capture capture, RunWindow(context, targets, rate, profiled, 100 + pair));
      arms[profiled ? 1 : 0] = capture.id;
    }
    spec.captures.insert(spec.captures.end(), arms.begin(), arms.end());
  }
  HONE_TRY(perturbation.measurement, context.measurer.Measure(spec));
  perturbation.outcome.effect = perturbation.measurement.value;
  perturbation.outcome.pairs = perturbation.plan.pairs;
  perturbation.outcome.measurement = perturbation.measurement.id;
  if (perturbation.measurement.interval) {
    perturbation.outcome.interval = *perturbation.measurement.interval;
    perturbation.outcome.verdict = evidence::Judge(perturbation.plan, perturbation.outcome.interval);
  }
  HONE_CHECK_OK(ledger.CloseExperiment(experiment, perturbation.outcome));
  return perturbation;
}

std::span<const evidence::Method> ExperimentMethods() {
  static constexpr std::array<evidence::Method, 1> kMethods = {
      {{"experiment.paired_ratio@1",
        "mean log ratio of paired medians of service time with Student's t interval (stats/paired.h), less one",
        ComputePairedRatio}}};
  return kMethods;
}

}  // namespace hone::ops
