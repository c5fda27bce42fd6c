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

}  // namespace hone::load
