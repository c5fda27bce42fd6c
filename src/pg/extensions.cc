#include "pg/extensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/files.h"
#include "pg/sql_file.h"

namespace hone::pg {
namespace {

struct Package {
  std::string_view extension;
  std::string_view name;  // {} is the server's version
};
// Packages of Debian 12 and of apt.postgresql.org whose names do not follow from the extension's.
constexpr std::array<Package, 15> kPackages = {{{"postgis", "postgresql-{}-postgis-3"},
                                                {"postgis_topology", "postgresql-{}-postgis-3"},
                                                {"postgis_raster", "postgresql-{}-postgis-3"},
                                                {"vector", "postgresql-{}-pgvector"},
                                                {"pg_cron", "postgresql-{}-cron"},
                                                {"pg_partman", "postgresql-{}-partman"},
                                                {"pg_repack", "postgresql-{}-repack"},
                                                {"pgrouting", "postgresql-{}-pgrouting"},
                                                {"pgaudit", "postgresql-{}-pgaudit"},
                                                {"pgtap", "postgresql-{}-pgtap"},
                                                {"hll", "postgresql-{}-hll"},
                                                {"ip4r", "postgresql-{}-ip4r"},
                                                {"rum", "postgresql-{}-rum"},
                                                {"hypopg", "postgresql-{}-hypopg"},
                                                {"timescaledb", "timescaledb-2-postgresql-{}"}}};

// PostgreSQL's own additional modules ("Additional Supplied Modules and Extensions"): one package has all of them.
constexpr std::array<std::string_view, 30> kContrib = {
    "amcheck",      "bloom",         "btree_gin",       "btree_gist", "citext",
    "cube",         "dblink",        "dict_int",        "dict_xsyn",  "earthdistance",
    "file_fdw",     "fuzzystrmatch", "hstore",          "intarray",   "isn",
    "lo",           "ltree",         "pageinspect",     "pg_prewarm", "pg_stat_statements",
    "pg_trgm",      "pg_visibility", "pgcrypto",        "pgrowlocks", "pgstattuple",
    "postgres_fdw", "tablefunc",     "tsm_system_rows", "unaccent",   "uuid-ossp"};

// The next word of a statement without its quotes, in lower case unless it had some; blanks and comments before it are
// skipped.
std::string TakeWord(std::string_view& text) {
  for (;;) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    text.remove_prefix(std::min(begin, text.size()));
    const bool line = text.starts_with("--");
    if (!line && !text.starts_with("/*")) break;
    const size_t end = line ? text.find('\n') : text.find("*/");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + (line ? 1 : 2));
  }
  std::string word;
  if (text.starts_with('"')) {
    const size_t end = std::min(text.find('"', 1), text.size());
    word = text.substr(1, end - 1);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
  }
  while (!text.empty() && (std::isalnum(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_')) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    text.remove_prefix(1);
  }
  return word;
}

// Of a statement that creates one; empty for any other.
std::string ExtensionOf(std::string_view statement) {
  if (TakeWord(statement) != "create" || TakeWord(statement) != "extension") return "";
  std::string name = TakeWord(statement);
  const bool conditional = name == "if" && TakeWord(statement) == "not" && TakeWord(statement) == "exists";
  return conditional ? TakeWord(statement) : name;
}

}  // namespace

std::vector<std::string> ExtensionsIn(std::string_view file) {
  std::vector<std::string> extensions;
  const std::string text = UpPart(file);
  for (const SqlStatement& statement : SplitStatements(text)) {
    std::string name = ExtensionOf(statement.text);
    if (!name.empty() && std::ranges::find(extensions, name) == extensions.end()) extensions.push_back(std::move(name));
  }
  return extensions;
}

std::string PackageOf(std::string_view extension, int major) {
  const auto known = std::ranges::find(kPackages, extension, &Package::extension);
  if (known != kPackages.end()) return fmt::format(fmt::runtime(known->name), major);
  return std::ranges::find(kContrib, extension) != kContrib.end() ? "postgresql-contrib" : "";
}

base::Result<void> CheckExtensions(const Databases& databases, std::string_view database,
                                   const std::vector<std::filesystem::path>& files) {
  std::set<std::string> available;
  for (const std::filesystem::path& file : files) {
    HONE_TRY(const std::string text, base::ReadFile(file));
    for (const std::string& extension : ExtensionsIn(text)) {
      if (available.empty()) {
        HONE_TRY(const Rows rows, databases.RunSql(database, "SELECT name FROM pg_available_extensions"));
        for (const auto& row : rows.rows) available.insert(row.at(0).value_or(""));
      }
      if (available.contains(extension)) continue;
      const std::string package = PackageOf(extension, databases.major());
      return base::Fail(
          base::Code::kEnvironment,
          fmt::format("PostgreSQL {} lacks the extension {} that {} creates", databases.major(), extension,
                      file.filename().string()),
          "", package.empty() ? "Install it for this version" : fmt::format("Install the package {}", package));
    }
  }
  return {};
}

}  // namespace hone::pg
