#include "ops/init_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/units.h"
#include "ops/init_deployment.h"
#include "pg/scratch.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using project::Project;
using project::Scenario;
using project::Template;

std::string Command(const project::Words& words) {
  std::vector<std::string> sources;
  for (const Template& word : words) {
    const bool blank = word.source().empty() || word.source().find(' ') != std::string::npos;
    std::string shown = HoldsPassword(word.source()) ? "(hidden)" : word.source();
    sources.push_back(blank ? fmt::format("'{}'", shown) : shown);
  }
  return fmt::format("{}", fmt::join(sources, " "));
}

// A value as it may be shown: what templates stand for is not filled in.
std::string Shown(std::string_view name, const Template& value) {
  const bool constant = std::ranges::none_of(value.parts(), &Template::Part::is_name);
  if (constant && !value.empty() && IsSecretName(name)) return "(hidden)";
  return HoldsPassword(value.source()) ? "(hidden)" : value.source();
}

std::string ReadyOf(const project::Sidecar& sidecar) {
  const project::SidecarReady& ready = sidecar.ready;
  if (!ready.command.empty()) return fmt::format("`{}` ends with 0", Command(ready.command));
  if (!ready.url.empty()) return fmt::format("{} answers {}", ready.url.source(), fmt::join(ready.status, " or "));
  return "it listens on its ports";
}

// Other processes, before the service; and what limits the service.
void AddSidecars(const Project& project, InitCheckSection& section) {
  for (const project::Sidecar& sidecar : project.sidecars) {
    if (!sidecar.build.empty())
      section.lines.push_back(fmt::format("build of the sidecar {}: {}", sidecar.name, Command(sidecar.build)));
    section.lines.push_back(fmt::format("before the service, the sidecar {}: {}; ready when {}", sidecar.name,
                                        Command(sidecar.run), ReadyOf(sidecar)));
  }
  const project::ServiceLimits& limits = project.service.limits;
  if (limits.cpus) section.lines.push_back(fmt::format("limited to {} CPUs where that is allowed", *limits.cpus));
  if (limits.memory_bytes) {
    section.lines.push_back(fmt::format("limited to {} of memory where that is allowed",
                                        base::FormatBytes(static_cast<double>(*limits.memory_bytes))));
  }
}

InitCheckSection Commands(const Project& project) {
  InitCheckSection section = {"commands", "Commands", {}};
  section.lines.push_back(fmt::format("in {}", project.service.dir.string()));
  section.lines.push_back(project.service.build.empty() ? "no build: `run` builds by itself"
                                                        : "build: " + Command(project.service.build));
  section.lines.push_back("start: " + Command(project.service.run));
  if (project.service.ready) {
    section.lines.push_back(fmt::format("ready when {}{} answers {}", project.service.url.source(),
                                        project.service.ready->path.source(),
                                        fmt::join(project.service.ready->status, " or ")));
  } else {
    section.lines.emplace_back("ready when it listens on its ports");
  }
  for (const std::string& port : project.ports) section.lines.push_back(fmt::format("a free port for ${{{}}}", port));
  for (const project::File& file : project.service.files)
    section.lines.push_back("writes the file " + file.path.source());
  AddSidecars(project, section);
  return section;
}

InitCheckSection EnvironmentOf(const Project& project) {
  InitCheckSection section = {"environment", "Environment of the service", {}};
  for (const auto& [name, value] : project.service.env)
    section.lines.push_back(fmt::format("{} = {}", name, Shown(name, value)));
  return section;
}

