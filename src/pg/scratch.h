// A scratch database: made for one run on the server of a user's database, beside it, entered instead of it, and
// dropped.
//
// Its name is kScratchPrefix and 12 hex digits; copies of it are called so with "__" and more behind. As long as its
// run lives, a session shows the name as its application_name in pg_stat_activity: what has no such session was left
// over by a run that could not clean up. The user's database is read only to enter the server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/connection.h"
#include "pg/databases.h"
#include "pg/dsn.h"

namespace hone::pg {

inline constexpr std::string_view kScratchPrefix = "hone_scratch_";

// What leave to make scratch databases is given by (--yes-write): the name that all of them begin with.
inline constexpr std::string_view kScratchLeave = "hone_scratch";

std::string NewScratchName();

class Scratch {
 public:
  // Makes the empty database `name` beside that of `beside`. kPermission where its user may not, in one sentence.
  static base::Result<Scratch> Create(const Dsn& beside, const std::string& name);

  const std::string& name() const { return name_; }
  const Databases& databases() const { return databases_; }

 private:
  Scratch(std::string name, Databases databases, Session alive)
      : name_(std::move(name)), databases_(std::move(databases)), alive_(std::move(alive)) {}

  std::string name_;
  Databases databases_;
  Session alive_;  // what shows that the run lives
};

// Drops a scratch database and its copies, whoever is connected. kUsage for a name that is none of a scratch database.
base::Result<void> DropScratch(const Dsn& beside, std::string_view name);

// The names of the scratch databases of this user that no living run has, without their copies; ascending.
base::Result<std::vector<std::string>> LeftScratches(const Dsn& beside);

}  // namespace hone::pg
