// Whose rows a service shows to the user that it is asked as: the tenant to which all that it lists belongs.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/table_references.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// Values of a column that an answer listed.
struct ListedValues {
  project::OfColumn of = {};
  std::vector<std::string> values = {};
};

// As few rows may have anything in common by chance.
inline constexpr size_t kFewestListed = 4;

// One row of another table, and how many tables' listed rows all refer to it, though others of their rows do not.
struct Owner {
  project::Within row = {};
  size_t tables = 0;
};

// Those of the lists of kFewestListed rows and more, that of most tables first. What the server says where it cannot be
// asked.
base::Result<std::vector<Owner>> FindOwners(const AskFunction& ask, const std::vector<ListedValues>& listed);

// What scenarios listed that ask for nothing in particular, as far as others take values from it.
std::vector<ListedValues> ListedRows(const project::Project& project, ColumnFinder& finder,
                                     const project::Learned& learned);

}  // namespace hone::ops