InitCheckSection DatabaseOf(const Project& project) {
  InitCheckSection section = {"database", "Database", {}};
  if (!project.database) {
    section.lines.emplace_back("none: no statement is counted");
    return section;
  }
  const project::Database& database = *project.database;
  if (database.mode == project::DatabaseMode::kEmbedded) {
    section.lines.push_back(fmt::format("a private PostgreSQL with the database {}, gone afterwards", database.name));
  } else if (database.scratch) {
    section.lines.push_back(
        fmt::format("a scratch database on the server of the URL in hone.toml (hidden), gone afterwards; it takes "
                    "--yes-write {}",
                    pg::kScratchLeave));
  } else {
    section.lines.emplace_back("the one of the URL in hone.toml (hidden)");
  }
  for (const fs::path& pattern : database.migrations) {
    const auto files = project::FilesOf({pattern});
    const size_t count = files ? files->size() : 0;
    section.lines.push_back(fmt::format("migrations: {} file{} of {}", count, count == 1 ? "" : "s", pattern.string()));
  }
  if (!database.migrate.empty()) section.lines.push_back("migrate: " + Command(database.migrate));
  if (database.migrate_at_start)
    section.lines.emplace_back("migrate: the service by itself, started once for that before the seed");
  if (!database.seed.empty()) section.lines.push_back("seed: " + Command(database.seed));
  for (const fs::path& pattern : database.seed_files) section.lines.push_back("seed: the SQL of " + pattern.string());
  for (const auto& [name, value] : database.vars)
    section.lines.push_back(fmt::format("psql's variable {} = {}", name, Shown(name, value)));
  section.lines.push_back(fmt::format("${{size}} is {}", database.size));
  return section;
}

std::string Describe(const project::Variable& variable, const Project& project) {
  if (const auto* sizes = std::get_if<project::Sizes>(&variable.values))
    return fmt::format("{} in sizes {}, {} under load", variable.name, fmt::join(sizes->values, ", "), sizes->load);
  if (const auto* range = std::get_if<project::Range>(&variable.values))
    return fmt::format("{} from {} to {}", variable.name, range->first, range->last);
  if (const auto* list = std::get_if<project::List>(&variable.values))
    return fmt::format("{} of {} values", variable.name, list->values.size());
  if (const auto* of = std::get_if<project::OfColumn>(&variable.values))
    return fmt::format("{} out of the database, {}.{}{}", variable.name, of->table, of->column,
                       of->within ? " of " + of->within->value : "");
  if (const auto* after = std::get_if<project::DaysAfter>(&variable.values))
    return fmt::format("{} so many days after {}", variable.name, after->of);
  const auto& from = std::get<project::FromAnswer>(variable.values);
  return fmt::format("{} out of {}", variable.name, project.scenarios[from.scenario].name);
}

InitCheckSection Scenarios(const Project& project) {
  InitCheckSection section = {"scenarios", "Scenarios", {}};
  for (const project::Login& login : project.logins)
    section.lines.push_back(fmt::format("login {}: {} {}", login.name, login.method, login.path.source()));
  for (const project::Step& step : project.setup)
    section.lines.push_back(fmt::format("set-up {}: {} {}", step.name, step.method, step.path.source()));
  for (const project::Step& step : project.cleanup)
    section.lines.push_back(fmt::format("clean-up: {} {}", step.method, step.path.source()));
  for (const Scenario& scenario : project.scenarios) {
    std::string line = fmt::format("{} {}", scenario.method, scenario.path.source());
    if (scenario.name != project::EndpointName(scenario)) line += fmt::format(" ({})", scenario.name);
    for (const project::Variable& variable : scenario.vars) line += "; " + Describe(variable, project);
    if (scenario.writes) line += "; writes: on a fresh copy of the database";
    if (scenario.status != std::vector{200}) line += fmt::format("; answers {}", fmt::join(scenario.status, " or "));
    section.lines.push_back(line);
  }
  return section;
}

// Whether a service that names no pprof URL gets a listener of hone's own.
bool AddsPprof(const Project& project) { return !project.pprof_as_is && !project.service.build.empty(); }

