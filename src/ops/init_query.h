// The query of a drafted scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ops/init_making.h"
#include "project/project.h"

namespace hone::ops {

// The parameters that say how much is answered, that are required, and that documents ask with. Pure.
void MakeQuery(const RouteContext& known, Making& making);

// How long after its beginning a span of days ends: what is done for each day, or for so many of its rows, shows.
inline constexpr std::string_view kSpan = "28 days";
inline constexpr int64_t kSpanDays = 28;

// A layout of Go for days or times as PostgreSQL's to_char has it; empty where that writes no such thing.
std::string DayPattern(const std::string& layout);

// Days of the database for a parameter that the handler reads as such, so that there is something on them: the end of a
// span comes kSpan after its begin. None for another parameter, or without such a column.
std::optional<project::OfColumn> DaysFor(const RouteContext& context, const golang::Parameter& parameter);

// The end of a span that begins with the values of variable `begin`: as many days after it as a size says, so that what
// is done for each day shows, where nothing else is the size; or else what DaysFor gave, `of`.
std::string EndOfSpan(const RouteContext& context, const std::string& wanted, const std::string& begin,
                      const project::OfColumn& of, Making& making);

// A parameter by whose value a list is filtered, and the column that it is compared with; none: a bound, which may be
// these numbers.
struct Filter {
  std::string name = {};
  std::optional<project::OfColumn> of = {};
  int64_t first = 0;
  int64_t last = 0;
  std::string until = {};  // the parameter that ends a span of days which begins so, if any
};

// The filters by a text, or by a number's bound, that a list can be had without, where no index finds the rows: each is
// worth a scenario of its own. At most two. Pure.
std::vector<Filter> FindFilters(const RouteContext& context);

}  // namespace hone::ops
