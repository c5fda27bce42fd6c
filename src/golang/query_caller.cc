#include "golang/query_caller.h"

#include <algorithm>
#include <array>
#include <utility>

namespace hone::golang {
namespace {

// Import paths of what speaks PostgreSQL's protocol; database/sql stands for a driver that nobody knows.
constexpr std::array<std::string_view, 7> kDrivers = {"github.com/jackc/pgx/",
                                                      "github.com/jackc/pgconn",
                                                      "github.com/jackc/pgproto3",
                                                      "github.com/lib/pq",
                                                      "github.com/uptrace/bun/driver/pgdriver",
                                                      "github.com/go-pg/pg",
                                                      "database/sql"};

struct LibraryPath {
  std::string_view path;
  DatabaseLibrary library;
};
// The libraries that stand on others come first.
constexpr std::array<LibraryPath, 9> kLibraries = {{{"gorm.io/gorm", DatabaseLibrary::kGorm},
                                                    {"github.com/jinzhu/gorm", DatabaseLibrary::kGorm},
                                                    {"entgo.io/ent", DatabaseLibrary::kEnt},
                                                    {"github.com/uptrace/bun", DatabaseLibrary::kBun},
                                                    {"github.com/Masterminds/squirrel", DatabaseLibrary::kSquirrel},
                                                    {"github.com/jmoiron/sqlx", DatabaseLibrary::kSqlx},
                                                    {"database/sql", DatabaseLibrary::kDatabaseSql},
                                                    {"github.com/jackc/pgx", DatabaseLibrary::kPgx},
                                                    {"github.com/lib/pq", DatabaseLibrary::kDatabaseSql}}};
constexpr std::string_view kBunDriver = "github.com/uptrace/bun/driver";  // serves database/sql, whoever uses that

constexpr int kMostGoroutines = 5;  // that one works for another

bool IsIn(std::string_view package, std::string_view path) {
  return package.starts_with(path) &&
         (package.size() == path.size() || path.ends_with('/') || package[path.size()] == '/');
}

bool IsDriver(const StackFrame& frame) {
  const std::string_view package = PackageOf(frame.function);
  return std::ranges::any_of(kDrivers, [&](std::string_view path) { return IsIn(package, path); });
}

bool IsUser(std::string_view function, std::span<const Module> modules) {
  return Classify(function, modules) == Origin::kUser;
}

// Waits for bytes of a connection, on behalf of a driver: the frames before the driver's are the standard library's.
bool WaitsForAnswer(const Goroutine& goroutine) {
  if (goroutine.state != "IO wait") return false;
  const auto begin = goroutine.frames.begin();
  const auto read = std::find_if(begin, goroutine.frames.end(), [](const StackFrame& frame) {
    return frame.function == "internal/poll.(*FD).Read" || frame.function == "net.(*conn).Read";
  });
  const auto driver = std::find_if(read, goroutine.frames.end(), IsDriver);
  return driver != goroutine.frames.end() && std::all_of(read, driver, [](const StackFrame& frame) {
           return Classify(frame.function, {}) == Origin::kStandard;
         });
}

const Goroutine* Find(std::span<const Goroutine> goroutines, int64_t id) {
  const auto found = std::ranges::find(goroutines, id, &Goroutine::id);
  return found == goroutines.end() ? nullptr : &*found;
}

StackFrame Relative(const StackFrame& frame, std::span<const Module> modules) {
  return {frame.function, RelativeFile(frame.file, frame.function, modules), frame.line};
}

void AddUserFrames(const Goroutine& goroutine, std::span<const Module> modules, std::vector<StackFrame>& frames) {
  for (const StackFrame& frame : goroutine.frames) {
    if (IsUser(frame.function, modules)) frames.push_back(Relative(frame, modules));
  }
}

// Whether `creator` is still in the function that started `goroutine`: then it waits for it, or did not come far since.
// A library's Go (errgroup) has returned; the closure that it runs tells the function.
bool WorksFor(const Goroutine& goroutine, const Goroutine& creator, std::span<const Module> modules) {
  std::string_view outermost;
  for (const StackFrame& frame : goroutine.frames) {
    if (IsUser(frame.function, modules)) outermost = frame.function;
  }
  // Below a driver's own helper (pgx reads in the background) there is nobody's code.
  if (outermost.empty()) return !goroutine.frames.empty() && IsDriver(goroutine.frames.back());
  return std::ranges::any_of(creator.frames, [&](const StackFrame& frame) {
    if (!IsUser(frame.function, modules)) return false;
    return frame.function == goroutine.creation.function || IsWithin(outermost, frame.function);
  });
}

DatabaseLibrary LibraryOf(std::span<const std::string> packages) {
  for (const LibraryPath& known : kLibraries) {
    if (std::ranges::any_of(packages, [&](const std::string& package) { return IsIn(package, known.path); }))
      return known.library;
  }
  return DatabaseLibrary::kUnknown;
}

// Of the frames up to the user's first, or all where there is none.
void AddPackages(const Goroutine& goroutine, std::span<const Module> modules, std::vector<std::string>& packages) {
  for (const StackFrame& frame : goroutine.frames) {
    if (IsUser(frame.function, modules)) return;
    const std::string_view package = PackageOf(frame.function);
    if (!IsIn(package, kBunDriver)) packages.emplace_back(package);
  }
}

Caller Follow(const Goroutine& waiting, std::span<const Goroutine> all, std::span<const Module> modules) {
  Caller caller{.goroutine = waiting.id};
  std::vector<std::string> packages;
  const Goroutine* at = &waiting;
  for (int i = 0; at != nullptr && i < kMostGoroutines; ++i) {
    if (caller.frames.empty()) AddPackages(*at, modules, packages);
    AddUserFrames(*at, modules, caller.frames);
    const Goroutine* const creator = Find(all, at->creator);
    const bool works_for = creator != nullptr && creator != at && WorksFor(*at, *creator, modules);
    // A worker of a pool: whoever started it went on long ago.
    if (!works_for && !caller.frames.empty() && IsUser(at->creation.function, modules))
      caller.frames.push_back(Relative(at->creation, modules));
    at = works_for ? creator : nullptr;
  }
  caller.library = LibraryOf(packages);
  if (!caller.frames.empty() && caller.frames.front().file.ends_with(".sql.go"))
    caller.library = DatabaseLibrary::kSqlc;
  return caller;
}

}  // namespace

std::string_view Name(DatabaseLibrary library) {
  switch (library) {
    case DatabaseLibrary::kUnknown:
      return "unknown";
    case DatabaseLibrary::kDatabaseSql:
      return "database/sql";
    case DatabaseLibrary::kPgx:
      return "pgx";
    case DatabaseLibrary::kSqlx:
      return "sqlx";
    case DatabaseLibrary::kSquirrel:
      return "squirrel";
    case DatabaseLibrary::kSqlc:
      return "sqlc";
    case DatabaseLibrary::kGorm:
      return "gorm";
    case DatabaseLibrary::kEnt:
      return "ent";
    case DatabaseLibrary::kBun:
      return "bun";
  }
  std::unreachable();
}

std::vector<Caller> FindCallers(std::span<const Goroutine> before, std::span<const Goroutine> held,
                                std::span<const Module> modules) {
  std::vector<Caller> callers;
  for (const Goroutine& goroutine : held) {
    if (!WaitsForAnswer(goroutine)) continue;
    const Goroutine* const earlier = Find(before, goroutine.id);
    if (earlier != nullptr && WaitsForAnswer(*earlier)) continue;
    callers.push_back(Follow(goroutine, held, modules));
  }
  return callers;
}

std::optional<Caller> Agreed(std::vector<Caller> callers) {
  std::erase_if(callers, [](const Caller& caller) { return caller.frames.empty(); });
  const bool same = std::ranges::all_of(
      callers, [&](const Caller& caller) { return caller.frames.front() == callers.front().frames.front(); });
  if (callers.empty() || !same) return std::nullopt;
  return std::move(callers.front());
}

std::optional<Caller> FindCaller(std::span<const Goroutine> before, std::span<const Goroutine> held,
                                 std::span<const Module> modules) {
  return Agreed(FindCallers(before, held, modules));
}

}  // namespace hone::golang
