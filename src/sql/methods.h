// The methods by which measurements come from "sql.exchange" captures.
//
// Each takes exactly one capture. Parameters that all know: "size" (requests of that size; absent: all), "query"
// (Query::id; absent: all statements), "level" (of the interval; default 0.95). Only warm requests that answered as
// expected count.
//
// Medians a request, with the order-statistic interval:
// - sql.statements@1, sql.round_trips@1, sql.prepare_trips@1, sql.rows@1, sql.db_time@1
// - sql.repeats@1: executions beyond the first of each parameter set
// - sql.preparing_trips@1: round trips that only prepare again or close; sql.preparing_time@1: ns that these take at
//   "round_trip_ns"
// - sql.idle_in_transaction@1: ns in a transaction without a statement under way
// - budget.response@1, budget.db@1, budget.pool@1, budget.logic@2, budget.logic_cpu@2, budget.unattributed@2: ns, with
//   "driver_ns" of a round trip; budget.db_excess@1, budget.logic_excess@2: ns beyond "budget_ns"
// - sql.driver_gap@1: ns from a reply to the next round trip of the same request
//
// Of the round trips with the query, over sizes ("source" says whose rows: analysis.h, Name):
// - sql.calls_slope@1: b of "round trips = a + b * rows": least squares, Student's interval
// - sql.loop_round_trips@1: the same of the round trips with any of "queries" (ids with commas)
// - sql.calls_at_largest@1: their median at the largest size
// - sql.calls_power@1: e of "round trips ~ rows ^ e"; sql.rows_of_chunk@2: c of "round trips = a + ceil(rows / c)"
// - sql.statements_of_trip@1, sql.overlap@1, sql.connections@1, sql.distinct_parameters@1: medians at the largest size
//   (loop.h)
// - sql.saved_time@1: ns a request that "kind" = n_plus_one, repeated would save at "round_trip_ns"
//
// Of the executions of the query:
// - sql.rows_of_call@1: median rows of one; sql.in_transaction@1: share that began within a transaction
// - sql.literal_texts@1: distinct texts sent by the simple protocol with literals; @2: by any. sql.comment_texts@1:
//   distinct texts with comments that are prepared, without literals; @2: with; sql.list_lengths@1: distinct lengths of
//   the lists in its texts
// - sql.prepared_again@2: times that a connection prepared it again, but not after it failed, for each of its
// executions
// - sql.provenance@1: share of its parameter values that one column of earlier rows of the request held; @2: of columns
//   with the same share, the one whose values were used most
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::sql {

// Valid as long as the process.
std::span<const evidence::Method> Methods();

}  // namespace hone::sql
