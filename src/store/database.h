// SQLite as values: a connection, its statements and its transactions, whose failures are base errors.
//
// A Database and everything made from it belong to one thread. Statements and transactions must not outlive their
// Database. Failures: kBusy (another process holds the file longer than the patience), kCorrupt (not a database, or
// damaged), kNoSpace, kPermission (read-only, or forbidden by a trigger of the schema), kInput (a constraint of the
// schema), kIo otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace hone::store {

// What a parameter can be. Views are copied when bound.
using Value = std::variant<std::nullptr_t, int64_t, double, std::string_view>;

// A prepared statement. Columns count from 0 and may be read after Step() answered true, until the next Step().
class Statement {
 public:
  // Binds the parameters from the first on and makes the statement ready to run from its start.
  base::Result<void> Bind(std::initializer_list<Value> values);
  // true: a row stands ready; false: there is no further one.
  base::Result<bool> Step();

  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;  // the bytes of a TEXT or BLOB, whole

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  struct Options {
    std::chrono::milliseconds patience = std::chrono::seconds(5);  // how long to wait for another process's lock
    bool create = true;                                            // false: kNotFound where there is no file
  };

  // Opens the file, with a write-ahead log and foreign keys on; a new file has mode 0600.
  static base::Result<Database> Open(const std::filesystem::path& path, const Options& options);

  // Runs any number of statements that take no parameters and whose rows are not wanted.
  base::Result<void> Execute(const std::string& sql);
  // Prepares one statement and binds its parameters.
  base::Result<Statement> Query(std::string_view sql, std::initializer_list<Value> values = {});
  // Prepares, binds and runs one statement to its end.
  base::Result<void> Run(std::string_view sql, std::initializer_list<Value> values = {});

  int64_t last_insert_id() const;
  // Reads the whole file for damage: kCorrupt if there is any.
  base::Result<void> CheckIntegrity();

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Database(sqlite3* connection) : connection_(connection) {}
  std::unique_ptr<sqlite3, Close> connection_;
};

// A write transaction: holds the write lock from Begin to Commit, and rolls back if it dies uncommitted.
class Transaction {
 public:
  static base::Result<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  base::Result<void> Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null once it is over
};

}  // namespace hone::store
