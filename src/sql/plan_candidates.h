// What might make a statement faster, as its plan shows it: indexes and extended statistics worth trying out.
//
// These are guesses: nothing of it is printed before it was made on a clone of the database and measured. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sql/plan_sample.h"
#include "sql/plan_study.h"

namespace hone::sql {

// Something to try on a clone.
struct Proposal {
  std::string kind = {};             // as Trial::kind
  std::string statement = {};        // as people would write it
  std::string apply = {};            // the same with a name of Hone's own; empty: nothing to run
  std::string revert = {};           // takes `apply` back, also within a transaction
  size_t node = 0;                   // of the plan, that it is about
  std::optional<size_t> limit = {};  // the node that takes few of the rows that `node` reads to be sorted
  std::string constraint = {};       // the foreign key that it is about instead
  std::string schema = {};           // of the table that it is made on
  std::string table = {};
  int64_t memory_kb = 0;
  std::optional<StatementSample> instead = {};  // what runs instead of the statement that was sent; raw values
};

// Rows that `node` (a scan) read and that reached neither its parent nor the join or the LIMIT above it.
double DiscardedRows(const Plan& plan, size_t node);
// Rows that a scan read.
double ReadRows(const PlanNode& node);

// At most two indexes, the one for the scan that discards most first: the columns of its equality conditions (its
// filter's, and those of the join above it), then one of its range conditions or those of the ORDER BY with a LIMIT; of
// what it compares with patterns, trigrams.
// None that the table has already, none for tables of fewer than kLeastTableRows. Before them, where a large part of
// the time goes into checks of a foreign key: one on the columns that refer.
std::vector<Proposal> ProposeIndexes(const PlanStudy& study);

// The scan that reads most rows in vain although no index on columns could find the others: its filter keeps at most
// kUnservedShare, throws away at least kLeastUnservedRows and compares what is computed from columns
// (ComparesComputed) and no column that an index could be tried on, as none is, or there is one on all of them, or one
// was tried among the study's trials; it takes at least half of the statement's time. Empty: there is none.
std::optional<size_t> UnservedScan(const PlanStudy& study);

// Rows that a LIMIT took of its child and threw away for its OFFSET.
double SkippedRows(const Plan& plan, size_t node);

// The first page instead of this one, where the OFFSET skips many rows: what each page would cost that begins behind
// the last row of the page before.
std::vector<Proposal> ProposeFirstPage(const PlanStudy& study, const StatementSample& sample);

// Whether a scan's estimate is off by kGrossEstimateError, for many rows.
bool IsGrosslyMisestimated(const Plan& plan);

// Extended statistics for the scan whose estimate is furthest off, if it has conditions on several columns.
std::vector<Proposal> ProposeStatistics(const PlanStudy& study);

// A work_mem with which nothing need be spilled, if something was and it is at most 256 MiB.
std::vector<Proposal> ProposeMemory(const PlanStudy& study);

}  // namespace hone::sql
