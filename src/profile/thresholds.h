// The thresholds of the rules over profiles, each with the measurement or source behind it.
#pragma once

namespace hone::profile {

// Fewer samples say nothing: a share of 0.3 of 30 samples has an interval of 0.17 to 0.48 (Wilson, 95 %).
inline constexpr double kLeastSamples = 30;

// Below this utilisation a program without known requests is idle: its CPU profile shows the scheduler and system calls.
inline constexpr double kIdle = 0.10;

}  // namespace hone::profile
