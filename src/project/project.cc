#include "project/project.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <limits>
#include <system_error>

#include "base/clock.h"
#include "base/files.h"
#include "project/scenario_reader.h"
#include "project/section.h"
#include "project/sidecar_reader.h"
#include "project/toml_tree.h"
#include "project/upstream_reader.h"

namespace hone::project {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Fail;

constexpr uint64_t kMostBytes = uint64_t{1} << 20;
constexpr int64_t kLeastMemory = int64_t{4} << 20;  // no Go program starts in less
// PostgreSQL cuts longer names.
constexpr size_t kMostDatabaseName = 63;

bool CallsBin(const Words& words) {
  return std::ranges::any_of(words, [](const Template& word) { return word.Uses("bin"); });
}

// Absolute, without `.` and `..`; nothing is looked up on the disk.
fs::path Resolved(const fs::path& folder, const std::string& path) { return (folder / path).lexically_normal(); }

// An URL for requests of plain HTTP.
Template ReadUrl(Section& section, const Scope& scope) {
  const std::string text = section.RequiredText("url");
  const TomlNode* node = section.Find("url");
  if (node == nullptr || text.empty()) return {};
  if (text.starts_with("https://")) {
    section.findings().Add(node->at,
                           "`url` must begin with http://: TLS between Hone and the service is not supported");
  } else if (!text.starts_with("http://") && !text.starts_with("${")) {
    section.findings().Add(node->at, "`url` must begin with http://");
  }
  return ReadTemplate(text, node->at, scope, section.findings());
}

Ready ReadReady(const TomlNode& table, const Scope& scope, Findings& findings) {
  Section section(table, "[service.ready]", findings);
  Ready ready;
  ready.path = section.Path("path", scope, true);
  ready.status = section.Statuses("status");
  ready.timeout_ns = section.Duration("timeout", 100 * base::kMillisecond).value_or(ready.timeout_ns);
  section.Finish();
  return ready;
}

ServiceLimits ReadServiceLimits(const TomlNode& table, Findings& findings) {
  Section section(table, "[service.limits]", findings);
  ServiceLimits limits;
  limits.cpus = section.Number("cpus", 0);
  limits.memory_bytes = section.Bytes("memory", kLeastMemory);
  if (!limits.cpus && !limits.memory_bytes && table.members.empty())
    findings.Add(table.at, "[service.limits] is empty: write cpus = 0.5 or memory = \"256MiB\"");
  section.Finish();
  return limits;
}

Scope RunScope(const Project& project) {
  Scope scope;
  if (project.database) scope.names = {"db.url", "db.host", "db.port", "db.user", "db.password", "db.name", "size"};
  if (project.database) scope.names.emplace_back("db.sslmode");
  if (project.database && project.database->tls) scope.names.emplace_back("db.ca");
  scope.names.emplace_back("run.dir");
  AddUpstreamNames(project, scope);
  if (!project.service.build.empty()) scope.names.emplace_back("bin");
  return scope;
}

void ReadService(Section& root, const TomlNode& table, Project& project) {
  Section section(table, "[service]", root.findings());
  Service& service = project.service;
  const fs::path folder = project.file.parent_path();
  service.dir = Resolved(folder, section.Text("dir").value_or(".."));
  if (!service.dir.has_filename()) service.dir = service.dir.parent_path();
  service.name = section.Text("name").value_or(service.dir.filename().string());
  service.build = section.Command("build", {{"bin", "run.dir"}, false});
  if (!service.build.empty() && !CallsBin(service.build)) {
    section.findings().Add(section.Find("build")->at, "`build` must write to ${bin}: go build -o ${bin} ./cmd/NAME");
  }
  const Scope scope = RunScope(project);
  service.run = section.Command("run", scope);
  if (section.Find("run") == nullptr) section.Missing("run");
  service.url = ReadUrl(section, scope);
  service.env = section.Env("env", scope);
  service.files = ReadFiles(section, "[[service.file]]", scope);
  if (const TomlNode* ready = section.Table("ready")) service.ready = ReadReady(*ready, scope, section.findings());
  if (const TomlNode* limits = section.Table("limits")) service.limits = ReadServiceLimits(*limits, section.findings());
  section.Finish();
}

std::vector<fs::path> ReadPatterns(Section& section, std::string_view key, const fs::path& folder) {
  std::vector<fs::path> patterns;
  for (const std::string& pattern : section.Texts(key).value_or(std::vector<std::string>()))
    patterns.push_back(Resolved(folder, pattern));
  return patterns;
}

Pooler ReadPooler(Section& section, Findings& findings) {
  const auto name = section.Text("pooler");
  if (!name) return Pooler::kUnknown;
  if (*name == "none") return Pooler::kNone;
  if (*name == "session") return Pooler::kSession;
  if (*name == "transaction") return Pooler::kTransaction;
  findings.Add(section.Find("pooler")->at, "there is no pooler " + Suggest(*name, {"none", "session", "transaction"}));
  return Pooler::kUnknown;
}

// Everything but the commands, which need to know what the service builds.
void ReadDatabase(const TomlNode& table, Project& project, Findings& findings) {
  Section section(table, "[database]", findings);
  Database database;
  const std::string mode = section.Text("mode").value_or("embedded");
  if (mode == "url") {
    database.mode = DatabaseMode::kUrl;
    section.RequiredText("url");
    database.url = section.Filled("url", {{}, false}).value_or(Template());
  } else if (mode != "embedded") {
    findings.Add(section.Find("mode")->at, "there is no database mode " + Suggest(mode, {"embedded", "url"}));
  } else if (const TomlNode* url = section.Find("url")) {
    findings.Add(url->at, "`url` is for mode = \"url\"; an embedded database has a URL of its own, ${db.url}");
  }
  const std::string tls = section.Text("tls").value_or("off");
  if (tls != "on" && tls != "off") findings.Add(section.Find("tls")->at, "`tls` must be \"on\" or \"off\"");
  database.tls = tls == "on";
  database.pooler = ReadPooler(section, findings);
  database.scratch = section.Boolean("scratch").value_or(false);
  if (const TomlNode* scratch = section.Find("scratch"); scratch != nullptr && mode != "url")
    findings.Add(scratch->at, "`scratch` is for mode = \"url\"; an embedded database is Hone's own");
  database.name = section.Text("name").value_or("");
  if (database.name.size() > kMostDatabaseName) {
    findings.Add(section.Find("name")->at,
                 fmt::format("`name` must be at most {} bytes: PostgreSQL cuts longer ones", kMostDatabaseName));
  }
  const fs::path folder = project.file.parent_path();
  database.migrations = ReadPatterns(section, "migrations", folder);
  database.seed_files = ReadPatterns(section, "seed_files", folder);
  database.size = section.Integer("size", 1, std::numeric_limits<int64_t>::max()).value_or(database.size);
  database.migrate_at_start = section.Boolean("migrate_at_start").value_or(false);
  for (const char* later : {"migrate", "seed", "env", "vars"}) section.Find(later);
  section.Finish();
  project.database = std::move(database);
}

void ReadDatabaseCommands(const TomlNode& table, Project& project, Findings& findings) {
  Section section(table, "[database]", findings);
  const Scope scope = RunScope(project);
  Database& database = *project.database;
  database.migrate = section.Command("migrate", scope);
  database.seed = section.Command("seed", scope);
  database.env = section.Env("env", scope);
  database.vars = section.Env("vars", scope);
  if (database.name.empty()) database.name = project.service.name.substr(0, kMostDatabaseName);
}

std::optional<Template> ReadUrlSection(Section& root, std::string_view key, const Scope& scope) {
  const TomlNode* table = root.Table(key);
  if (table == nullptr) return std::nullopt;
  Section section(*table, fmt::format("[{}]", key), root.findings());
  Template url = ReadUrl(section, scope);
  section.Finish();
  return url;
}

// Without a URL the mode alone may stand there.
void ReadPprof(Section& root, const Scope& scope, Project& project) {
  const TomlNode* table = root.Table("pprof");
  if (table == nullptr) return;
  Section section(*table, "[pprof]", root.findings());
  const std::optional<std::string> mode = section.Text("mode");
  if (mode && *mode != "as-is" && *mode != "auto")
    section.findings().Add(section.Find("mode")->at, "there is no pprof mode " + Suggest(*mode, {"auto", "as-is"}));
  project.pprof_as_is = mode == "as-is";
  if (!mode || section.Find("url") != nullptr) project.pprof_url = ReadUrl(section, scope);
  section.Finish();
}

void ReadBudgets(Section& root, Budgets& budgets) {
  const TomlNode* table = root.Table("budgets");
  if (table == nullptr) return;
  Section section(*table, "[budgets]", root.findings());
  budgets.database_ns = section.Duration("database", 1).value_or(budgets.database_ns);
  budgets.logic_ns = section.Duration("logic", 1).value_or(budgets.logic_ns);
  budgets.round_trip_ns = section.Duration("round_trip", 0).value_or(budgets.round_trip_ns);
  section.Finish();
}

void ReadLimits(Section& root, Limits& limits) {
  const TomlNode* table = root.Table("limits");
  if (table == nullptr) return;
  Section section(*table, "[limits]", root.findings());
  limits.rate = section.Number("rate", 0);
  limits.latency_for_ns = section.Duration("latency_for", 100 * base::kMillisecond).value_or(limits.latency_for_ns);
  limits.profile_for_ns = section.Duration("profile_for", 100 * base::kMillisecond).value_or(limits.profile_for_ns);
  limits.connections = static_cast<int>(section.Integer("connections", 1, 10'000).value_or(limits.connections));
  section.Finish();
}

void ReadPool(Section& root, Pool& pool) {
  constexpr int64_t kMany = 100'000;
  const TomlNode* table = root.Table("pool");
  if (table == nullptr) return;
  Section section(*table, "[pool]", root.findings());
  pool.env = section.Text("env").value_or("");
  pool.replicas = section.Integer("replicas", 1, kMany).value_or(pool.replicas);
  pool.reserve = section.Integer("reserve", 0, kMany).value_or(pool.reserve);
  pool.max_connections = section.Integer("max_connections", 1, kMany).value_or(pool.max_connections);
  pool.wait_ns = section.Duration("wait", 1).value_or(pool.wait_ns);
  pool.p99_ns = section.Duration("p99", 1);
  if (pool.max_connections - pool.reserve < pool.replicas) {
    root.findings().Add(
        section.at(),
        "[pool] leaves no connection for each replica: `max_connections` - `reserve` must be at least `replicas`");
  }
  section.Finish();
}

bool IsPattern(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

}  // namespace

const Variable* Scenario::SizeVariable() const {
  const auto found =
      std::ranges::find_if(vars, [](const Variable& v) { return std::holds_alternative<Sizes>(v.values); });
  return found == vars.end() ? nullptr : &*found;
}

std::string EndpointName(const Scenario& scenario) {
  std::string name = scenario.method + " ";
  for (const Template::Part& part : scenario.path.parts()) {
    if (part.is_name) {
      name += "{" + part.text + "}";
      continue;
    }
    const size_t query = part.text.find('?');
    name += part.text.substr(0, query);
    if (query != std::string::npos) break;
  }
  return name;
}

std::expected<Project, std::vector<Problem>> ParseProject(std::string_view text, const fs::path& file) {
  const auto tree = ParseToml(text);
  if (!tree) return std::unexpected(std::vector<Problem>{tree.error()});
  Project project;
  project.file = file;
  Findings findings;
  Section root(*tree, "", findings);
  const TomlNode* database = root.Table("database");
  if (database != nullptr) ReadDatabase(*database, project, findings);
  ReadUpstreams(root, project);
  if (const TomlNode* service = root.Table("service")) {
    ReadService(root, *service, project);
  } else if (root.Find("service") == nullptr) {
    root.Missing("service");
  }
  if (database != nullptr) ReadDatabaseCommands(*database, project, findings);
  ReadSidecars(root, project);
  Scope scope = RunScope(project);
  ReadPprof(root, scope, project);
  project.metrics_url = ReadUrlSection(root, "metrics", scope);
  ReadLogins(root, scope, project);
  ReadSteps(root, scope, project);
  ReadBudgets(root, project.budgets);
  ReadLimits(root, project.limits);
  ReadPool(root, project.pool);
  CheckTokens(project, findings);
  ReadScenarios(root, scope, project);
  root.Finish();
  project.ports = std::move(findings.ports);
  if (auto problems = findings.Take(); !problems.empty()) return std::unexpected(std::move(problems));
  return project;
}

base::Result<Project> ReadProject(const fs::path& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error).lexically_normal();
  auto text = base::ReadFile(error ? file : absolute, kMostBytes);
  if (!text && text.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "There is no " + file.filename().string(), file.string(),
                "Write one with `hone init`");
  }
  if (!text) return std::unexpected(std::move(text).error());
  auto project = ParseProject(*text, absolute);
  if (project) return *std::move(project);
  std::string lines;
  for (const auto& [at, sentence] : project.error()) {
    if (!lines.empty()) lines += '\n';
    lines += fmt::format("{}:{}:{}: {}", file.filename().string(), at.line, at.column, sentence);
  }
  return Fail(Code::kInput, std::move(lines));
}

base::Result<std::vector<fs::path>> FilesOf(const std::vector<fs::path>& patterns) {
  std::vector<fs::path> files;
  for (const fs::path& pattern : patterns) {
    std::vector<fs::path> matching;
    std::error_code error;
    const std::string name = pattern.filename().string();
    if (!IsPattern(name)) {
      if (fs::is_regular_file(pattern, error)) matching.push_back(pattern);
    } else {
      for (auto entry = fs::directory_iterator(pattern.parent_path(), error);
           !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        const bool is_file = entry->is_regular_file(ignored);
        if (is_file && fnmatch(name.c_str(), entry->path().filename().c_str(), FNM_PERIOD) == 0)
          matching.push_back(entry->path());
      }
    }
    if (matching.empty()) return Fail(Code::kNotFound, "hone.toml names files that do not exist", pattern.string());
    std::ranges::sort(matching);
    files.insert(files.end(), matching.begin(), matching.end());
  }
  return files;
}

}  // namespace hone::project
