// Versioned schemas: a database's user_version says how many of the migrations it has had.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "store/database.h"

namespace hone::store {

// What a database file is for. Migrations are only ever appended: version n is the first n of them.
struct Schema {
  int32_t application_id = 0;  // marks the file as Hone's own
  std::span<const std::string_view> migrations = {};
};

// Brings the database to the schema's last version, in one transaction: whole or not at all. It takes the write lock
// even where nothing is to do, so that a caller learns now whether it can write. kTooNew where a newer hone wrote the
// file, kCorrupt where another program did; otherwise as database.h.
base::Result<void> Migrate(Database& database, const Schema& schema);

}  // namespace hone::store
