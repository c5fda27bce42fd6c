// Days in the values that documents show for a query: others near them, so that not every request asks for the same
// ones. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/request_examples.h"

namespace hone::ops {

// The values that `name` may have in `query` instead of its day ("2025-03-01", "2025-03-01T08:00:00Z"), the shown one
// first: the days before it where it is the only day, and of two the earlier one moves towards the later one, so that
// they stay in order and no longer apart; and away from it while less than a week lies between. Of a month ("2025-03")
// those before it. Only the shown one where it is no day, or one that stays. None: `name` is not in `query`.
std::vector<std::string> DaysNear(const Pairs& query, std::string_view name);

}  // namespace hone::ops
