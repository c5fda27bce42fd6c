#include "profile/window_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "profile/rule_context.h"
#include "profile/thresholds.h"
#include "stats/proportion.h"

namespace hone::profile {
namespace {

struct Wish {
  WindowRequest request = {};
  bool suspected = false;  // the window shows something that may be a finding: such endpoints come first
  double distance = 0;     // from an answer: then what is nearest
};

// The samples at which the interval around `share` no longer holds `threshold`.
double SamplesToDecide(double share, double threshold) {
  constexpr double kZ = 1.96;
  const double distance = std::max(std::abs(share - threshold), 0.02);
  return kZ * kZ * std::max(share * (1 - share), 0.05) / (distance * distance);
}

bool Straddles(const stats::Interval& interval, double threshold) {
  return interval.lo < threshold && interval.hi >= threshold;
}

// The samples of the endpoint (or of the program, for the garbage collector) that would decide, as a factor of those
// there are; absent where all is decided.
std::optional<double> Undecided(const RuleContext& context, const CpuFacts& whole) {
  std::optional<double> factor;
  const auto consider = [&](int64_t hits, int64_t n, double threshold) {
    if (n == 0 || !Straddles(stats::WilsonInterval(hits, n), threshold)) return;
    const double share = static_cast<double>(hits) / static_cast<double>(n);
    if (share < threshold) return;  // more samples most likely confirm that there is nothing
    factor = std::max(factor.value_or(0), SamplesToDecide(share, threshold) / static_cast<double>(n));
  };
  for (const ShareRule& rule : ShareRules()) {
    const std::vector<ChargedFunction> functions = ByFunction(SamplesBySite(context, ShareQuery(context, rule, {})));
    if (functions.empty()) continue;
    const CpuFacts part = FactsFor(context, ShareQuery(context, rule, functions.front().site.function));
    if (part.ns_per_request >= kLeastCpuNs / 2) consider(part.samples, whole.samples, rule.least_share);
  }
  const GcTotals gc = GcSamples(*context.cpu);
  if (gc.gc_ns >= kLeastCpuNs / 2 * context.cpu_facts.requests) consider(gc.gc, gc.total, kGcShare);
  return factor;
}

std::optional<Wish> WishFor(size_t index, const EndpointWindow& window, const PlanOptions& options) {
  const RuleOptions all;
  const RuleContext context(window, all);
  const double seconds = context.cpu ? WindowSeconds(context) : 0;
  if (!context.cpu || seconds <= 0) return std::nullopt;
  const CpuFacts whole = FactsFor(context, context.Whole());
  double factor = 0;
  bool suspected = true;
  std::string reason;
  if (static_cast<double>(whole.samples) < kLeastSamples) {
    if (whole.samples == 0 || (NothingToFind(context) && !GrowthUndecided(context))) return std::nullopt;
    // A fifth more than it takes on average, so that it is enough nine times in ten.
    factor = 1.2 * kLeastSamples / static_cast<double>(whole.samples);
    suspected = false;
    reason = fmt::format("{} CPU samples are too few", whole.samples);
  } else if (const std::optional<double> undecided = Undecided(context, whole)) {
    factor = *undecided;
    reason = "a share is too near its threshold";
  } else if (const std::optional<double> contentions = ContentionsWanted(context)) {
    factor = *contentions;
    reason = "few contentions were sampled";
  } else {
    return std::nullopt;
  }
  const double want = std::clamp(seconds * factor, options.shortest_seconds, options.longest_seconds);
  if (want <= seconds) return std::nullopt;  // the longest window that is allowed was taken
  return Wish{{index, std::ceil(want), std::move(reason)}, suspected, factor};
}

}  // namespace

std::vector<WindowRequest> NextWindows(std::span<const EndpointWindow> windows, const PlanOptions& options) {
  std::vector<Wish> wishes;
  for (size_t i = 0; i < windows.size(); ++i) {
    if (std::optional<Wish> wish = WishFor(i, windows[i], options)) wishes.push_back(std::move(*wish));
  }
  std::ranges::stable_sort(wishes, {}, [](const Wish& wish) { return std::pair(!wish.suspected, wish.distance); });
  std::vector<WindowRequest> out;
  double left = options.budget_seconds;
  for (Wish& wish : wishes) {
    if (wish.request.seconds > left) continue;
    left -= wish.request.seconds;
    out.push_back(std::move(wish.request));
  }
  return out;
}

}  // namespace hone::profile
