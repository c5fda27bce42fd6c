// Above what a window counts as noisy; each with what stands behind it.
#pragma once

namespace hone::host::thresholds {

// Share of all CPU time that the hypervisor took. Benchmarks on shared VMs reject samples from about 2 % on (bencher
// and CodSpeed document the same order); below it medians of short windows move by less than 1 %.
inline constexpr double kSteal = 0.02;

// Share of all CPU time used by what is neither Hone, nor the service, nor its database. On two cores 10 % is a fifth
// of one core: enough to move a p99 through queueing, and more than an idle desktop uses.
inline constexpr double kForeignCpu = 0.10;

// Share of the window in which some task waited for storage or memory: the "some" line of pressure stall information.
// Kernel documentation (accounting/psi.rst) triggers at 150 ms in 1 s for memory; fsync of the private database alone
// stays below 20 %.
inline constexpr double kMemoryStall = 0.05;
inline constexpr double kIoStall = 0.30;

// Share of the window in which the cgroup's quota held tasks back. Any is a distortion; 1 % allows for one period's
// edge.
inline constexpr double kThrottled = 0.01;

// Fall of the mean clock frequency between the two samples: turbo steps of current CPUs are 5 to 10 %; what is beyond
// it is a change of governor, heat or power source.
inline constexpr double kFrequencyFall = 0.15;

}  // namespace hone::host::thresholds
