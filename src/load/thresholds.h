// The bounds of load/'s verdicts, each with its source.
#pragma once

#include <cstdint>

namespace hone::load {

// Lateness (p99) up to here is what timers and the scheduler of a shared virtual machine give a thread that has time:
// it is accepted.
inline constexpr double kLatenessFloorNs = 1e6;
// Beyond the floor, lateness may be this share of the response time's p99: response time counts from the intended time
// and holds the generator's lateness, which must not be more than a tenth of what is shown.
inline constexpr double kLatenessShareOfResponse = 0.1;
// An M/D/1 queue at this utilisation holds a request for three times its own work on average: above it the generator's
// own queue shows.
inline constexpr double kGeneratorCpuShare = 0.85;
// Fewer answers than this are no evidence (the design's least number of samples).
inline constexpr int64_t kLeastAnswers = 30;

// The pilot: the utilisation of the machine's cores by service and database that it aims at, and what it takes for
// reached.
inline constexpr double kTargetUtilisation = 0.6;
inline constexpr double kUtilisationBand = 0.08;

// Sweeps over pool sizes. A size is as good as the best where the interval of its ratio to it reaches this: a smaller
// difference is worth no connection, and the best of several equal sizes is the one with the luckiest windows. Of 60
// simulated sweeps in which more connections never hurt (load/size_queue_test.cc) 58 were right so, with 1.00 52 were.
inline constexpr double kAsGood = 1.03;
// It is recommended only where its own ratio is at most this, too: an interval that is wide, for want of windows,
// reaches the best from far away. Of 60 simulated sweeps with an optimum of one size 60 were right so, without it 59.
inline constexpr double kNearBest = 1.10;
// A present size is told to be too large only where the whole interval lies above this. Above 1.03 noise told it: in 2
// of 9 runs of well_sized and by_gate (tests/repeat/pools.py), whose truth is 1.00, they came out as too large.
inline constexpr double kClearlyWorse = 1.10;
// A lower quantile than this does not see the waits: in an M/G/c queue most requests wait for nothing until it is
// almost full, and the median says that any size will do.
inline constexpr double kLeastQuantile = 0.9;

}  // namespace hone::load
