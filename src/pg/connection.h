// One administrative connection to a cluster, as rows and errors; application_name is "hone".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pg/databases.h"
#include "pg/dsn.h"

namespace hone::pg {

// Connects, runs `text` (one or more statements; without an explicit transaction they are one), disconnects. kInput
// with the server's message and the line in `text`, counted from `first_line`; kNetwork where no connection could be
// made.
base::Result<Rows> RunOnce(const Dsn& dsn, std::string_view text, size_t first_line = 1);

// A parameter as the protocol carries it; an empty optional is NULL.
struct Parameter {
  uint32_t oid = 0;    // its type; 0: the server infers it
  int16_t format = 0;  // 0 text, 1 binary
  std::optional<std::string> bytes = {};
};

// A connection that stays: transactions and settings reach over several calls. Belongs to one thread.
class Session {
 public:
  // kNetwork where no connection could be made.
  static base::Result<Session> Open(const Dsn& dsn);

  // As RunOnce.
  base::Result<Rows> Run(std::string_view text, size_t first_line = 1);
  // As Run, but an error names the SQLSTATE only, as RunPrivately's does: the server may repeat a user's data in it.
  base::Result<Rows> RunQuietly(std::string_view text);
  // One statement with parameters. They may be a user's data and the server repeats them in its messages, so an error
  // names the SQLSTATE only: kTimeout where the server's statement_timeout ended it, kInput otherwise.
  base::Result<Rows> RunPrivately(std::string_view text, const std::vector<Parameter>& parameters);
  // Prepares a statement by a name that is free; answers its parameters' types. `oids` as far as they are known. Errors
  // as RunPrivately's: the text may hold values too.
  base::Result<std::vector<uint32_t>> PreparePrivately(const std::string& name, std::string_view text,
                                                       const std::vector<uint32_t>& oids);
  // Runs what was prepared; the types of the parameters are those of the statement.
  base::Result<Rows> RunPrepared(const std::string& name, const std::vector<Parameter>& parameters);

 private:
  struct State;
  explicit Session(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

// Whether a server accepts connections there.
bool Accepts(const Dsn& dsn);

// Gives the user of `dsn` another password. Only its SCRAM verifier reaches the server, so that neither its log nor
// pg_stat_statements ever holds it.
base::Result<void> ChangePassword(const Dsn& dsn, const std::string& fresh);

// Lets names without a schema be found in all schemas, those of the database's own search_path first: a service may
// name one in its own connections only.
base::Result<void> SearchAllSchemas(Session& session);

// `name` as an identifier, and as a string.
std::string QuoteName(std::string_view name);
std::string QuoteText(std::string_view text);
// Several of those, with commas between them.
std::string QuoteTexts(std::span<const std::string> texts);

}  // namespace hone::pg
