// Claims: sentences whose every number cites a measurement.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "evidence/model.h"

namespace hone::evidence {

// A measurement's value as people read it, by its unit: ns "12.4 ms", bytes "64.0 KiB", ratio "34 %", count "51", cpu_s
// "1.20 s CPU", per_row "1 per row", req/s "1,200 req/s", x (a factor) "2.10x"; any other unit stands behind the
// number.
std::string FormatValue(const Measurement& measurement);

// The same with the interval where there is one: "12.4 ms (11.9 to 13.0)".
std::string FormatValueWithInterval(const Measurement& measurement);

// `code` in back quotes, for a claim: what stands there (a function, a statement, an endpoint) may hold digits.
std::string Quote(std::string_view code);

// Fills {m0}, {m1}, ... of `text` with the values of `cited`; {m0:ci} with the interval. Fails (kCorrupt: the rule is
// wrong) where a citation does not exist, is not VALID, or where a digit stands outside citations and `back-quoted
// code`.
base::Result<std::string> RenderClaim(std::string_view text, std::span<const Measurement> cited);

}  // namespace hone::evidence
