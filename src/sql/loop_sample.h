// Calls of a loop as the service made them: what its set form is tried with.
//
// Holds raw values: it lives in memory only and nothing of it may be stored or printed. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/exchange.h"
#include "sql/recording.h"

namespace hone::sql {

struct LoopSample {
  uint32_t query = 0;                                           // index into the exchange's queries
  std::string text = {};                                        // as sent: one statement
  std::vector<std::shared_ptr<const RecordedBind>> calls = {};  // each parameter set once, in order
  std::vector<uint32_t> varying = {};  // the numbers (from 1 on) of the parameters in which the calls differ
};

// Of each of `queries` that reads, the calls of the warm request that made most of them, the first kMostCallsOfSample.
// Queries whose text differs from call to call (values stand in it), that have no parameters, or whose parameters were
// not kept are left out. `exchange` was built from `recording`.
std::vector<LoopSample> LoopSamples(const Recording& recording, const Exchange& exchange,
                                    const std::vector<uint32_t>& queries);

}  // namespace hone::sql
