#include "pg/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace hone::pg {
namespace {

using PgConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using PgResult = std::unique_ptr<PGresult, decltype(&PQclear)>;

PgConnection Connect(const Dsn& dsn) {
  Dsn own = dsn;
  own.parameters["application_name"] = "hone";
  own.parameters["connect_timeout"] = "20";
  PgConnection connection(PQconnectdb(ToKeyValues(own).c_str()), PQfinish);
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

std::unexpected<base::Error> CannotConnect(const PGconn* connection, const Dsn& dsn) {
  std::string message = PQerrorMessage(connection);
  message.resize(message.find_last_not_of('\n') + 1);
  return base::Fail(base::Code::kNetwork, "Cannot connect to PostgreSQL: " + message, ToPrintable(dsn));
}

std::string FirstLine(std::string_view text) {
  constexpr size_t kLongest = 100;
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  text.remove_prefix(begin);
  text = text.substr(0, std::min(text.find('\n'), kLongest));
  return std::string(text);
}

std::unexpected<base::Error> ServerError(const PGresult* result, const PGconn* connection, std::string_view text,
                                         size_t first_line) {
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
  const std::string message = primary != nullptr ? primary : PQerrorMessage(connection);
  constexpr std::string_view kDiskFull = "53100";
  const bool full = state != nullptr && state == kDiskFull;
  size_t line = first_line;
  if (position != nullptr) {
    const size_t at = std::min<size_t>(std::strtoul(position, nullptr, 10), text.size());
    line += static_cast<size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }
  return base::Fail(full ? base::Code::kNoSpace : base::Code::kInput,
                    fmt::format("PostgreSQL refused line {}: {}", line, message), FirstLine(text),
                    full ? "Free some disk space and run again" : "");
}

Rows ReadRows(const PGresult* result) {
  Rows rows;
  for (int column = 0; column < PQnfields(result); ++column) {
    rows.columns.emplace_back(PQfname(result, column));
    rows.origins.push_back({PQftable(result, column), PQftablecol(result, column)});
  }
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& values = rows.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      const bool null = PQgetisnull(result, row, column) != 0;
      values.push_back(null ? std::optional<std::string>()
                            : std::optional<std::string>(PQgetvalue(result, row, column)));
    }
  }
  return rows;
}

base::Result<Rows> Execute(PGconn* connection, std::string_view text, size_t first_line) {
  const PgResult result(PQexec(connection, std::string(text).c_str()), PQclear);
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      return ReadRows(result.get());
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
      return base::Fail(base::Code::kInput, "COPY with the client is not possible in a SQL file", FirstLine(text),
                        "Use INSERT, or a seed command");
    default:
      return ServerError(result.get(), connection, text, first_line);
  }
}

// Parameters as libpq takes them; they must outlive it.
struct Bound {
  explicit Bound(const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters) {
      oids.push_back(parameter.oid);
      values.push_back(parameter.bytes ? parameter.bytes->c_str() : nullptr);
      lengths.push_back(parameter.bytes ? static_cast<int>(parameter.bytes->size()) : 0);
      formats.push_back(parameter.format);
    }
  }
  std::vector<Oid> oids;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

// The rows; of an error the SQLSTATE alone.
base::Result<Rows> PrivateRows(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return ReadRows(result);
  constexpr std::string_view kCancelledByServer = "57014";
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = state != nullptr ? state : "no answer";
  return base::Fail(sqlstate == kCancelledByServer ? base::Code::kTimeout : base::Code::kInput,
                    fmt::format("PostgreSQL refused the statement ({})", sqlstate));
}

}  // namespace

struct Session::State {
  PgConnection connection;
};

base::Result<Session> Session::Open(const Dsn& dsn) {
  auto state = std::make_shared<State>(Connect(dsn));
  if (PQstatus(state->connection.get()) != CONNECTION_OK) return CannotConnect(state->connection.get(), dsn);
  return Session(std::move(state));
}

