// The methods by which profiles become measurements.
//
// Captures: one "pprof.cpu", or pairs ["pprof.allocs" before, after] and ["pprof.mutex" before, after] (one alone
// counts from the program's start), or, of what remains, always pairs, of "pprof.allocs" or "pprof.goroutine".
// WindowFacts are read from the parameters of the last capture. Parameters of every method:
//   stacks    "all" (default), "requests" (those that serve HTTP, without profiler's and scraper's), or "handler"
//   handler   the Go symbol, with stacks = handler; with stacks = requests its goroutines count too
//   set       a golang::SymbolSet by name: only stacks with a frame of it
//   modules   the user's import paths, comma-separated
//   function  full Go symbol of the user's frame to which a stack is charged
//   line      likewise, the line in it (absent: all lines)
//   caused    "1": only stacks that `set` is the cause of (Stacked::Caused)
//   owner     of what remains: the user's function with its closures, "-" for stacks without the user's code
//   (growth.h);
//             absent: all. Of the others these methods read `modules` alone
//   own       "1": only stacks whose leaf, but for the runtime's frames, is the user's code
#pragma once

#include <span>

#include "evidence/method.h"
#include "profile/aggregate.h"
#include "profile/rules.h"

namespace hone::profile {

// cpu.utilisation@1                  samples' CPU time / window / GOMAXPROCS (unknown: of one processor)   ratio
// cpu.share@1                        of the CPU samples of `stacks`: those of set, function, line         ratio, Wilson
// interval cpu.samples@1                      their number                                                        count
// cpu.seconds_per_1000_requests@1    CPU seconds in 1,000 requests, interval from the sampling error      cpu_s
// cpu.ns_per_request@1               the same a request                                                  ns
// cpu.ceiling@1                      1 / (1 - share), Amdahl: how many times as fast at best              x
// gc.share@1                         of all CPU samples but idle marking: mark, assist, sweep            ratio, Wilson
// interval gc.seconds_per_1000_requests@1     CPU seconds of the same in 1,000 requests                           cpu_s
// gc.ceiling@1                       as cpu.ceiling                                                      x
// alloc.bytes_per_request@1          allocated bytes a request, interval from the sampling error          bytes
// alloc.objects_per_request@1        likewise objects                                                    count
// alloc.bytes@1                      bytes between the two captures, where no requests are known          bytes
// alloc.share@1                      of the allocated bytes of `stacks`                                  ratio
// lock.wait_per_request@1            delay in the mutex profile, a request                               ns
// lock.wait@1                        delay between the two captures                                      ns
// lock.share@1                       of the delay of `stacks`                                            ratio
// mem.retained_per_request@1         bytes in use more than before, a request                            bytes
// leak.stack_bytes_per_request@1     memory of stacks more than before, a request; of two "go.stacks"    bytes
// leak.goroutines_per_1000_requests@1  goroutines more than before, in 1,000 requests                    count
//
// Validity is TOO_FEW where `stacks` hold fewer than kLeastSamples samples (of CPU time, of allocations), or
// kLeastContentions; of what remains, where fewer than kLeastRetained objects or kLeastLeaked goroutines are more than
// before. Heap counts are unsampled already by the runtime; the number behind them is computed back
// (Poisson, the rate is the profile's period).
std::span<const evidence::Method> Methods();

// What the methods compute, for rules that apply thresholds to the same digits.
struct AllocTotals {
  double bytes = 0;
  double objects = 0;
  double samples = 0;         // effective number of sampled allocations behind `bytes`
  double object_samples = 0;  // behind `objects`
};
AllocTotals AllocatedBetween(const Stacked* before, const Stacked& after, const Query& query);

// The score interval of a value that rests on so many counted events (Poisson; Rao, 1948), at 95 %.
evidence::Interval PoissonInterval(double value, double events);

struct LockTotals {
  double wait_ns = 0;
  double contentions = 0;
  double sampled = 0;  // contentions behind them: the runtime counts one in `fraction`, times `fraction`
};
// `fraction` 0 is unknown: then it is the largest number up to 100 that divides the counts of all rows, which a profile
// of several rows tells exactly, and one of a single row never too low but for fractions above 100.
LockTotals WaitedBetween(const Stacked* before, const Stacked& after, const Query& query, int fraction);

struct GcTotals {
  int64_t gc = 0;     // samples of marking, assisting and sweeping, idle marking left out
  int64_t total = 0;  // all samples but idle marking
  double gc_ns = 0;
};
GcTotals GcSamples(const Stacked& stacked);

// Share of a processor set that the profile's CPU time is; 0 if its length is unknown.
double Utilisation(const Profile& cpu, const WindowFacts& facts);

}  // namespace hone::profile
