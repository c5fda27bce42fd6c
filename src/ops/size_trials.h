// Which of a scenario's sizes its service bears: "at least two", "no more than fifty".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "ops/user.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

inline constexpr uint64_t kDryRunSeed = 1;

// Whether a request may have been refused with that status for the state of what it names: it is gone, or done already.
bool IsOfState(int status);

// Whether a request was refused for what it names or asks for.
bool IsRefused(const Asked& asked);

// Whether the scenario's size is that of a list of items.
bool HasItems(const project::Scenario& scenario);

struct AskedInSize {
  Asked asked = {};
  project::Assignment set = {};
};

// What came of a scenario that refuses the size of `refused` with the size next to it that it accepts, and the same
// values: the sizes beyond are not asked for then. None where it accepts no size.
base::Result<std::optional<AskedInSize>> TryOtherSizes(User& user, const project::Scenario& scenario,
                                                       const project::Assignment& refused, project::Learned& learned);

// Whether a scenario bears its size `size` as it bore that of `tried`: where all of few sets of values are refused with
// it, those next to it are asked for.
base::Result<void> TrySize(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                           int64_t size, project::Learned& learned);

// The same for the smallest and the largest size of a scenario that reads.
base::Result<void> TryBothEnds(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                               project::Learned& learned);

// A sentence on the sizes that are not asked for; none where all are.
std::optional<std::string> SizesLeftOut(const project::Scenario& scenario, const project::Learned& learned);

}  // namespace hone::ops
