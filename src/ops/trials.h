// What a dry run works with while it tries scenarios.
#pragma once

#include <optional>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/dry_run.h"
#include "ops/owner.h"
#include "ops/related_values.h"
#include "ops/rig.h"
#include "ops/same_thing.h"
#include "ops/user.h"
#include "project/project.h"

namespace hone::ops {

// What all that is tried of scenarios works with.
struct Trials {
  User& user;
  Rig& rig;
  const project::Project& project;
  ColumnFinder& columns;
  SameThing& things;
  DryRun& dry;
  std::optional<std::vector<Owner>> owners = {};  // whose rows may be listed, once they were looked for
};

// Which values of the scenario's variables are asked for together: those that belong together in that way, if any, and
// what is of the very thing that its path names. Whether there are any of the first kind.
base::Result<bool> LearnTogether(Trials& trials, const project::Scenario& scenario, std::optional<RelatedWay> way,
                                 const std::optional<Narrowed>& narrowed = {});

}  // namespace hone::ops
