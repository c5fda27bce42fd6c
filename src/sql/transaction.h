// How long transactions stay open while none of their statements runs.
//
// All functions are pure; background statements are left out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// A time during which a connection was in a transaction and nothing was under way on it, up to the answer's end.
struct IdleGap {
  size_t request = 0;  // index into Exchange::requests
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
};
std::vector<IdleGap> IdleGaps(const Exchange& exchange);

// ns of each request during which a connection was in a transaction and nothing was under way on it, up to the
// answer's end.
std::vector<double> IdleInTransaction(const Exchange& exchange, const std::vector<size_t>& requests);

// The same, of the gaps that last at least `least`.
std::vector<double> LongIdleInTransaction(const Exchange& exchange, const std::vector<size_t>& requests,
                                          base::Nanos least);

// Whether transactions stay idle so long in every warm request of the typical size that no machine's load explains it.
bool IsSurelyIdle(const Exchange& exchange);

// The statement behind which most of that time passed, over `requests`: BEGIN and the like only where no other is. With
// `weight` the one with the most of that, of the gaps that have any. Empty: there is none.
std::optional<uint32_t> LastBeforeIdling(const Exchange& exchange, const std::vector<size_t>& requests,
                                         const std::function<int64_t(const IdleGap&)>& weight = {});

inline constexpr std::string_view kIdleRemedy =
    "Do what takes that time (a call to another service, a computation, a wait) before `BEGIN` or after `COMMIT`: a "
    "transaction holds its locks and its connection until it ends";

}  // namespace hone::sql
