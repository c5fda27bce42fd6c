// Values for the variables of scenarios out of the service's database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ops/busiest_values.h"
#include "ops/rig.h"
#include "ops/schema_tables.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// The values of a column, of one of arrays those of their elements, each once and no NULL, at most
// Learned::kMostValues, spread over all of them. What the server says where it has no such column.
base::Result<std::vector<std::string>> ReadColumn(const Rig& rig, const project::OfColumn& of);

// The same of several columns of a table, in the rows' order: each combination once, where none of them is NULL.
base::Result<std::vector<std::vector<std::string>>> ReadColumns(const Rig& rig,
                                                                const std::vector<project::OfColumn>& columns);

// Finds values in a database of Hone's own for a variable for which no answer had any. Belongs to one dry run.
class ColumnFinder {
 public:
  ColumnFinder(const Rig& rig, const project::Project& project) : rig_(rig), project_(project) {}

  // The column by the names in the scenario's path and in the pointer, or in the path of what should have answered,
  // where it has values: it and they.
  struct Found {
    project::OfColumn of = {};
    std::vector<std::string> values = {};
  };
  std::optional<Found> Find(const project::Scenario& scenario, const project::Variable& variable);

  // From now on columns are those of the rows that belong to this one, the user's own (FindOwners), or of all again.
  void StayWithin(std::optional<project::Within> row);
  const std::optional<project::Within>& row() const { return own_; }
  // The column in those rows, as long as there are any; as it is where it says itself in which.
  project::OfColumn Own(project::OfColumn of);

  // The column that a variable takes its values from; of one that takes them from answers, that of the same names
  // which holds `values`. As Own() has it.
  std::optional<project::OfColumn> ColumnOf(const project::Scenario& scenario, const project::Variable& variable,
                                            const std::vector<std::string>& values);
  // The same, or else the only one of a table that is called after what answers and more, "guest_list_entries" for
  // "/guests", which holds them: numbers are in many a table, so it is a guess that the service must bear out.
  std::optional<project::OfColumn> LikelyColumnOf(const project::Scenario& scenario, const project::Variable& variable,
                                                  const std::vector<std::string>& values);

  // BusiestValues of the column; none where it cannot be read.
  const std::vector<BusiestValue>& Busiest(const project::OfColumn& of);

 private:
  // By the names in the scenario's path and in the pointer, or in the path of what answers, the likeliest first.
  std::vector<project::OfColumn> Candidates(const project::Scenario& scenario, const project::Variable& variable);
  // Of tables that are called after what answers and more.
  std::vector<project::OfColumn> Namesakes(const project::Variable& variable);
  // Whether the column holds all of the first values; asked once for a column and what answers.
  bool Holds(const project::OfColumn& of, const project::FromAnswer& from, const std::vector<std::string>& values);
  const Rig& rig_;
  const project::Project& project_;
  std::optional<std::vector<SchemaTable>> tables_ = {};
  std::optional<project::Within> own_ = {};
  std::map<std::string, bool> has_own_ = {};  // by the table
  // What was asked before is not asked again: large tables take long. By the names of columns, and of what answers.
  std::map<std::string, bool> holds_ = {};
  std::map<std::string, std::vector<BusiestValue>> busiest_ = {};
};

}  // namespace hone::ops
