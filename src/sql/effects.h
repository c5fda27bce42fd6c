// Paired times and their medians as measurements: what the methods of plans, indexes, set and lean forms have in
// common. Pure; private to sql/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "stats/paired.h"

namespace hone::sql {

// TOO_FEW where there is no interval.
evidence::Computed FromEffect(const stats::Effect& effect);

// The median of `values` with its order-statistic interval; TOO_FEW where there is none.
evidence::Computed MedianWithInterval(const std::vector<double>& values, std::string n_of);

// Whether the parameter `name` is `first`; kInput where it is neither that nor `second`.
base::Result<bool> IsFirst(const evidence::Parameters& parameters, const std::string& name, std::string_view first,
                           std::string_view second);

// (b - a) / divisor of each pair.
std::vector<double> Differences(const std::vector<double>& a, const std::vector<double>& b, double divisor);

// Hodges and Lehmann's ratio b/a; no effect where a value is not positive.
stats::Effect RatioOfPositive(const std::vector<double>& a, const std::vector<double>& b);

// What a write costs a row more with something than without it.
evidence::Computed WriteCostOfRow(const std::vector<double>& without_ns, const std::vector<double>& with_ns,
                                  int64_t rows);

}  // namespace hone::sql
