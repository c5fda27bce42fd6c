// Values of a scenario's variables that belong together in the service's database: a shift and one who works in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/rig.h"
#include "ops/table_references.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

enum class Related : uint8_t {
  kPairs,  // pairs of all values, at most Learned::kMostValues
  kOfOne,  // those of the one outer value with most inner ones, of 4 to 500
};

// Two columns of values that stand in rows which refer to each other, pair by pair: the inner table refers to the outer
// one or the outer to the inner, or a third one to both, the one that `path` names where there are several. Empty where
// nothing of that is so. What the server says where it cannot be asked.
base::Result<std::vector<std::vector<std::string>>> RelatedValues(const AskFunction& ask,
                                                                  const project::OfColumn& outer,
                                                                  const project::OfColumn& inner, std::string_view path,
                                                                  Related kind);

// Keeps such values for two variables of the scenario's path, or else for the one of its path and one that stands in
// the items of its body; false where it has no such variables, or nothing is found.
bool LearnRelated(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, project::Learned& learned);

// Whether the path of a scenario names what is there already, so that such values are the likelier ones.
bool NamesWhatIsThere(const project::Scenario& scenario);

}  // namespace hone::ops
