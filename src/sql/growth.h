// Whether the calls of a statement grow with the rows of a request: the decision behind sql.n_plus_one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sql/analysis.h"

namespace hone::sql {

// Why the growth of calls is not judged.
inline constexpr std::string_view kFewRowCounts =
    "its requests had fewer than three different row counts, and a line through two points proves nothing";

struct Growth {
  bool judged = true;  // false: `reason` says what was missing
  std::string reason = {};
  std::optional<Against> against = {};  // what the calls grow with; empty: they do not
  double slope = 0;
  bool quadratic = false;  // they grow with the square of the rows rather than with the rows
  bool tree = false;       // `against` is what walks a tree: the calls are those at its nodes
  bool fixed = false;      // they grow with nothing seen, but are many in every request: over a list of the code's
  bool same_parameters = false;  // all calls of a request are alike: there is nothing to batch, one call is enough
};

// Looks at the round trips that hold `query` in warm requests: calls = a + b * rows (or rows squared), for the rows of
// each earlier statement, of all other statements, all rows, and the size of the scenario. At least three different row
// counts; b at least kLeastSlope with an interval away from 0; little scatter; or exact chunks of few rows. Rows of
// later statements and of the statement itself count only where the calls are the same whenever the same is asked:
// otherwise what makes the calls vary makes those rows. Where all that leaves it open, a walk over a tree is told by
// its own counts (tree_walk.h). At last, many calls in every request, each with other parameters, which come out of no
// earlier rows, are a loop over a list that the service holds.
Growth JudgeGrowth(const Exchange& exchange, uint32_t query);

// Whether parameters come out of rows, and not by small numbers that meet by chance.
bool IsCause(const Provenance& provenance);

}  // namespace hone::sql
