#include "load/pilot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hone::load {
namespace {

constexpr double kLowestRate = 1;
// A trial may raise the rate this many times at most: the CPU time of one quiet request foretells little.
constexpr double kGreatestStep = 4;
// Rates closer together than this are one to a short window.
constexpr double kCloseEnough = 1.2;
// A share of requests that fail or stay without an answer, above which a rate is too high.
constexpr double kBearableLoss = 0.02;
// The second half's median response time against the first's, above which the queue grows; below this many seconds
// nothing is said.
constexpr double kGrowth = 2;
constexpr double kGrowthFloor = 0.002;

}  // namespace

Pilot::Pilot(PilotSettings settings) : settings_(settings) {}

PilotAction Pilot::Begin() {
  // A request costs its CPU time where that is known, and at most its whole response time.
  const double cost = settings_.cpu_s > 0 ? settings_.cpu_s : settings_.response_s;
  double rate = cost > 0 ? settings_.target_utilisation * settings_.cores / cost / 2 : 10;
  // Little's law: more than this the connections cannot carry.
  if (settings_.response_s > 0) rate = std::min(rate, settings_.connections / settings_.response_s / 2);
  return Try(rate);
}

bool Pilot::Saturated(const PilotObservation& observation) const {
  const double lost = observation.censored + observation.failed;
  const bool growing = observation.response_second_half_s > kGrowth * observation.response_first_half_s + kGrowthFloor;
  return lost > std::max(2.0, kBearableLoss * observation.sent) || growing || observation.generator_bound;
}

PilotAction Pilot::Next(const PilotObservation& observation) {
  const double rate = observation.rate;
  const double utilisation = observation.cpu_cores / settings_.cores;
  const double target = settings_.target_utilisation;
  if (Saturated(observation)) {
    bad_ = bad_ == 0 ? rate : std::min(bad_, rate);
  } else {
    if (std::abs(utilisation - target) <= kUtilisationBand) {
      return Use(rate, true, fmt::format("service and database use {:.0f} % of the machine's CPU", 100 * utilisation));
    }
    if (utilisation > target) {
      bad_ = bad_ == 0 ? rate : std::min(bad_, rate);
    } else if (rate > good_) {
      good_ = rate;
    }
  }
  if (bad_ > 0 && good_ > 0 && bad_ / good_ <= kCloseEnough)
    return Use(good_, false, "a slightly higher rate is more than the service carries");
  if (bad_ > 0 && bad_ <= kLowestRate)
    return Use(kLowestRate, false, "the service does not carry even one request a second");
  if (good_ >= settings_.highest_rate) return Use(good_, false, "the highest rate that is tried");
  if (tried_ >= settings_.trials) {
    return good_ > 0 ? Use(good_, false, "the highest rate tried that the service carried")
                     : Use(std::max(kLowestRate, bad_ / 2), false, "no rate tried was carried");
  }
  // CPU time grows in proportion to the rate; where it says nothing, the rate doubles or halves.
  double next = utilisation > 0 ? rate * target / utilisation : rate * 2;
  if (Saturated(observation)) next = std::min(next, rate / 2);
  if (good_ > 0) next = std::clamp(next, good_ * 1.05, good_ * kGreatestStep);
  if (bad_ > 0 && next >= bad_ * 0.95) next = good_ > 0 ? std::sqrt(good_ * bad_) : bad_ / 2;
  return Try(next);
}

PilotAction Pilot::Try(double rate) {
  ++tried_;
  return TryRate{std::clamp(rate, kLowestRate, settings_.highest_rate), settings_.window_s};
}

PilotAction Pilot::Use(double rate, bool reached, std::string reason) const {
  return UseRate{rate, std::move(reason), reached};
}

}  // namespace hone::load
