// DraftProject: everything of a hone.toml but its scenarios.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "ops/init.h"
#include "ops/init_body.h"
#include "ops/init_scenarios.h"
#include "ops/init_settings.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using golang::CommandGuess;
using golang::Inspection;
using golang::Listener;
using golang::MainPackage;

bool Has(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The main package that serves most: listeners count before routes.
const MainPackage* ChooseMain(const Inspection& inspection) {
  const MainPackage* best = nullptr;
  std::pair<int64_t, int64_t> most = {-1, -1};
  for (const MainPackage& main : inspection.mains) {
    const auto of_main = [&](const auto& thing) { return Has(thing.mains, main.package); };
    const std::pair<int64_t, int64_t> serves = {std::ranges::count_if(inspection.listeners, of_main),
                                                std::ranges::count_if(inspection.routes, of_main)};
    if (serves > most) {
      most = serves;
      best = &main;
    }
  }
  return best;
}

// Writes the sections of one file in their order.
class Draft {
 public:
  Draft(const Inspection& inspection, const MainPackage& main, std::string_view name, const fs::path& dir)
      : inspection_(inspection), main_(main), name_(name) {
    // The module that the main package is in: go build runs there.
    for (const golang::Module& module : inspection.modules) {
      const bool above = module.dir == "." || main.dir == module.dir || main.dir.starts_with(module.dir + "/");
      if (above && (module_ == "." || module.dir.size() > module_.size())) module_ = module.dir;
    }
    up_ = fs::path(".").lexically_relative(dir).lexically_normal().generic_string();
    SolveListeners();
    SolveDatabase();
  }

  InitDraft Write(const std::vector<SourceText>& texts) {
    const ScenarioDraft scenarios = DraftScenarios(inspection_, main_.package, texts);
    WriteHead();
    WriteService();
    WriteReady();
    WriteDebug("pprof", inspection_.pprof, "/debug/pprof", "hone builds the service with a listener of its own");
    WriteDebug("metrics", inspection_.metrics, "/metrics", "no metrics of the service's own");
    WriteDatabase();
    draft_.text += "# Endpoints. Hone checks every answer's status; add [[scenario.check]] to look into bodies.\n\n" +
                   scenarios.text;
    draft_.found.insert(draft_.found.end(), scenarios.found.begin(), scenarios.found.end());
    draft_.missing.insert(draft_.missing.end(), scenarios.missing.begin(), scenarios.missing.end());
    draft_.scenarios = scenarios.driven;
    draft_.found.push_back(fmt::format("{} endpoints to drive", scenarios.driven));
    if (scenarios.driven == 0)
      draft_.missing.emplace_back("no endpoint that can be driven was found: write [[scenario]] by hand");
    return std::move(draft_);
  }

 private:
  bool Belongs(const std::vector<std::string>& mains) const { return mains.empty() || Has(mains, main_.package); }

  void Line(const std::string& key, const std::string& value, const std::string& comment = {}) {
    draft_.text += fmt::format("{} = {}{}{}\n", key, value, comment.empty() ? "" : "  # ", comment);
  }

  bool IsDebugListener(const Listener& listener) const {
    const auto serves = [&](const golang::DebugEndpoint& endpoint) {
      return endpoint.listener && endpoint.listener->origin == listener.origin;
    };
    const bool debug =
        std::ranges::any_of(inspection_.pprof, serves) || std::ranges::any_of(inspection_.metrics, serves);
    return debug && Listeners() > 1;
  }

  int64_t Listeners() const {
    return std::ranges::count_if(inspection_.listeners,
                                 [&](const Listener& listener) { return Belongs(listener.mains); });
  }

  void SolveListeners() {
    for (const Listener& listener : inspection_.listeners) {
      if (!Belongs(listener.mains)) continue;
      const bool debug = IsDebugListener(listener);
      ListenSettings& settings = debug ? debug_ : api_;
      if (!settings.base_url.empty()) continue;
      settings = SolveAddress(listener.address, debug ? "port.debug" : "port", golang::ToString(listener.origin));
      if (!debug) {
        api_listener_ = &listener;
      } else {
        debug_listener_ = &listener;
      }
    }
    if (api_listener_ != nullptr && api_listener_->tls) {
      draft_.missing.push_back(fmt::format("the service speaks TLS ({}): Hone drives plain HTTP only",
                                           golang::ToString(api_listener_->origin)));
    }
    if (!api_.base_url.empty()) return;
    for (const golang::EnvVariable& variable : inspection_.env) {
      if (variable.test || variable.name != "PORT") continue;
      api_ = {{{variable.name, "${port}", golang::ToString(variable.origin)}}, {}, "http://127.0.0.1:${port}", false};
      return;
    }
    api_.base_url = "http://127.0.0.1:${port}";
    draft_.missing.emplace_back(
        "how the service is told where to listen was not found: set it in [service.env] or `run` to 127.0.0.1:${port}");
  }

  void SolveDatabase() {
    for (const golang::Connect& connect : inspection_.connects) {
      const DatabaseSettings settings = SolveDsn(connect.dsn, golang::ToString(connect.origin));
      if (settings.understood && !database_.understood) database_ = settings;
    }
    uses_database_ = !inspection_.libraries.empty() || !inspection_.connects.empty();
    if (!uses_database_ || database_.understood) return;
    for (const golang::EnvVariable& variable : inspection_.env) {
      constexpr std::array<std::string_view, 6> kUrls = {"DATABASE_URL", "DATABASE_DSN", "DB_URL",
                                                         "DB_DSN",       "POSTGRES_URL", "POSTGRES_DSN"};
      if (variable.test || std::ranges::find(kUrls, variable.name) == kUrls.end()) continue;
      database_ = {{{variable.name, "${db.url}", golang::ToString(variable.origin)}}, {}, true};
      return;
    }
    const std::string where =
        inspection_.connects.empty() ? "" : fmt::format(" ({})", golang::ToString(inspection_.connects[0].origin));
    draft_.missing.push_back(fmt::format(
        "how the service is told where its database is was not found{}: set it in [service.env] to ${{db.url}}",
        where));
  }

  void WriteHead() {
    draft_.text +=
        "# How Hone builds, starts and drives this service. Written by `hone init` from the sources: look it through, "
        "correct it,\n"
        "# commit it. Comments name the lines that a value comes from.\n\n";
  }

  std::string Package() const {
    const fs::path package = fs::path(main_.dir).lexically_relative(module_);
    return package == "." ? "." : "./" + package.generic_string();
  }

  // Dir as hone.toml names it: relative to the file.
  std::string FromFile(const std::string& path) const {
    return (fs::path(up_) / path).lexically_normal().generic_string();
  }

  void WriteService() {
    draft_.text += "[service]\n";
    Line("name", TomlText(main_.binary.empty() ? name_ : main_.binary));
    if (module_ != "." || up_ != "..") Line("dir", TomlText(module_ == "." ? up_ : FromFile(module_)));
    Line("build", TomlText("go build -o ${bin} " + Package()), golang::ToString(main_.origin));
    WriteRun();
    Line("url", TomlText(api_.base_url), api_.fixed ? "constant in " + golang::ToString(api_listener_->origin) : "");
    if (api_.fixed)
      draft_.missing.push_back(fmt::format("the service always listens on {}: that port must be free", api_.base_url));
    WriteEnvironment();
    draft_.found.push_back(fmt::format("main package {} ({})", main_.package, golang::ToString(main_.origin)));
    for (const MainPackage& other : inspection_.mains) {
      if (&other != &main_) draft_.found.push_back(fmt::format("another main package, not used: {}", other.package));
    }
  }

  void WriteRun() {
    constexpr std::array<std::string_view, 9> kServe = {"serve", "server", "run",    "start", "api",
                                                        "web",   "http",   "listen", "up"};
    std::vector<std::string> words = {TomlText("${bin}")};
    std::string comment;
    for (const std::string_view wanted : kServe) {
      const auto found = std::ranges::find(main_.subcommands, wanted, &golang::Subcommand::name);
      if (found == main_.subcommands.end()) continue;
      words.push_back(TomlText(found->name));
      comment = golang::ToString(found->origin);
      break;
    }
    for (const auto* settings : {&api_.flags, &debug_.flags, &database_.flags}) {
      for (const Setting& flag : *settings) words.push_back(TomlText(fmt::format("--{}={}", flag.name, flag.value)));
    }
    Line("run", fmt::format("[{}]", fmt::join(words, ", ")), comment);
  }

  void WriteEnvironment() {
    std::vector<std::string> written;
    draft_.text += "[service.env]\n";
    for (const auto* settings : {&database_.env, &api_.env, &debug_.env}) {
      for (const Setting& setting : *settings) {
        if (Has(written, setting.name)) continue;
        written.push_back(setting.name);
        Line(setting.name, TomlText(setting.value), OriginOf(setting));
      }
    }
    for (const golang::EnvVariable& variable : inspection_.env) {
      if (variable.test || Has(written, variable.name)) continue;
      written.push_back(variable.name);
      WriteOther(variable);
    }
    draft_.text += "\n";
  }

  // Where the variable is read, which says more than where it is used.
  std::string OriginOf(const Setting& setting) const {
    const auto found = std::ranges::find(inspection_.env, setting.name, &golang::EnvVariable::name);
    return found == inspection_.env.end() ? setting.origin : golang::ToString(found->origin);
  }

  void WriteOther(const golang::EnvVariable& variable) {
    const std::string origin = golang::ToString(variable.origin);
    const bool secret = std::ranges::any_of(std::array<std::string_view, 4>{"SECRET", "KEY", "TOKEN", "SALT"},
                                            [&](std::string_view word) { return Contains(variable.name, word); });
    if (variable.preset) {
      // Defaults of secrets are not copied.
      draft_.text += fmt::format("# {} = {}  # {}: left at its default\n", variable.name,
                                 secret ? "\"...\"" : TomlText(*variable.preset), origin);
    } else if (secret) {
      Line(variable.name, TomlText("only for measurements, not a secret"), origin + ": has no default");
    } else {
      draft_.text += fmt::format("# {} = \"\"  # {}: has no default\n", variable.name, origin);
    }
  }

  void WriteReady() {
    constexpr std::array<std::string_view, 9> kPaths = {"/readyz", "/ready", "/healthz", "/health", "/livez",
                                                        "/live",   "/ping",  "/-/ready", "/status"};
    for (const std::string_view wanted : kPaths) {
      for (const golang::Route& route : inspection_.routes) {
        if (route.method != "GET" || !route.path_template.ends_with(wanted) || !Belongs(route.mains) || route.partial)
          continue;
        draft_.text += "[service.ready]\n";
        Line("path", TomlText(route.path_template), golang::ToString(route.origin));
        draft_.text += "\n";
        return;
      }
    }
    draft_.missing.emplace_back("a health endpoint: the service counts as ready when it listens");
  }

  void WriteDebug(const std::string& section, const std::vector<golang::DebugEndpoint>& endpoints,
                  const std::string& preset, std::string_view consequence) {
    for (const golang::DebugEndpoint& endpoint : endpoints) {
      if (!Belongs(endpoint.mains)) continue;
      const bool own =
          endpoint.listener && debug_listener_ != nullptr && endpoint.listener->origin == debug_listener_->origin;
      const std::string& base = own ? debug_.base_url : api_.base_url;
      if (base.empty()) continue;
      std::string path = endpoint.path.empty() || endpoint.kind == "default_mux" ? preset : endpoint.path;
      if (const size_t at = path.find("/debug/pprof"); at != std::string::npos) path.resize(at + preset.size());
      draft_.text += fmt::format("[{}]\n", section);
      Line("url", TomlText(base + path), golang::ToString(endpoint.origin));
      draft_.text += "\n";
      draft_.found.push_back(fmt::format("{} ({})", section, golang::ToString(endpoint.origin)));
      return;
    }
    draft_.text +=
        fmt::format("# No {} was found in the sources: {}.\n# [{}]\n# url = \"http://127.0.0.1:${{port.debug}}{}\"\n\n",
                    section, consequence, section, preset);
    draft_.missing.push_back(fmt::format("{}: {}", section, consequence));
  }

  void WriteDatabase() {
    if (!uses_database_) {
      draft_.text += "# No PostgreSQL library is imported.\n# [database]\n\n";
      draft_.missing.emplace_back("a PostgreSQL library: Hone starts no database");
      return;
    }
    draft_.text += "[database]\nmode = \"embedded\"\n";
    std::string name = LowerCase(main_.binary.empty() ? name_ : main_.binary);
    std::ranges::replace_if(
        name, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'); }, '_');
    Line("name", TomlText(name));
    WriteMigrations();
    WriteSeed();
    draft_.text += "\n";
  }

  void WriteMigrations() {
    for (const golang::Migrations& migrations : inspection_.migrations) {
      if (migrations.files.empty()) continue;
      const std::string pattern = FromFile((fs::path(migrations.dir) / migrations.pattern).generic_string());
      Line("migrations", fmt::format("[{}]", TomlText(pattern)), migrations.tool);
      draft_.found.push_back(
          fmt::format("{} migrations in {} ({})", migrations.files.size(), migrations.dir, migrations.tool));
      return;
    }
    for (const CommandGuess& guess : inspection_.migrate) {
      if (guess.main.empty()) continue;
      Line("migrate", TomlText(CommandOf(guess)), golang::ToString(guess.origin));
      draft_.found.push_back(fmt::format("a command that migrates ({})", golang::ToString(guess.origin)));
      return;
    }
    draft_.text += "# migrations = [\"../migrations/*.sql\"]  # none found\n";
    draft_.missing.emplace_back(
        "migrations: unless the service makes its tables at its start, name them in [database]");
  }

  std::string CommandOf(const CommandGuess& guess) const {
    std::string command = "${bin}";
    if (guess.main != main_.package) {
      const auto other = std::ranges::find(inspection_.mains, guess.main, &MainPackage::package);
      const std::string dir = other == inspection_.mains.end()
                                  ? guess.main
                                  : fs::path(other->dir).lexically_relative(module_).generic_string();
      command = "go run ./" + dir;
    }
    for (const std::string& word : guess.args) command += " " + word;
    return command;
  }

  // The flag of a seed command that says how much.
  const golang::Flag* SizeFlag(const CommandGuess& guess) const {
    const auto main = std::ranges::find(inspection_.mains, guess.main, &MainPackage::package);
    if (main == inspection_.mains.end()) return nullptr;
    const std::string subcommand = guess.args.empty() ? "" : guess.args[0];
    for (const golang::Flag& flag : main->flags) {
      if (Has(guess.flags, flag.name) && Contains(flag.type, "int") &&
          (flag.subcommand.empty() || flag.subcommand == subcommand))
        return &flag;
    }
    return nullptr;
  }

  void WriteSeed() {
    for (const CommandGuess& guess : inspection_.seed) {
      if (guess.main.empty()) continue;
      const golang::Flag* flag = SizeFlag(guess);
      std::string command = CommandOf(guess);
      if (flag != nullptr) command += fmt::format(" --{} ${{size}}", flag->name);
      Line("seed", TomlText(command), golang::ToString(guess.origin));
      int64_t size = 0;
      if (flag != nullptr) std::from_chars(flag->preset.data(), flag->preset.data() + flag->preset.size(), size);
      if (flag != nullptr) Line("size", std::to_string(size > 0 ? size : 1000), golang::ToString(flag->origin));
      draft_.found.push_back(fmt::format("a command that seeds ({})", golang::ToString(guess.origin)));
      return;
    }
    for (const CommandGuess& guess : inspection_.seed) {
      if (!guess.file.ends_with(".sql")) continue;
      Line("seed_files", fmt::format("[{}]", TomlText(FromFile(guess.file))));
      draft_.found.push_back(fmt::format("seed file {}", guess.file));
      return;
    }
    draft_.text += "# seed = \"${bin} seed\"  # none found; without rows there is little to measure\n";
    draft_.missing.emplace_back("a command or file that seeds the database: without rows there is little to measure");
  }

  const Inspection& inspection_;
  const MainPackage& main_;
  std::string name_;
  std::string module_ = ".";
  std::string up_ = {};
  const Listener* api_listener_ = nullptr;
  const Listener* debug_listener_ = nullptr;
  ListenSettings api_ = {};
  ListenSettings debug_ = {};
  DatabaseSettings database_ = {};
  bool uses_database_ = false;
  InitDraft draft_ = {};
};

}  // namespace

InitDraft DraftProject(const Inspection& inspection, const std::vector<SourceText>& texts, std::string_view name,
                       const fs::path& dir) {
  const MainPackage* main = ChooseMain(inspection);
  if (main == nullptr) return {};
  InitDraft draft = Draft(inspection, *main, name, dir).Write(texts);
  for (const golang::Note& note : inspection.problems) {
    draft.missing.push_back(note.origin ? fmt::format("{}: {}", golang::ToString(*note.origin), note.message)
                                        : note.message);
  }
  return draft;
}

}  // namespace hone::ops
