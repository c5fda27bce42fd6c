// Reads the tables of a service's schema out of its repository's texts. Pure.
#pragma once

#include <vector>

#include "golang/inspection.h"
#include "ops/schema_tables.h"
#include "ops/source_texts.h"

namespace hone::ops {

// What the texts create by CREATE TABLE: SQL files, and Go code that holds such statements; then what the code makes
// out of Go types, by the statements that would make it (golang::Model). Each name once.
std::vector<SchemaTable> FindTables(const std::vector<SourceText>& texts,
                                    const std::vector<golang::Model>& models = {});

}  // namespace hone::ops
