// A controller: which endpoints need another, longer profile window, and how long. Pure; ops/ drives it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "profile/rules.h"

namespace hone::profile {

struct PlanOptions {
  double budget_seconds = 30;   // for all further windows together
  double longest_seconds = 15;  // of one window
  double shortest_seconds = 2;  // a shorter one is not worth its start
};

struct WindowRequest {
  size_t window = 0;  // index into the windows given
  double seconds = 0;
  std::string reason = {};
};

// Given the first window of each endpoint, asks for one longer window where that can change an answer: fewer samples
// than judgement needs, a share whose interval straddles its threshold, or lock waits with few contentions. What may be
// a finding comes first, then what is nearest to an answer, until the budget is spent; empty: done.
std::vector<WindowRequest> NextWindows(std::span<const EndpointWindow> windows, const PlanOptions& options = {});

}  // namespace hone::profile
