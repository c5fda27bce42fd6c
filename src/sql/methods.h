// The methods by which measurements come from "sql.exchange" captures.
//
// Each takes exactly one capture. Parameters that all know: "size" (requests of that size; absent: all), "query"
// (Query::id; absent: all statements), "level" (of the interval; default 0.95). Only warm requests that answered as
// expected count.
//
// | method | what |
// |---|---|
// | sql.statements@1, sql.round_trips@1, sql.prepare_trips@1, sql.rows@1, sql.db_time@1 | median a request, with the
// order-statistic interval |
// | sql.calls_slope@1 | b of "round trips with the query = a + b * rows": least squares, Student's interval |
// | sql.calls_at_largest@1 | median round trips with the query at the largest size |
// | sql.repeats@1 | median executions a request beyond the first of each parameter set |
// | sql.distinct_parameters@1 | median distinct parameter sets a request, at the largest size |
// | sql.literal_texts@1 | distinct texts of one query sent by the simple protocol with literals |
// | sql.provenance@1 | share of the query's parameter values that one column of earlier rows of the request held |
// | sql.saved_time@1 | ns a request that "kind" = n_plus_one, repeated would save at "round_trip_ns" |
// | sql.driver_gap@1 | median ns from a reply to the next round trip of the same request |
// | budget.response@1, budget.db@1, budget.pool@1 | ns a request |
// | budget.logic@2, budget.logic_cpu@2, budget.unattributed@2 | ns a request; "driver_ns" of a round trip |
// | budget.db_excess@1, budget.logic_excess@2 | ns a request beyond "budget_ns" |
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::sql {

// Valid as long as the process.
std::span<const evidence::Method> Methods();

}  // namespace hone::sql
