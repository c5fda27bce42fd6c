// The sealed experiment of every check: what a CPU profile costs the service's response times, measured in alternating
// windows.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "evidence/experiment.h"
#include "evidence/ledger.h"
#include "evidence/method.h"
#include "evidence/model.h"
#include "ops/latency_phase.h"
#include "ops/load_set.h"

namespace hone::ops {

struct Perturbation {
  evidence::ExperimentPlan plan = {};
  evidence::ExperimentOutcome outcome = {};
  evidence::Measurement measurement = {};  // the effect: B / A - 1
};

// Alternates windows without (A) and with (B) a CPU profile over `targets` at `rate`. Needs the rig's pprof URL.
base::Result<Perturbation> MeasurePerturbation(LoadContext& context, evidence::Ledger& ledger,
                                               const std::vector<LoadTarget>& targets, double rate);

// experiment.paired_ratio@1: captures "load.hdr" in the order A, B, A, B, ...; parameter "level". The ratio less one of
// the medians of service time of the requests answered as expected (stats::PairedRatio).
std::span<const evidence::Method> ExperimentMethods();

}  // namespace hone::ops
