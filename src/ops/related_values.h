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
  kOfOne,  // those of the one outer value with most inner ones, 500 at most
};

enum class Relation : uint8_t {
  kAny,       // the inner table refers to the outer one or the outer to the inner, or a third one to both
  kPart,      // the same, but not the outer to the inner
  kSiblings,  // both have a column such as "club_id" with the same value, and no third table refers to the two yet
};

inline constexpr int kSeveralItems = 4;

struct RelatedOptions {
  Relation relation = Relation::kAny;
  std::vector<std::string> of = {};  // those of these outer values; empty: of all
  int least = kSeveralItems;         // inner values that an outer one has, of kOfOne
};

// Two columns of values that belong together, pair by pair. Where several tables refer to both, it is the one that
// `path` names. Empty where nothing of that is so. What the server says where it cannot be asked.
base::Result<std::vector<std::vector<std::string>>> RelatedValues(const AskFunction& ask,
                                                                  const project::OfColumn& outer,
                                                                  const project::OfColumn& inner, std::string_view path,
                                                                  Related kind, const RelatedOptions& options = {});

enum class RelatedWay : uint8_t {
  kNamed,     // the two variables of a path, or its one and those of the body's items, or of the body alone
  kParts,     // the same, or else the one of its path and others that a writer sends
  kSiblings,  // like kParts, by what both belong to
};

// A variable whose values are those of some rows of its table alone: those in one state.
struct Narrowed {
  std::string variable = {};
  project::Within rows = {};
};

// Keeps such values for variables of the scenario; false where it has none of them, or nothing is found, or the one
// that is narrowed is not among them.
bool LearnRelated(const Rig& rig, const project::Scenario& scenario, ColumnFinder& finder, RelatedWay way,
                  project::Learned& learned, const std::optional<Narrowed>& narrowed = {});

// Whether the path of a scenario names what is there already, so that such values are the likelier ones.
bool NamesWhatIsThere(const project::Scenario& scenario);

}  // namespace hone::ops
