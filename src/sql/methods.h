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
// | sql.calls_slope@1 | b of "round trips with the query = a + b * rows": least squares, Student's interval; "source"
// says whose rows (analysis.h, Name) | | sql.calls_at_largest@1 | median round trips with the query at the largest size
// | | sql.calls_power@1 | e of "round trips with the query ~ rows ^ e"; "source" as above | | sql.rows_of_chunk@1 | c
// of "round trips with the query = a + ceil(rows / c)"; "source" as above | | sql.loop_round_trips@1 | like
// sql.calls_slope, of the round trips with any of "queries" (ids with commas) | | sql.statements_of_trip@1,
// sql.overlap@1, sql.connections@1 | medians at the largest size, of the round trips with the query (loop.h) | |
// sql.in_transaction@1 | share of the query's executions that began within a transaction | | sql.idle_in_transaction@1
// | median ns a request in a transaction without a statement under way | | sql.rows_of_call@1 | median rows of one
// execution of the query | | sql.repeats@1 | median executions a request beyond the first of each parameter set | |
// sql.distinct_parameters@1 | median distinct parameter sets a request, at the largest size | | sql.literal_texts@1 |
// distinct texts of one query sent by the simple protocol with literals; @2: by any | | sql.list_lengths@1 | distinct
// lengths of the lists in the query's texts | | sql.prepared_again@1 | times that a connection prepared the query again
// for each of its executions | | sql.preparing_trips@1 | median round trips a request that only prepare again or close
// | | sql.preparing_time@1 | ns a request that these take at "round_trip_ns" | | sql.provenance@1 | share of the
// query's parameter values that one column of earlier rows of the request held; @2: of columns with the same share, the
// one whose values were used most | | sql.saved_time@1 | ns a request that "kind" = n_plus_one, repeated would save at
// "round_trip_ns" | | sql.driver_gap@1 | median ns from a reply to the next round trip of the same request | |
// budget.response@1, budget.db@1, budget.pool@1 | ns a request | | budget.logic@2, budget.logic_cpu@2,
// budget.unattributed@2 | ns a request; "driver_ns" of a round trip | | budget.db_excess@1, budget.logic_excess@2 | ns
// a request beyond "budget_ns" |
#pragma once

#include <span>

#include "evidence/method.h"

namespace hone::sql {

// Valid as long as the process.
std::span<const evidence::Method> Methods();

}  // namespace hone::sql
