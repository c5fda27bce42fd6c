// The capture "load.hdr": a load result as an HdrHistogram log whose comments hold the counts.
//
// Format: comment lines "hone KEY VALUE..." in a fixed order, then an interval line for each second, endpoint, outcome
// and timing, tagged "TIMING;ENDPOINT;OUTCOME", with ";warmup" behind it for requests of the warm-up. Start times are
// CLOCK_MONOTONIC seconds. Any reader of HdrHistogram logs reads it. Endpoints' names must differ.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "load/plan.h"
#include "stats/histogram.h"

namespace hone::load {

inline constexpr std::string_view kCaptureKind = "load.hdr";

// Equal results give equal bytes. Nothing in it comes from a request or response but the endpoints' names.
std::string Encode(const LoadResult& result);

// kInput for bytes that are not such a capture; kTooNew for a later version of it.
base::Result<LoadResult> Decode(std::string_view bytes);

// All values of one timing and outcome within the window, of one endpoint or (empty) of all. kNotFound for an endpoint
// that the result does not have.
base::Result<stats::Histogram> Merged(const LoadResult& result, Timing timing, Outcome outcome,
                                      std::string_view endpoint = {});

}  // namespace hone::load
