// Chooses the rate of a load phase: a controller without I/O that tries short windows until service and database use
// the wanted share of the machine without a queue that grows.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "load/thresholds.h"

namespace hone::load {

struct PilotSettings {
  double cores = 1;  // of the machine
  double target_utilisation = kTargetUtilisation;
  double response_s = 0;  // from the quiet phase: mean response time of the mix, alone
  double cpu_s = 0;       // and the CPU time of service and database a request; 0: unknown
  double window_s = 1.5;  // of one trial
  int trials = 6;         // at most
  int connections = 32;
  double highest_rate = 20000;
};

// What a trial showed.
struct PilotObservation {
  double rate = 0;      // as tried
  double sent = 0;      // arrivals in the window
  double answered = 0;  // with an expected status
  double censored = 0;  // not ended with the window and its drain
  double failed = 0;
  double cpu_cores = 0;              // CPU seconds a second of service and database in the window
  double response_first_half_s = 0;  // median response time of the first and the second half of the window
  double response_second_half_s = 0;
  bool generator_bound = false;
};

struct TryRate {
  double rate = 0;
  double seconds = 0;
};
struct UseRate {
  double rate = 0;
  std::string reason = {};  // one clause: why this and not more
  bool reached = false;     // whether the target utilisation is reached
};
using PilotAction = std::variant<TryRate, UseRate>;

class Pilot {
 public:
  explicit Pilot(PilotSettings settings);
  // The first thing to do.
  PilotAction Begin();
  // What to do after a trial.
  PilotAction Next(const PilotObservation& observation);

 private:
  PilotAction Try(double rate);
  PilotAction Use(double rate, bool reached, std::string reason) const;
  bool Saturated(const PilotObservation& observation) const;

  PilotSettings settings_;
  int tried_ = 0;
  double good_ = 0;  // highest rate that was served without a growing queue
  double bad_ = 0;   // lowest rate that was not; 0: none yet
};

}  // namespace hone::load
