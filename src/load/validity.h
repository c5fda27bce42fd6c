// Whether a load run measured the service or the generator itself.
#pragma once

#include <string>

#include "evidence/model.h"
#include "load/plan.h"

namespace hone::load {

struct Verdict {
  evidence::Validity validity = evidence::Validity::kValid;
  std::string reason = {};  // one clause with the numbers; empty for kValid
};

// kGeneratorBound where lateness or the generator's CPU is beyond thresholds.h, kTooFew below its least number of
// answers. Waiting for the connection limit is the plan's doing and no fault of the generator: it is reported
// (Timing::kQueue), not judged.
Verdict Judge(const LoadResult& result);

// The generator's CPU time over its threads' time, 0..1.
double GeneratorCpuShare(const LoadResult& result);

}  // namespace hone::load
