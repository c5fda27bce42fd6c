#include "load/pilot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hone::load {
namespace {

// A machine with a service that needs `cpu_s` a request and, beside it, something that gives out at `limit` requests a
// second (a lock, a pool): infinite for none.
struct PilotedService {
  double cores = 2;
  double cpu_s = 0.001;
  double limit = 1e12;
  double noise = 0;
  std::mt19937_64 random = std::mt19937_64(1);

  PilotObservation Serve(double rate, double seconds) {
    std::uniform_real_distribution<double> spread(1 - noise, 1 + noise);
    const double capacity = std::min(limit, cores / cpu_s);
    const double served = std::min(rate, capacity);
    PilotObservation observation{.rate = rate, .sent = rate * seconds, .answered = served * seconds};
    observation.cpu_cores = served * cpu_s * spread(random);
    observation.response_first_half_s = cpu_s;
    observation.response_second_half_s = cpu_s * spread(random);
    if (rate > capacity) {
      observation.censored = std::max(0.0, (rate - capacity) * seconds - capacity);
      observation.response_first_half_s += (rate / capacity - 1) * seconds * 0.25;
      observation.response_second_half_s += (rate / capacity - 1) * seconds * 0.75;
    }
    return observation;
  }
};

struct ChosenRate {
  UseRate use;
  int trials = 0;
};

ChosenRate Drive(PilotedService service, PilotSettings settings) {
  settings.cores = service.cores;
  Pilot pilot(settings);
  ChosenRate chosen;
  PilotAction action = pilot.Begin();
  while (const auto* attempt = std::get_if<TryRate>(&action)) {
    ++chosen.trials;
    action = pilot.Next(service.Serve(attempt->rate, attempt->seconds));
  }
  chosen.use = std::get<UseRate>(action);
  return chosen;
}

TEST(Pilot, ReachesTheTargetWhateverTheSeedSaid) {
  for (const double cpu_s : {0.0002, 0.001, 0.02}) {
    for (const double guess : {0.3, 1.0, 5.0}) {
      PilotedService service{.cpu_s = cpu_s, .noise = 0.03};
      const ChosenRate chosen = Drive(service, {.response_s = 2 * cpu_s, .cpu_s = guess * cpu_s});
      EXPECT_TRUE(chosen.use.reached) << cpu_s << " " << guess << " " << chosen.use.reason;
      EXPECT_NEAR(chosen.use.rate * cpu_s / service.cores, kTargetUtilisation, 0.12) << cpu_s << " " << guess;
      EXPECT_LE(chosen.trials, 6);
    }
  }
}

TEST(Pilot, StaysBelowALimitThatIsNotCpu) {
  for (const double limit : {50.0, 300.0, 900.0}) {
    PilotedService service{.cpu_s = 0.001, .limit = limit, .noise = 0.03};
    const ChosenRate chosen = Drive(service, {.response_s = 0.002, .cpu_s = 0.001});
    EXPECT_FALSE(chosen.use.reached) << limit;
    EXPECT_LE(chosen.use.rate, limit);
    EXPECT_GE(chosen.use.rate, limit / 3);
    EXPECT_LE(chosen.trials, 6);
  }
}

TEST(Pilot, KnowsNothingAndStillEnds) {
  PilotedService service{.cpu_s = 0.005};
  const ChosenRate chosen = Drive(service, {});
  EXPECT_TRUE(chosen.use.reached);
}

TEST(Pilot, AServiceThatFailsAlwaysGetsALowRate) {
  Pilot pilot({.response_s = 0.001});
  PilotAction action = pilot.Begin();
  int trials = 0;
  while (const auto* attempt = std::get_if<TryRate>(&action)) {
    ASSERT_LT(++trials, 20);
    action = pilot.Next({.rate = attempt->rate, .sent = 1000, .failed = 1000});
  }
  EXPECT_FALSE(std::get<UseRate>(action).reached);
  EXPECT_GE(std::get<UseRate>(action).rate, 1);
}

TEST(Pilot, AGeneratorThatIsTheLimitIsNoTarget) {
  Pilot pilot({.cores = 2, .response_s = 0.0001, .cpu_s = 0.00001});
  PilotAction action = pilot.Begin();
  while (const auto* attempt = std::get_if<TryRate>(&action)) {
    const bool bound = attempt->rate > 5000;
    action = pilot.Next({.rate = attempt->rate,
                         .sent = attempt->rate,
                         .answered = attempt->rate,
                         .cpu_cores = attempt->rate * 1e-5,
                         .response_first_half_s = 1e-4,
                         .response_second_half_s = 1e-4,
                         .generator_bound = bound});
  }
  EXPECT_LE(std::get<UseRate>(action).rate, 5000);
}

}  // namespace
}  // namespace hone::load
