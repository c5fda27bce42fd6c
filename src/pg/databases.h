// Databases of one server that are Hone's own: made, filled, kept as a template and put back, dropped.
//
// The server may be Hone's own (Cluster), or one that it may make databases on (Scratch). Belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/dsn.h"
#include "pg/psql_script.h"

namespace hone::pg {

// The column of a table that a column of an answer is; 0, 0: it is computed.
struct ColumnOrigin {
  uint32_t table = 0;  // its OID
  int number = 0;      // pg_attribute.attnum
};

// Rows as text; NULL is empty.
struct Rows {
  std::vector<std::string> columns = {};
  std::vector<ColumnOrigin> origins = {};  // of each of the columns
  std::vector<std::vector<std::optional<std::string>>> rows = {};
};

// One client connection, as pg_stat_activity has it.
struct Connection {
  int backend_pid = 0;
  uint16_t client_port = 0;  // 0: Unix socket
  std::string application = {};
  std::string state = {};
};

// What Hone may do on a server: everything, or make databases and do what their owner may.
enum class Standing { kSuperuser, kGuest };

class Databases {
 public:
  // `entry` is the database through which the others are made; it is read only. `major` is the server's version.
  Databases(Dsn entry, int major, Standing standing) : entry_(std::move(entry)), major_(major), standing_(standing) {}

  int major() const { return major_; }
  // The way into a database, by the entry's user.
  Dsn dsn(std::string_view database) const;

  // Creates an empty database; one that exists is an error.
  base::Result<void> Create(std::string_view name) const;
  base::Result<bool> Exists(std::string_view name) const;
  // Also where clients are connected; nothing where there is none.
  base::Result<void> Drop(std::string_view name) const;

  // Runs one or more statements; the last result's rows. kInput with the server's message, its line and the statement's
  // start. Values of rows never stand in the message.
  base::Result<Rows> RunSql(std::string_view database, std::string_view text) const;

  // Runs a migration or seed file. Annotations of goose are understood (only the "-- +goose Up" part runs); the whole
  // file goes to the server in one piece, as psql -1 would, unless it holds a statement that refuses a transaction
  // (CREATE INDEX CONCURRENTLY, VACUUM, ALTER SYSTEM, "-- +goose NO TRANSACTION" ...): then statement by statement.
  // Of psql's own language what ReadScript() knows, with these variables. kInput names file and line.
  base::Result<void> RunFile(std::string_view database, const std::filesystem::path& file,
                             const PsqlVariables& variables = {}) const;

  // Keeps the present state of a database: ANALYZE, then a copy that RestoreFromTemplate gives back. Ends other
  // connections to it.
  base::Result<void> MakeTemplate(std::string_view database) const;
  // Puts the database back as MakeTemplate kept it, and checkpoints where that is allowed, so that what is measured
  // next starts from a settled state. Connections to it are ended: clients reconnect.
  base::Result<void> RestoreFromTemplate(std::string_view database) const;
  // A second copy of that state, to try things out on: a database called `name`, instead of one that is called so.
  base::Result<void> CloneTemplate(std::string_view database, std::string_view name) const;
  base::Result<void> Checkpoint() const;

  // Client connections to a database, without Hone's own.
  base::Result<std::vector<Connection>> ConnectionsOf(std::string_view database) const;

 private:
  base::Result<Rows> OnServer(std::string_view text) const;
  base::Result<void> EndConnections(std::string_view database) const;
  base::Result<void> Copy(std::string_view from, std::string_view to, std::string_view settings) const;
  base::Result<void> CopySettings(std::string_view from, std::string_view to) const;

  Dsn entry_;
  int major_;
  Standing standing_;
};

// The name of the copy that MakeTemplate keeps.
std::string TemplateOf(std::string_view database);

}  // namespace hone::pg
