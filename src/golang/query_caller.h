// Who waits for the reply to a statement: found in a dump of goroutines that was taken while that reply was held. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "golang/goroutines.h"
#include "golang/symbols.h"

namespace hone::golang {

// The library that the user's code calls to ask the database, nearest to that code first.
enum class DatabaseLibrary { kUnknown, kDatabaseSql, kPgx, kSqlx, kSquirrel, kSqlc, kGorm, kEnt, kBun };

// "database/sql", "pgx", ...
std::string_view Name(DatabaseLibrary library);

// One goroutine that waits for an answer of PostgreSQL's, and those that it works for.
struct Caller {
  int64_t goroutine = 0;
  // The user's frames, from the one that asks the database to the handler; through goroutines that it was started by
  // where those wait for it (errgroup); of a worker the last one is the `go` statement that started it. Files relative
  // to their modules. Empty: no code of the user's.
  std::vector<StackFrame> frames = {};
  DatabaseLibrary library = DatabaseLibrary::kUnknown;
};

// The goroutines of `held` that wait for an answer of PostgreSQL's and did not do so in `before` already (those that
// listen for notifications do at all times).
std::vector<Caller> FindCallers(std::span<const Goroutine> before, std::span<const Goroutine> held,
                                std::span<const Module> modules);

// The one whose reply is held, where that can be told: the only one with code of the user's, or all of these stand at
// the same place of it.
std::optional<Caller> Agreed(std::vector<Caller> callers);

// Agreed of FindCallers.
std::optional<Caller> FindCaller(std::span<const Goroutine> before, std::span<const Goroutine> held,
                                 std::span<const Module> modules);

}  // namespace hone::golang
