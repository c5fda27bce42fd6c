// Whose rows a service shows to the user that it is asked as: the tenant to which all that it lists belongs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/column_values.h"
#include "ops/table_references.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// Values of a column that the answers of one scenario listed.
struct ListedValues {
  project::OfColumn of = {};
  std::vector<std::string> values = {};
  size_t source = 0;  // its index
};

// As few rows may have anything in common by chance.
inline constexpr size_t kFewestListed = 4;

// One row of another table to which all listed rows belong, though others of their tables belong to others.
struct Owner {
  project::Within row = {};
  size_t lists = 0;  // so many scenarios' rows
  int64_t rows = 0;  // of their tables, that belong to it
};

// Those of the lists of kFewestListed rows and more, that of most lists first, of as many that with fewest rows. Only a
// guess: first pages may have in common what the next ones have not.
std::vector<Owner> FindOwners(const AskFunction& ask, const std::vector<ListedValues>& listed);

// What scenarios listed that ask for nothing in particular, as far as others take values from it.
std::vector<ListedValues> ListedRows(const project::Project& project, ColumnFinder& finder,
                                     const project::Learned& learned);

// Whether a scenario asks for nothing in particular: it reads, and none of its variables is to be learned.
bool AsksForAll(const project::Scenario& scenario);

}  // namespace hone::ops
