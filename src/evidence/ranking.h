// The order of findings: by what their repair is worth.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/report.h"

namespace hone::evidence {

enum class RankBy { kTime, kCpu, kMemory };

std::optional<RankBy> RankByNamed(std::string_view name);  // "time", "cpu", "memory"

// Orders findings by worth, the most first, and numbers them from 1 in that order. The column that `by` names decides,
// then the others in the order time, CPU, memory: the three are never summed. Time is the ms that a request of the
// endpoint would save, times the endpoint's share of the requests (`share_of_requests`, in [0, 1]; 1 for an endpoint
// that is not in it). A column that is absent is worth nothing. Equal ones go by severity, rule, subject, place and
// title, so that the order does not depend on that of the input.
void Rank(std::vector<Finding>& findings, RankBy by, const std::map<std::string, double>& share_of_requests);

}  // namespace hone::evidence
