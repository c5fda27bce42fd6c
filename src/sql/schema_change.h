// Statements that change the schema: what they change is locked against everybody else, and each session
// plans what it had prepared anew (PostgreSQL, "Explicit Locking" and src/backend/utils/cache/plancache.c). Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "sql/exchange.h"

namespace hone::sql {

// Whether it alters what statements of others return: such a change, but of no index.
bool ChangesResults(std::string_view statement);

// Indexes into Exchange::statements, in their order: ALTER, DROP, CREATE OR REPLACE and CREATE INDEX of tables,
// indexes, views, types, functions and the like that a request executed. None of temporary tables, none that failed.
std::vector<size_t> SchemaChangesOf(const Exchange& exchange);

// Those that execute a CREATE TABLE IF NOT EXISTS, no temporary one, which another request executes, too. None where a
// statement sets the search_path. Indexes into Exchange::statements, in their order.
std::vector<size_t> TablesEnsuredBy(const Exchange& exchange);

}  // namespace hone::sql
