// The methods by which profiles become measurements.
//
// Captures: one "pprof.cpu", or pairs ["pprof.allocs" before, after] and ["pprof.mutex" before, after] (one alone counts from the
// program's start). WindowFacts are read from the parameters of the last capture. Parameters of every method:
//   stacks    "all" (default), "requests" (those that serve HTTP, without profiler's and scraper's), or "handler"
//   handler   the Go symbol, with stacks = handler; with stacks = requests its goroutines count too
//   set       a golang::SymbolSet by name: only stacks with a frame of it
//   modules   the user's import paths, comma-separated
//   function  full Go symbol of the user's frame to which a stack is charged
//   line      likewise, the line in it (absent: all lines)
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::profile {

// cpu.utilisation@1                  samples' CPU time / window / GOMAXPROCS                             ratio
// cpu.share@1                        of the CPU samples of `stacks`: those of set, function, line         ratio, Wilson interval
// cpu.samples@1                      their number                                                        count
// cpu.seconds_per_1000_requests@1    CPU seconds in 1,000 requests                                        cpu_s
// cpu.ns_per_request@1               the same a request                                                  ns
// cpu.ceiling@1                      1 / (1 - share), Amdahl                                             ratio ("times")
// gc.share@1                         of all CPU samples but idle marking: mark, assist, sweep            ratio, Wilson interval
// alloc.bytes_per_request@1          allocated bytes a request, interval from the sampling error          bytes
// alloc.objects_per_request@1        likewise objects                                                    count
// alloc.share@1                      of the allocated bytes of `stacks`                                  ratio
// lock.wait_per_request@1            delay in the mutex profile, a request                               ns
// lock.share@1                       of the delay of `stacks`                                            ratio
std::span<const evidence::Method> Methods();

}  // namespace hone::profile
