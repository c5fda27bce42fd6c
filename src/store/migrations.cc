#include "store/migrations.h"

#include <string>

namespace hone::store {
namespace {

base::Result<int64_t> Number(Database& database, std::string_view sql) {
  HONE_TRY(Statement statement, database.Query(sql));
  HONE_TRY(const bool row, statement.Step());
  return row ? statement.Int(0) : 0;
}

}  // namespace

base::Result<void> Migrate(Database& database, const Schema& schema) {
  HONE_TRY(Transaction transaction, Transaction::Begin(database));
  HONE_TRY(const int64_t version, Number(database, "PRAGMA user_version"));
  HONE_TRY(const int64_t application, Number(database, "PRAGMA application_id"));
  HONE_TRY(const int64_t tables, Number(database, "SELECT count(*) FROM sqlite_master"));
  const bool fresh = version == 0 && tables == 0;
  if (!fresh && application != schema.application_id) {
    return base::Fail(base::Code::kCorrupt, "The database was not written by hone", {}, "Move it away and run again");
  }
  const auto known = static_cast<int64_t>(schema.migrations.size());
  if (version > known) {
    return base::Fail(base::Code::kTooNew,
                      "The database was written by a newer hone (its version is " + std::to_string(version) +
                          ", this hone knows " + std::to_string(known) + ")",
                      {}, "Use that hone, or move the database away");
  }
  for (int64_t next = version; next < known; ++next) {
    HONE_CHECK_OK(database.Execute(std::string(schema.migrations[static_cast<size_t>(next)])));
  }
  if (version < known) {
    HONE_CHECK_OK(database.Execute("PRAGMA application_id = " + std::to_string(schema.application_id) +
                                   "; PRAGMA user_version = " + std::to_string(known)));
  }
  return transaction.Commit();
}

}  // namespace hone::store
