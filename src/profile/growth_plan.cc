#include "profile/growth_plan.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "profile/methods.h"
#include "profile/thresholds.h"

namespace hone::profile {
namespace {

// What one endpoint left behind of one owner's.
struct Suspicion {
  size_t window = 0;
  double per_request = 0;
  double seconds = 0;  // of a window that decides
};

// A window that is expected to have at least twice the evidence that a finding takes.
double SecondsToDecide(const EndpointWindow& window, Remains what, const Owned& owned) {
  const double least = what == Remains::kMemory ? kLeastRetained : kLeastLeaked;
  const auto& after = what == Remains::kMemory ? window.allocs_after : window.goroutines_after;
  return 2 * least / PoissonInterval(owned.growth.samples, owned.growth.samples).lo * FactsOf(after->capture).seconds;
}

using ByOwner = std::map<std::pair<Remains, std::string>, std::vector<Suspicion>>;

ByOwner AllSuspicions(std::span<const EndpointWindow> windows) {
  ByOwner suspicions;
  for (size_t i = 0; i < windows.size(); ++i) {
    for (const Remains what : {Remains::kGoroutines, Remains::kMemory}) {
      for (const Owned& owned : Suspects(windows[i], what)) {
        const auto& after = what == Remains::kMemory ? windows[i].allocs_after : windows[i].goroutines_after;
        suspicions[{what, owned.owner}].push_back(
            {i, owned.growth.value / FactsOf(after->capture).requests, SecondsToDecide(windows[i], what, owned)});
      }
    }
  }
  return suspicions;
}

}  // namespace

std::vector<GrowthRequest> PlanGrowth(std::span<EndpointWindow> windows, const GrowthOptions& options) {
  std::map<size_t, double> wanted;  // by window: seconds
  std::set<size_t> leaks;           // windows that left goroutines behind: what these hold needs no evidence of its own
  for (auto& [owner, suspicions] : AllSuspicions(windows)) {
    std::ranges::stable_sort(suspicions, std::ranges::greater(), &Suspicion::per_request);
    const bool shared = suspicions.size() >= kSharedBy && owner.second != kNobodyOfUser;
    for (const Suspicion& suspicion : suspicions) {
      if (shared && &suspicion != &suspicions.front()) {
        windows[suspicion.window].shared_owners.push_back(owner.second);
        continue;
      }
      if (owner.first == Remains::kGoroutines) leaks.insert(suspicion.window);
      if (owner.first == Remains::kGoroutines || !leaks.contains(suspicion.window))
        wanted[suspicion.window] = std::max(wanted[suspicion.window], suspicion.seconds);
    }
  }
  std::vector<GrowthRequest> requests;
  for (const auto& [window, seconds] : wanted) {
    const int times = windows[window].restarted ? 2 : 1;
    const double longest = std::min(options.longest_seconds, options.budget_seconds / times - options.around_seconds);
    requests.push_back(
        {window, std::clamp(seconds, options.shortest_seconds, std::max(options.shortest_seconds, longest)), times});
  }
  // The shortest first: they show the most.
  const auto cost = [&](const GrowthRequest& request) {
    return request.windows * (request.seconds + options.around_seconds);
  };
  std::ranges::stable_sort(requests, {}, cost);
  double left = options.budget_seconds;
  std::erase_if(requests, [&](GrowthRequest& request) {
    request.seconds = std::min(request.seconds, left / request.windows - options.around_seconds);
    if (request.seconds < options.shortest_seconds) return true;
    left -= cost(request);
    return false;
  });
  return requests;
}

}  // namespace hone::profile
