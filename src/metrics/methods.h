// The methods by which snapshots of metrics become measurements.
//
// Captures: a pair ["metrics.prometheus" before, after], each the text of Redact. The second one's capture parameter
// "requests" holds the requests answered between them. Parameters: "name" of the metric; "labels" as name=value,
// comma-separated (optional); "scale" (optional): the result is multiplied by it ("1e9" turns seconds into ns).
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::metrics {

// metrics.counter_delta@1        what the counter grew by
// metrics.counter_per_request@1  the same a request
// metrics.gauge@1                the last value
std::span<const evidence::Method> Methods();

}  // namespace hone::metrics