base::Result<Rows> Session::Run(std::string_view text, size_t first_line) {
  return Execute(state_->connection.get(), text, first_line);
}

base::Result<Rows> Session::RunQuietly(std::string_view text) {
  const PgResult result(PQexec(state_->connection.get(), std::string(text).c_str()), PQclear);
  return PrivateRows(result.get());
}

base::Result<Rows> Session::RunPrivately(std::string_view text, const std::vector<Parameter>& parameters) {
  const Bound bound(parameters);
  const PgResult result(
      PQexecParams(state_->connection.get(), std::string(text).c_str(), static_cast<int>(parameters.size()),
                   bound.oids.data(), bound.values.data(), bound.lengths.data(), bound.formats.data(), 0),
      PQclear);
  return PrivateRows(result.get());
}

base::Result<std::vector<uint32_t>> Session::PreparePrivately(const std::string& name, std::string_view text,
                                                              const std::vector<uint32_t>& oids) {
  const PgResult prepared(PQprepare(state_->connection.get(), name.c_str(), std::string(text).c_str(),
                                    static_cast<int>(oids.size()), oids.data()),
                          PQclear);
  HONE_CHECK_OK(PrivateRows(prepared.get()));
  const PgResult described(PQdescribePrepared(state_->connection.get(), name.c_str()), PQclear);
  HONE_CHECK_OK(PrivateRows(described.get()));
  std::vector<uint32_t> types;
  for (int i = 0; i < PQnparams(described.get()); ++i) types.push_back(PQparamtype(described.get(), i));
  return types;
}

base::Result<Rows> Session::RunPrepared(const std::string& name, const std::vector<Parameter>& parameters) {
  const Bound bound(parameters);
  const PgResult result(PQexecPrepared(state_->connection.get(), name.c_str(), static_cast<int>(parameters.size()),
                                       bound.values.data(), bound.lengths.data(), bound.formats.data(), 0),
                        PQclear);
  return PrivateRows(result.get());
}

base::Result<Rows> RunOnce(const Dsn& dsn, std::string_view text, size_t first_line) {
  const PgConnection connection = Connect(dsn);
  if (PQstatus(connection.get()) != CONNECTION_OK) return CannotConnect(connection.get(), dsn);
  return Execute(connection.get(), text, first_line);
}

base::Result<void> ChangePassword(const Dsn& dsn, const std::string& fresh) {
  const PgConnection connection = Connect(dsn);
  if (PQstatus(connection.get()) != CONNECTION_OK) return CannotConnect(connection.get(), dsn);
  const std::unique_ptr<char, decltype(&PQfreemem)> verifier(
      PQencryptPasswordConn(connection.get(), fresh.c_str(), dsn.user.c_str(), "scram-sha-256"), PQfreemem);
  if (!verifier) return base::Fail(base::Code::kService, "PostgreSQL's password cannot be changed");
  const std::string text = fmt::format("ALTER ROLE {} PASSWORD {}", QuoteName(dsn.user), QuoteText(verifier.get()));
  const PgResult result(PQexec(connection.get(), text.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    return base::Fail(base::Code::kService, "PostgreSQL's password cannot be changed");
  return {};
}

bool Accepts(const Dsn& dsn) { return PQping(ToKeyValues(dsn).c_str()) == PQPING_OK; }

base::Result<void> SearchAllSchemas(Session& session) {
  HONE_CHECK_OK(session.Run(
      "SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), (SELECT "
      "string_agg(quote_ident(nspname), ', ' ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND "
      "nspname <> 'information_schema' AND nspname <> ALL (current_schemas(false)))), false)"));
  return {};
}

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";  // standard_conforming_strings is on: a backslash is itself
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string QuoteTexts(std::span<const std::string> texts) {
  std::string quoted;
  for (const std::string& text : texts) quoted += (quoted.empty() ? "" : ", ") + QuoteText(text);
  return quoted;
}

}  // namespace hone::pg
