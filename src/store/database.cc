#include "store/database.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <type_traits>
#include <utility>

#include "base/files.h"

namespace hone::store {
namespace {

using base::Code;
using base::Fail;
using base::Result;

Code CodeOf(int extended, int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) return Code::kNoSpace;
  if (extended == SQLITE_CONSTRAINT_TRIGGER) return Code::kPermission;
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kBusy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return Code::kCorrupt;
    case SQLITE_FULL:
      return Code::kNoSpace;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kPermission;
    case SQLITE_CANTOPEN:
      return error_number == EACCES || error_number == EPERM || error_number == EROFS ? Code::kPermission : Code::kIo;
    case SQLITE_CONSTRAINT:
      return Code::kInput;
    default:
      return Code::kIo;
  }
}

std::unexpected<base::Error> Failure(Code code, std::string detail, std::string path) {
  switch (code) {
    case Code::kBusy:
      return Fail(code, "Another process is writing to the database", path, "Wait until it has ended and run again");
    case Code::kCorrupt:
      return Fail(code, "The database is damaged (" + detail + ")", path,
                  "Move it away; a new one is created at the next run");
    case Code::kNoSpace:
      return Fail(code, "There is no space left for the database", path, "Free some disk space and run again");
    case Code::kPermission:
      return Fail(code, "The database may not be changed (" + detail + ")", path);
    default:
      return Fail(code, "The database failed (" + detail + ")", path);
  }
}

std::unexpected<base::Error> Failure(sqlite3* connection) {
  const int extended = sqlite3_extended_errcode(connection);
  // The system's errno is kept from the last failing call, which an error of SQLite's own need not have had.
  const int primary = extended & 0xff;
  const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  const char* path = sqlite3_db_filename(connection, "main");
  return Failure(CodeOf(extended, from_system ? sqlite3_system_errno(connection) : 0), sqlite3_errmsg(connection),
                 path == nullptr ? "" : path);
}

int BindOne(sqlite3_stmt* statement, int at, const Value& value) {
  return std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          return sqlite3_bind_null(statement, at);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return sqlite3_bind_int64(statement, at, held);
        } else if constexpr (std::is_same_v<T, double>) {
          return sqlite3_bind_double(statement, at, held);
        } else {
          // A null pointer would bind NULL, and an empty view may hold one.
          const char* data = held.data() == nullptr ? "" : held.data();
          return sqlite3_bind_text64(statement, at, data, held.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        }
      },
      value);
}

// SQLite would create the file readable by all.
Result<void> CreatePrivateFile(const std::filesystem::path& path) {
  const base::FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return base::FailErrno(errno, "Cannot open the database", path.string());
  return {};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<void> Statement::Bind(std::initializer_list<Value> values) {
  sqlite3_reset(statement_.get());
  int at = 0;
  for (const Value& value : values) {
    if (BindOne(statement_.get(), ++at, value) != SQLITE_OK) return Failure(sqlite3_db_handle(statement_.get()));
  }
  return {};
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return Failure(sqlite3_db_handle(statement_.get()));
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::Real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::Text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Database> Database::Open(const std::filesystem::path& path, const Options& options) {
  std::error_code ignored;
  if (!options.create && !std::filesystem::exists(path, ignored)) {
    return Fail(Code::kNotFound, "There is no database", path.string());
  }
  HONE_CHECK_OK(CreatePrivateFile(path));
  sqlite3* connection = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(connection);
  if (connection == nullptr) return Fail(Code::kIo, "Out of memory for the database", path.string());
  if (opened != SQLITE_OK) return Failure(connection);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, static_cast<int>(options.patience.count()));
  // secure_delete: what is purged does not linger in free pages. NORMAL is safe in a log against the death of the
  // process, and against that of the machine but for the last transactions.
  HONE_CHECK_OK(
      database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
                       "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF"));
  return database;
}

Result<void> Database::Execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(connection_.get());
  }
  return {};
}

Result<Statement> Database::Query(std::string_view sql, std::initializer_list<Value> values) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &prepared, nullptr);
  if (code != SQLITE_OK) return Failure(connection_.get());
  Statement statement(prepared);
  HONE_CHECK_OK(statement.Bind(values));
  return statement;
}

Result<void> Database::Run(std::string_view sql, std::initializer_list<Value> values) {
  HONE_TRY(Statement statement, Query(sql, values));
  for (;;) {
    HONE_TRY(const bool row, statement.Step());
    if (!row) return {};
  }
}

int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_.get()); }

Result<void> Database::CheckIntegrity() {
  HONE_TRY(Statement check, Query("PRAGMA quick_check(1)"));
  HONE_TRY(const bool row, check.Step());
  const std::string answer = row ? check.Text(0) : "";
  if (answer == "ok") return {};
  return Failure(Code::kCorrupt, answer, sqlite3_db_filename(connection_.get(), "main"));
}

Result<Transaction> Transaction::Begin(Database& database) {
  HONE_CHECK_OK(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // Some failures have rolled back already; the second time fails, which is as good.
  if (database_ != nullptr) static_cast<void>(database_->Execute("ROLLBACK"));
}

Result<void> Transaction::Commit() {
  HONE_CHECK_OK(database_->Execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace hone::store
