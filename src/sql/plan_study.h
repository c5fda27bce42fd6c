// What was found out about the plan of one statement, in the capture format "pg.plan": the plan, the tables that it
// reads, and what was tried on a clone of the database. Holds no data value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sql/plan.h"

namespace hone::sql {

inline constexpr std::string_view kPlanKind = "pg.plan";

struct IndexFacts {
  std::string name = {};
  std::vector<std::string> columns = {};  // of the key; empty for an expression
  bool partial = false;
};

// A foreign key whose referring rows the table holds.
struct ForeignKey {
  std::string constraint = {};
  std::vector<std::string> columns = {};
};

struct TableFacts {
  std::string schema = {};
  std::string name = {};
  int64_t rows = 0;  // counted
  int64_t bytes = 0;
  bool ordinary = true;  // no partition, no foreign table, no view
  std::vector<std::string> columns = {};
  std::vector<IndexFacts> indexes = {};
  std::vector<ForeignKey> foreign_keys = {};  // those to the table that the statement changes
};

// Something that was tried: the statement's execution time in the server, with it and without it in alternation.
struct Trial {
  std::string kind = {};                // "index", "statistics", "memory", "first_page"
  std::string statement = {};           // that makes it
  std::vector<double> without_ns = {};  // pair i is without_ns[i] and with_ns[i]
  std::vector<double> with_ns = {};
  int64_t bytes = 0;      // of the index on disk
  int64_t memory_kb = 0;  // of work_mem
  // The time of inserting `written_rows` copied rows, likewise; empty: not measured, for `write_reason`.
  int64_t written_rows = 0;
  std::vector<double> write_without_ns = {};
  std::vector<double> write_with_ns = {};
  std::string write_reason = {};
  Plan plan = {};  // with it
};

struct PlanStudy {
  std::string endpoint = {};
  std::string query = {};               // Query::id
  std::string text = {};                // normalised
  bool last_page = false;               // the endpoint was asked for its last page, as the scenario does not
  bool over_budget = false;             // of the database: of a last page
  bool brief = false;                   // it takes less than kLeastPlanNs in the server: only statistics were tried
  std::vector<TableFacts> tables = {};  // that the plan reads
  Plan plan = {};
  std::vector<Trial> trials = {};
};

// Deterministic: equal studies have equal bytes.
std::string EncodeStudy(const PlanStudy& study);
// kInput where the bytes are not EncodeStudy's.
base::Result<PlanStudy> DecodeStudy(std::string_view bytes);

// The facts of the table that `node` reads; nullptr: it reads none, or nothing is known of it.
const TableFacts* TableOf(const PlanStudy& study, const PlanNode& node);

}  // namespace hone::sql
