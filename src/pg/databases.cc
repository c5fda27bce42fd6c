#include "pg/databases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/files.h"
#include "pg/connection.h"
#include "pg/sql_file.h"

namespace hone::pg {
namespace {

// Settings whose value is a list of names: such a value is SQL as it stands (pg_dump's variable_is_guc_list_quote).
constexpr std::array<std::string_view, 5> kListSettings = {"search_path", "local_preload_libraries",
                                                           "session_preload_libraries", "shared_preload_libraries",
                                                           "temp_tablespaces"};

}  // namespace

std::string TemplateOf(std::string_view database) { return std::string(database) + "__hone_template"; }

Dsn Databases::dsn(std::string_view database) const {
  Dsn dsn = entry_;
  dsn.database = database;
  return dsn;
}

base::Result<Rows> Databases::OnServer(std::string_view text) const { return RunOnce(entry_, text); }

base::Result<Rows> Databases::RunSql(std::string_view database, std::string_view text) const {
  return RunOnce(dsn(database), text);
}

base::Result<void> Databases::Create(std::string_view name) const {
  HONE_CHECK_OK(OnServer("CREATE DATABASE " + QuoteName(name)));
  return {};
}

base::Result<bool> Databases::Exists(std::string_view name) const {
  HONE_TRY(const Rows rows, OnServer("SELECT datname FROM pg_database"));
  return std::ranges::any_of(rows.rows, [&](const auto& row) { return row.at(0) == name; });
}

base::Result<void> Databases::EndConnections(std::string_view database) const {
  // A guest may not end what is the server's (autovacuum), nor needs to.
  HONE_CHECK_OK(OnServer(fmt::format(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND pid <> pg_backend_pid(){}",
      QuoteText(database), standing_ == Standing::kGuest ? " AND usename = current_user" : "")));
  return {};
}

base::Result<void> Databases::Drop(std::string_view name) const {
  constexpr int kFirstWithForce = 13;
  const bool force = major_ >= kFirstWithForce;
  if (!force) HONE_CHECK_OK(EndConnections(name));
  // By force, because a pool connects again as soon as its connections are ended.
  HONE_CHECK_OK(OnServer("DROP DATABASE IF EXISTS " + QuoteName(name) + (force ? " WITH (FORCE)" : "")));
  return {};
}

// What a migration set with ALTER DATABASE ... SET (a search_path, say) stands outside of the database and is not
// copied with it.
base::Result<void> Databases::CopySettings(std::string_view from, std::string_view to) const {
  if (standing_ == Standing::kSuperuser) {
    HONE_CHECK_OK(OnServer(fmt::format(
        "INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) SELECT t.oid, s.setrole, s.setconfig "
        "FROM pg_db_role_setting s JOIN pg_database f ON f.oid = s.setdatabase, pg_database t "
        "WHERE f.datname = {} AND t.datname = {}",
        QuoteText(from), QuoteText(to))));
    return {};
  }
  HONE_TRY(const Rows settings,
           OnServer(fmt::format("SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database f "
                                "ON f.oid = s.setdatabase WHERE f.datname = {} AND s.setrole = 0",
                                QuoteText(from))));
  for (const auto& row : settings.rows) {
    const std::string setting = row.at(0).value_or("");
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = setting.substr(0, equals);
    const std::string value = setting.substr(equals + 1);
    const bool list = std::ranges::find(kListSettings, name) != kListSettings.end();
    HONE_CHECK_OK(OnServer(fmt::format("ALTER DATABASE {} SET {} TO {}", QuoteName(to), QuoteName(name),
                                       list && !value.empty() ? value : QuoteText(value))));
  }
  return {};
}

base::Result<void> Databases::Copy(std::string_view from, std::string_view to, std::string_view settings) const {
  HONE_CHECK_OK(OnServer(fmt::format("CREATE DATABASE {} TEMPLATE {} {}", QuoteName(to), QuoteName(from), settings)));
  return CopySettings(from, to);
}

base::Result<void> Databases::RunFile(std::string_view database, const std::filesystem::path& file,
                                      const PsqlVariables& variables) const {
  HONE_TRY(const std::vector<ScriptPart> parts, ReadScript(file, variables));
  // One session: what a script sets holds in those that follow.
  HONE_TRY(Session session, Session::Open(dsn(database)));
  for (const ScriptPart& part : parts) {
    const auto in_file = [&](base::Error error) {
      error.what = part.file.filename().string() + ": " + error.what;
      return std::unexpected(std::move(error));
    };
    if (!NeedsNoTransaction(part.text)) {
      if (auto ran = session.Run(part.text); !ran) return in_file(ran.error());
      continue;
    }
    for (const SqlStatement& statement : SplitStatements(part.text)) {
      if (auto ran = session.Run(statement.text, statement.line); !ran) return in_file(ran.error());
    }
  }
  return {};
}

base::Result<void> Databases::MakeTemplate(std::string_view database) const {
  // VACUUM as autovacuum would have done by the time a production table is read: visibility map and statistics.
  HONE_CHECK_OK(RunSql(database, "VACUUM ANALYZE"));
  HONE_CHECK_OK(EndConnections(database));
  HONE_CHECK_OK(Drop(TemplateOf(database)));
  HONE_CHECK_OK(Copy(database, TemplateOf(database), "ALLOW_CONNECTIONS false"));
  return Checkpoint();
}

base::Result<void> Databases::RestoreFromTemplate(std::string_view database) const {
  return CloneTemplate(database, database);
}

base::Result<void> Databases::CloneTemplate(std::string_view database, std::string_view name) const {
  // Otherwise a missing template would cost the database.
  HONE_TRY(const bool kept, Exists(TemplateOf(database)));
  if (!kept)
    return base::Fail(base::Code::kNotFound, "The database was never kept as a template", std::string(database));
  HONE_CHECK_OK(Drop(name));
  HONE_CHECK_OK(Copy(TemplateOf(database), name, ""));
  return Checkpoint();
}

base::Result<void> Databases::Checkpoint() const {
  auto done = OnServer("CHECKPOINT");
  // A guest may not, as a rule: pg_checkpoint is a role of its own.
  if (!done && standing_ == Standing::kSuperuser) return std::unexpected(std::move(done).error());
  return {};
}

base::Result<std::vector<Connection>> Databases::ConnectionsOf(std::string_view database) const {
  HONE_TRY(const Rows rows,
           OnServer(fmt::format(
               "SELECT pid, coalesce(client_port, 0), application_name, coalesce(state, '') FROM pg_stat_activity "
               "WHERE datname = {} AND backend_type = 'client backend' AND application_name <> 'hone'",
               QuoteText(database))));
  std::vector<Connection> connections;
  for (const auto& row : rows.rows) {
    const int port = std::max(0, std::stoi(row.at(1).value_or("0")));
    connections.push_back({std::stoi(row.at(0).value_or("0")), static_cast<uint16_t>(port), row.at(2).value_or(""),
                           row.at(3).value_or("")});
  }
  return connections;
}

}  // namespace hone::pg
