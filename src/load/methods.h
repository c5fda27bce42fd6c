// The measurements that come from a "load.hdr" capture.
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::load {

// Named as the metrics with "@1" behind: load.{response,service,lateness,queue}.{p50,p90,p99,p999,max} (ns, with the
// order-statistic interval at 95 %; max without one), load.sent, load.answered,
// load.failed.{status,refused,reset,timeout,protocol}, load.censored (counts), load.failed_share (ratio with Wilson's
// interval), load.generator.cpu_share (ratio). One capture of kind "load.hdr". Parameters: "endpoint" (default: all
// together), "outcome" (default "ok"; times only). Validity is that of the run for times, kTooFew also where the
// interval does not exist; counts are valid as they are.
std::span<const evidence::Method> Methods();

}  // namespace hone::load
