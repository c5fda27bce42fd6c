// Values that belong to the very thing that a request is about: the version of what it changes.
#pragma once

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/rig.h"
#include "ops/user.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// Where a variable takes a value from an answer about the things that the scenario's path names, too (`/buses/${id}` of
// both), asks about some of them and keeps each value with its things, in the place of their groups. Does nothing where
// there is no such variable, or nothing is answered.
base::Result<void> LearnOfSameThing(User& user, const project::Project& project, const project::Scenario& scenario,
                                    project::Learned& learned);

// Keeps the versions of rows (IsVersion) that a writer takes from a column with what names these rows in its path. Does
// nothing where it has no such variables, or the rows cannot be read.
void LearnVersions(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned);

}  // namespace hone::ops
