// A controller: which endpoints need further windows to tell what they leave behind from what fills up. Pure; ops/
// drives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profile/growth.h"
#include "profile/rules.h"

namespace hone::profile {

struct GrowthOptions {
  double budget_seconds = 12;     // for all further windows together
  double shortest_seconds = 1.5;  // of one window
  double longest_seconds = 6;
  double around_seconds = 1.5;  // what a window takes beyond its load
};

struct GrowthRequest {
  size_t window = 0;  // index into the windows given
  double seconds = 0;
  int windows = 1;  // that follow one another
};

// The owners of what the first window of an endpoint left behind, enough to be worth a second one.
std::vector<Owned> Suspects(const EndpointWindow& window, Remains what);

// Notes in `windows` which owners are judged at another endpoint, and asks for windows where there are others, the most
// suspicious first, until the budget is spent. An endpoint that is `restarted` gets two.
std::vector<GrowthRequest> PlanGrowth(std::span<EndpointWindow> windows, const GrowthOptions& options = {});

}  // namespace hone::profile