InitCheckSection Observed(const Project& project) {
  InitCheckSection section = {"observed", "Observed", {}};
  section.lines.push_back(project.database ? "every statement, by a proxy before the database" : "no statement");
  for (const project::Stub& stub : project.stubs)
    section.lines.push_back(fmt::format("calls to {}, played by hone at ${{stub.{}}}", stub.name, stub.name));
  section.lines.push_back(project.pprof_url    ? "profiles from " + project.pprof_url->source()
                          : AddsPprof(project) ? "profiles, from a listener that hone adds when it builds the service"
                                               : "no profiles");
  section.lines.push_back(project.metrics_url ? "metrics from " + project.metrics_url->source() : "no metrics");
  return section;
}

void NoteEnvironment(const Template& value, std::vector<std::string>& lines) {
  constexpr std::string_view kPrefix = "env.";
  for (const Template::Part& part : value.parts()) {
    if (!part.is_name || !part.text.starts_with(kPrefix)) continue;
    if (std::getenv(part.text.c_str() + kPrefix.size()) == nullptr)
      lines.push_back(fmt::format("the variable {} is not set in this environment", part.text.substr(kPrefix.size())));
  }
}

InitCheckSection Missing(const Project& project) {
  InitCheckSection section = {"missing", "Missing", {}};
  std::vector<std::string>& lines = section.lines;
  std::error_code error;
  if (!fs::is_directory(project.service.dir, error))
    lines.push_back(fmt::format("the folder {}", project.service.dir.string()));
  for (const auto& [name, value] : project.service.env) NoteEnvironment(value, lines);
  for (const project::Stub& stub : project.stubs) {
    std::vector<fs::path> files = {stub.har};
    for (const project::StubAnswer& answer : stub.answers) files.push_back(answer.file);
    for (const fs::path& file : files) {
      if (!file.empty() && !fs::exists(file, error))
        lines.push_back(fmt::format("{}, which stub {} answers with", file.string(), stub.name));
    }
  }
  if (!project.pprof_url && !AddsPprof(project))
    lines.emplace_back("[pprof]: no finding on CPU, allocations and locks");
  if (!project.database) {
    lines.emplace_back("[database]: no finding on statements");
    return section;
  }
  const project::Database& database = *project.database;
  for (const auto* patterns : {&database.migrations, &database.seed_files}) {
    for (const fs::path& pattern : *patterns) {
      if (!project::FilesOf({pattern})) lines.push_back(fmt::format("files that fit {}", pattern.string()));
    }
  }
  const auto uses_database = [](const auto& named) {
    return std::ranges::any_of(named.second.parts(),
                               [](const Template::Part& part) { return part.is_name && part.text.starts_with("db."); });
  };
  const bool told = std::ranges::any_of(project.service.env, uses_database) || !project.service.files.empty() ||
                    std::ranges::any_of(project.service.run, [](const Template& word) {
                      return word.source().find("${db.") != std::string::npos;
                    });
  if (!told) lines.emplace_back("${db.url} or its parts: nothing tells the service where the database is");
  if (database.seed.empty() && database.seed_files.empty())
    lines.emplace_back("a seed: without rows there is little to measure");
  return section;
}

}  // namespace

InitCheckResult ExplainProject(const Project& project) {
  return {project.file,
          {Commands(project), EnvironmentOf(project), DatabaseOf(project), Scenarios(project), Observed(project),
           Missing(project)}};
}

base::Result<InitCheckResult> InitCheck(const fs::path& dir) {
  std::error_code error;
  if (!fs::exists(dir / "hone.toml", error)) {
    std::vector<std::string> below;
    for (const fs::directory_entry& entry : fs::directory_iterator(dir, error)) {
      if (fs::exists(entry.path() / "hone.toml", error))
        below.push_back(entry.path().lexically_normal().generic_string());
    }
    std::ranges::sort(below);
    if (!below.empty()) {
      return base::Fail(base::Code::kInput,
                        fmt::format("There are several services in {}", dir.lexically_normal().generic_string()), {},
                        fmt::format("Name one: --dir {}", fmt::join(below, " or --dir ")));
    }
  }
  HONE_TRY(const Project project, project::ReadProject(fs::absolute(dir / "hone.toml", error).lexically_normal()));
  return ExplainProject(project);
}

}  // namespace hone::ops
