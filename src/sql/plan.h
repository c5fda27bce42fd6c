// A PostgreSQL plan as EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) tells it, without the values in it.
//
// Nodes stand in one vector, parents before their children. Conditions are normalised texts: a literal is a $n, its
// type stays where the server wrote one (`status = $1::text`). What is not listed here is dropped, output columns among
// it. Source: PostgreSQL's src/backend/commands/explain.c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::sql {

inline constexpr int32_t kNoParent = -1;

struct PlanNode {
  int32_t parent = kNoParent;  // index into Plan::nodes
  std::string type = {};       // "Seq Scan", "Sort", ...
  std::string role = {};       // "Outer", "Inner", "InitPlan", "SubPlan", ...; empty at the root
  std::string schema = {};
  std::string table = {};
  std::string alias = {};
  std::string index = {};
  std::string filter = {};
  std::string index_condition = {};
  std::string join_condition = {};  // of a hash or merge join
  std::string join_filter = {};
  std::vector<std::string> sort_keys = {};
  std::vector<std::string> presorted_keys = {};
  double estimated_rows = 0;  // these, and the time, are means of one loop
  double rows = 0;
  double loops = 0;
  double removed_by_filter = 0;
  double removed_by_join_filter = 0;
  double removed_by_recheck = 0;
  double time_ms = 0;  // with all that is below it
  int64_t shared_hit_blocks = 0;
  int64_t shared_read_blocks = 0;
  int64_t temp_read_blocks = 0;
  int64_t temp_written_blocks = 0;
  std::string sort_method = {};
  int64_t sort_kb = 0;
  bool sort_on_disk = false;
  int64_t hash_batches = 0;  // 0: it has no hash table
  int64_t peak_memory_kb = 0;
  int64_t disk_kb = 0;  // of a hashed aggregate

  // What it read of its table or its children and did not pass on, in all loops.
  double Removed() const { return (removed_by_filter + removed_by_join_filter + removed_by_recheck) * loops; }
  double Rows() const { return rows * loops; }
};

// The checks of one foreign key that the statement caused: of rows that refer to those it deleted or changed, or of
// the rows that its own refer to.
struct KeyCheck {
  std::string constraint = {};
  double time_ms = 0;  // of all its calls
  double calls = 0;    // one for each row
};

struct Plan {
  std::vector<PlanNode> nodes = {};  // not empty once it was parsed
  std::vector<KeyCheck> key_checks = {};
  double planning_ms = 0;
  double execution_ms = 0;
};

// The first plan of EXPLAIN's answer. kInput where the bytes are none, or hold more than 10,000 nodes.
base::Result<Plan> ParseExplain(std::string_view json);

// Bytes that went through temporary files in all of the plan.
int64_t SpilledBytes(const Plan& plan);

// How far the estimate of a node is off: the larger of rows and estimate over the smaller, each at least one row.
// Source: Moerkotte, Neumann, Steidl (2009), the q-error.
double EstimateError(const PlanNode& node);

}  // namespace hone::sql
