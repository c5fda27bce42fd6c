#include "load/plan.h"

#include <utility>

namespace hone::load {

std::string_view Name(Arrivals arrivals) { return arrivals == Arrivals::kConstant ? "constant" : "poisson"; }

std::string_view Name(Outcome outcome) {
  constexpr std::string_view kNames[kOutcomes] = {"ok",      "status",   "refused", "reset",
                                                  "timeout", "protocol", "censored"};
  return kNames[std::to_underlying(outcome)];
}

std::string_view Name(Timing timing) {
  constexpr std::string_view kNames[kTimings] = {"response", "service", "lateness", "queue"};
  return kNames[std::to_underlying(timing)];
}

}  // namespace hone::load
