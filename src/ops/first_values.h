// The values out of the database that a dry run asks a scenario with: first, and where those are refused.
#pragma once

#include <string>
#include <vector>

#include "ops/column_values.h"
#include "ops/rig.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// Values for the scenario's variables that come out of the database, row by row for those that belong together, and for
// those for which no answer had any. What could not be read, and what was taken instead of answers, goes to `caveats`.
void LearnColumns(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned,
                  std::vector<std::string>& caveats);

// A span of which few services refuse that somebody asks for it.
inline constexpr std::string_view kShortSpan = "6 days";

// Shorter spans of days for a scenario that asks for longer ones (`plus`). False where it has none, or they cannot be
// read.
bool LearnShorterSpans(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder,
                       project::Learned& learned);

// Values of the rows that are the user's own (ColumnFinder::StayWithin), row by row for the variables that belong
// together, and for each other one by itself. False where that is not known, or makes no difference.
bool LearnOwn(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned);

}  // namespace hone::ops
