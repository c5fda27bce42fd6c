#include "ops/init_draft.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/ascii.h"
#include "ops/init_access.h"
#include "ops/init_config_file.h"
#include "ops/init_database.h"
#include "ops/init_deployment.h"
#include "ops/init_limits.h"
#include "ops/init_pool.h"
#include "ops/init_rate_limits.h"
#include "ops/init_scenarios.h"
#include "ops/init_settings.h"
#include "ops/init_stubs.h"
#include "ops/init_tokens.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
using golang::Inspection;
using golang::Listener;
using golang::MainPackage;

// Writes the sections of one file in their order.
class Draft {
 public:
  Draft(const Inspection& inspection, const MainPackage& main, const std::vector<SourceText>& texts,
        std::string_view name, const fs::path& dir, const Installed& installed, const std::optional<PoolerSign>& pooler)
      : inspection_(inspection),
        main_(main),
        texts_(texts),
        deployment_(inspection, main),
        sidecars_(inspection, deployment_, installed),
        limits_(DraftLimits(inspection, main, deployment_)),
        place_(inspection, main, dir.generic_string()),
        name_(name),
        pooler_(pooler),
        config_(inspection, main_.package, texts) {
    SolveListeners();
    SolveDatabase();
    SolveTokens();
    SolveMigrations();
    SolveStubs();
  }

  InitDraft Write() {
    const ScenarioDraft scenarios = DraftScenarios(inspection_, main_.package, texts_, tokens_.header);
    access_env_ = scenarios.env;
    WriteHead();
    WriteService();
    draft_.text += limits_.text;
    std::ranges::move(limits_.found, std::back_inserter(draft_.found));
    WriteReady();
    WriteDebug("pprof", inspection_.pprof, "/debug/pprof", "hone builds the service with a listener of its own");
    WriteDebug("metrics", inspection_.metrics, "/metrics", "no metrics of the service's own");
    WriteDatabase();
    draft_.text += sidecars_.Text();
    std::ranges::move(sidecars_.Found(), std::back_inserter(draft_.found));
    std::ranges::move(sidecars_.Missing(), std::back_inserter(draft_.missing));
    NoteSurroundings();
    draft_.text += stubs_ + tokens_.text;
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
  bool Belongs(const std::vector<std::string>& mains) const { return mains.empty() || base::Has(mains, main_.package); }

  void Line(const std::string& key, const std::string& value, const std::string& comment = {}) {
    draft_.text += fmt::format("{} = {}{}{}\n", key, value, comment.empty() ? "" : "  # ", comment);
  }

  // The one with the most routes is the service's own, whatever else is mounted there.
  bool IsDebugListener(const Listener& listener) const {
    int most = 0;
    for (const Listener& other : inspection_.listeners) {
      if (Belongs(other.mains)) most = std::max(most, other.routes);
    }
    if (most > 0 && listener.routes == most) return false;
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
      if (listener.serves == "grpc") {
        SolveGrpc(listener);
        continue;
      }
      const bool debug = IsDebugListener(listener);
      ListenSettings& settings = debug ? debug_ : api_;
      if (!settings.base_url.empty()) continue;
      settings = SolveAddress(listener.address, debug ? "port.debug" : "port", golang::ToString(listener.origin));
      if (!settings.config.empty() && !config_.Set(settings.config)) settings = {};
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
      if (!Reads(variable) || variable.name != "PORT") continue;
      api_.env = {{variable.name, "${port}", golang::ToString(variable.origin)}};
      api_.base_url = "http://127.0.0.1:${port}";
      return;
    }
    api_.base_url = "http://127.0.0.1:${port}";
    draft_.missing.emplace_back(
        "how the service is told where to listen was not found: set it in [service.env] or `run` to 127.0.0.1:${port}");
  }

  // The gRPC listener beside the HTTP one: it must not stand in the way.
  void SolveGrpc(const Listener& listener) {
    grpc_ = SolveAddress(listener.address, "port.grpc", golang::ToString(listener.origin));
    if (grpc_.fixed) {
      draft_.missing.push_back(fmt::format("the service always listens for gRPC on {} ({}): that port must be free",
                                           grpc_.base_url.substr(grpc_.base_url.rfind(':') + 1),
                                           golang::ToString(listener.origin)));
    }
  }

  void SolveDatabase() {
    const golang::Connect* first = nullptr;
    std::string config;
    for (const golang::Connect& connect : inspection_.connects) {
      if (!Belongs(connect.mains)) continue;
      if (first == nullptr) first = &connect;
      DatabaseSettings settings = SolveDsn(connect.dsn, golang::ToString(connect.origin));
      if (!settings.config.empty()) {
        config = settings.config[0].name;
        settings.understood = !database_.understood && config_.Set(settings.config);
      }
      // Of several forms of one connection string the fullest: a password may be put in under a condition.
      const bool fuller = !database_.understood || settings.env.size() > database_.env.size();
      if (settings.understood && fuller) database_ = settings;
    }
    uses_database_ = !(inspection_.libraries.empty() && inspection_.connects.empty()) && !IsMySqlOnly(inspection_);
    if (!uses_database_ || database_.understood || SolveByName() || SolveByDeployment()) return;
    const std::string where = first == nullptr ? "" : fmt::format(" ({})", golang::ToString(first->origin));
    if (!config.empty()) {
      draft_.missing.push_back(fmt::format(
          "a way to set the database from outside: it comes from the key {} of a configuration file{}, and no "
          "variable overrules it: change it there, or give the file by [[service.file]] with ${{db.url}} in it",
          config, where));
      return;
    }
    draft_.missing.push_back(fmt::format(
        "how the service is told where its database is was not found{}: set it in [service.env] to ${{db.url}}",
        where));
  }

  // A service that makes its tables only if it is told to.
  void SolveMigrations() {
    const golang::Flag* const seeds = uses_database_ ? SeedingFlag(inspection_, main_) : nullptr;
    if (seeds != nullptr) migration_flags_.push_back({seeds->name, "true", golang::ToString(seeds->origin)});
    const auto gate = uses_database_ ? MigrationGate(inspection_, main_) : std::nullopt;
    if (!gate) return;
    const std::string origin = golang::ToString(AppliedByService(inspection_, main_)->origin);
    (gate->env.empty() ? migration_flags_ : migration_env_)
        .push_back({gate->env.empty() ? gate->flag : gate->env, gate->value, origin});
  }

  // A login of the service's own gives the tokens that it verifies.
  void SolveTokens() {
    if (LogsIn(inspection_, main_.package)) return;
    tokens_ = DraftTokens(inspection_, main_.package, deployment_);
    if (!tokens_.config.empty() && !config_.Set(tokens_.config)) {
      const std::string key = tokens_.config[0].name;
      tokens_ = {};
      tokens_.missing.push_back(
          fmt::format("a token: the key that verifies them comes from {} of a configuration file, and no variable or "
                      "flag names that file: see [jwt] in the documentation of hone.toml",
                      key));
    }
    std::ranges::move(tokens_.found, std::back_inserter(draft_.found));
    std::ranges::move(tokens_.missing, std::back_inserter(draft_.missing));
  }

  // Others that the service calls; not those whose address is set already.
  void SolveStubs() {
    std::vector<std::string> taken;
    for (const auto* settings : AllSettings()) {
      for (const Setting& setting : *settings) taken.push_back(setting.name);
    }
    for (const auto* settings : {&api_.config, &debug_.config, &database_.config, &tokens_.config}) {
      for (const Setting& setting : *settings) taken.push_back(setting.name);
    }
    StubDrafts drafts = DraftStubs(inspection_, main_.package, taken);
    std::ranges::move(drafts.missing, std::back_inserter(draft_.missing));
    for (StubDraft& stub : drafts.stubs) {
      if (stub.where == StubDraft::Where::kKey && !config_.Set({stub.setting})) {
        draft_.missing.push_back(
            fmt::format("a way to set the address of what is called at {}: it comes from the key {} of a configuration "
                        "file that no "
                        "variable or flag names; a [[stub]] can answer it",
                        stub.setting.origin, stub.setting.name));
        continue;
      }
      if (stub.where == StubDraft::Where::kVariable) stub_env_.push_back(stub.setting);
      if (stub.where == StubDraft::Where::kFlag) stub_flags_.push_back(stub.setting);
      if (const auto deployed = deployment_.ValueOf(stub.setting.name)) named_.push_back(deployed->service);
      stubs_ += stub.text;
      draft_.found.push_back(std::move(stub.found));
      std::ranges::move(stub.missing, std::back_inserter(draft_.missing));
    }
  }

  // Variables, then flags.
  std::vector<const std::vector<Setting>*> AllSettings() const {
    std::vector<const std::vector<Setting>*> all = Variables();
    std::ranges::copy(Flags(), std::back_inserter(all));
    return all;
  }

  std::vector<const std::vector<Setting>*> Variables() const {
    return {&database_.env,  &api_.env,        &debug_.env, &grpc_.env,  &tokens_.env,
            &migration_env_, &limits_.runtime, &stub_env_,  &access_env_};
  }

  std::vector<const std::vector<Setting>*> Flags() const {
    return {&api_.flags,    &debug_.flags,     &grpc_.flags, &database_.flags,
            &tokens_.flags, &migration_flags_, &stub_flags_};
  }

  // Whether a command of [database] is the program itself.
  static bool ReadsByCommand(std::string_view section) {
    return section.find("\nmigrate = \"${bin} ") != std::string_view::npos ||
           section.find("\nseed = \"${bin} ") != std::string_view::npos;
  }

  // By the names that such variables usually have.
  bool SolveByName() {
    for (const golang::EnvVariable& variable : inspection_.env) {
      constexpr std::array<std::string_view, 6> kUrls = {"DATABASE_URL", "DATABASE_DSN", "DB_URL",
                                                         "DB_DSN",       "POSTGRES_URL", "POSTGRES_DSN"};
      if (!Reads(variable) || std::ranges::find(kUrls, variable.name) == kUrls.end()) continue;
      database_.env = {{variable.name, "${db.url}", golang::ToString(variable.origin)}};
      database_.understood = true;
      return true;
    }
    return false;
  }

  // By the values that compose files give: a postgres:// URL, or the name of the service that is PostgreSQL.
  bool SolveByDeployment() {
    for (const golang::EnvVariable& variable : inspection_.env) {
      const auto value = Reads(variable) ? deployment_.ValueOf(variable.name) : std::nullopt;
      if (!value) continue;
      if (value->value.starts_with("postgres://") || value->value.starts_with("postgresql://")) {
        database_.env = {{variable.name, "${db.url}", value->origin}};
        database_.understood = true;
        return true;
      }
      const bool host = deployment_.postgres() != nullptr && value->service == deployment_.postgres()->name &&
                        DatabaseRole(variable.name) == "${db.host}";
      if (!host) continue;
      const std::string prefix = variable.name.substr(0, variable.name.find_last_of('_') + 1);
      for (const golang::EnvVariable& part : inspection_.env) {
        const std::string_view role = DatabaseRole(part.name.substr(std::min(prefix.size(), part.name.size())));
        if (!Reads(part) || prefix.empty() || !part.name.starts_with(prefix) || role.empty()) continue;
        database_.env.push_back({part.name, std::string(role), golang::ToString(part.origin)});
      }
      database_.understood = !database_.env.empty();
      return database_.understood;
    }
    return false;
  }

  bool Reads(const golang::EnvVariable& variable) const { return !variable.test && Belongs(variable.mains); }

  void WriteHead() {
    draft_.text +=
        "# How Hone builds, starts and drives this service. Written by `hone init` from the sources: look it through, "
        "correct it,\n"
        "# commit it. Comments name the lines that a value comes from.\n\n";
  }

  void WriteService() {
    draft_.text += "[service]\n";
    Line("name", TomlText(name_));
    if (place_.module != "." || place_.up != "..")
      Line("dir", TomlText(place_.module == "." ? place_.up : place_.FromFile(place_.module)));
    WriteBuild();
    WriteRun();
    Line("url", TomlText(api_.base_url), api_.fixed ? "constant in " + golang::ToString(api_listener_->origin) : "");
    if (api_.fixed)
      draft_.missing.push_back(fmt::format("the service always listens on {}: that port must be free", api_.base_url));
    WriteEnvironment();
    draft_.found.push_back(fmt::format("main package {} ({})", main_.package, golang::ToString(main_.origin)));
    for (const MainPackage& other : inspection_.mains) {
      if (&other != &main_) draft_.found.push_back(UnusedMain(other));
    }
  }

  // Build tags change what is built; other flags of a Dockerfile's build make it smaller or name its version.
  void WriteBuild() {
    const golang::DockerBuild* build = deployment_.build();
    std::string command = "go build -o ${bin} " + place_.Package(main_);
    std::string comment = golang::ToString(main_.origin);
    if (build != nullptr && !build->tags.empty() && build->tags.find('$') == std::string::npos) {
      command = fmt::format("go build -tags {} -o ${{bin}} {}", build->tags, place_.Package(main_));
      comment = golang::ToString(build->origin);
    }
    Line("build", TomlText(command), comment);
    if (build != nullptr) draft_.found.push_back(fmt::format("its build in {}", golang::ToString(build->origin)));
  }

  void WriteRun() {
    std::vector<std::string> words = {TomlText("${bin}")};
    std::string comment;
    if (const golang::Subcommand* serving = Serving(main_, deployment_)) {
      words.push_back(TomlText(serving->name));
      comment = golang::ToString(serving->origin);
    }
    for (const auto* settings : Flags()) {
      for (const Setting& flag : *settings) words.push_back(TomlText(fmt::format("--{}={}", flag.name, flag.value)));
    }
    if (config_.file() != nullptr && !config_.file()->flag.empty())
      words.push_back(TomlText(fmt::format("--{}={}", config_.file()->flag, config_.Place())));
    Line("run", fmt::format("[{}]", fmt::join(words, ", ")), comment);
  }

  void WriteEnvironment() {
    std::vector<std::string> written;
    draft_.text += "[service.env]\n";
    for (const auto* settings : Variables()) {
      for (const Setting& setting : *settings) {
        if (base::Has(written, setting.name)) continue;
        written.push_back(setting.name);
        Line(setting.name, TomlText(setting.value), OriginOf(setting));
      }
    }
    if (const golang::ConfigFile* file = config_.file(); file != nullptr && file->flag.empty()) {
      written.push_back(file->variable);
      Line(file->variable, TomlText(config_.Place()), golang::ToString(file->origin));
    }
    for (const golang::EnvVariable& variable : inspection_.env) {
      if (!Reads(variable) || base::Has(written, variable.name)) continue;
      written.push_back(variable.name);
      if (const auto setting = sidecars_.SettingFor(variable)) {
        Line(setting->name, TomlText(setting->value), setting->origin);
      } else {
        WriteOther(variable);
      }
    }
    draft_.text += "\n";
    if (config_.file() != nullptr) {
      draft_.text += config_.Text();
      draft_.found.push_back(
          fmt::format("{}: the service gets a copy with Hone's database and ports", config_.file()->file));
    }
    draft_.text += tokens_.files;
    if (unknown_.empty()) return;
    draft_.missing.push_back(
        fmt::format("values for {}: the code has no default for them, and no compose or .env file a value of use here; "
                    "set in [service.env] what the service needs",
                    fmt::join(unknown_, ", ")));
  }

  // Where the variable is read, which says more than where it is used.
  std::string OriginOf(const Setting& setting) const {
    const auto found = std::ranges::find(inspection_.env, setting.name, &golang::EnvVariable::name);
    return found == inspection_.env.end() ? setting.origin : golang::ToString(found->origin);
  }

  void WriteOther(const golang::EnvVariable& variable) {
    const std::string origin = golang::ToString(variable.origin);
    const bool secret = IsSecretName(variable.name);
    const auto deployed = deployment_.ValueOf(variable.name);
    if (base::Has(tokens_.unneeded, variable.name)) {
      draft_.text += fmt::format("# {} = \"\"  # {}: not needed, tokens are signed by {}\n", variable.name, origin,
                                 tokens_.algorithm);
    } else if (!variable.file.empty()) {
      draft_.text += fmt::format("# {} = \"\"  # {}: {} has a value, not copied: the file is a person's own\n",
                                 variable.name, origin, variable.file);
    } else if (const auto limit = FindRateLimit(variable, texts_)) {
      draft_.text += limit->text;
      (limit->off ? draft_.found : draft_.missing).push_back(limit->sentence);
    } else if (variable.preset && variable.preset->empty() && IsSigningSecret(variable.name)) {
      Line(variable.name, TomlText(kSecretPlaceholder), origin + ": is empty by default");
    } else if (variable.preset) {
      // Defaults of secrets are not copied.
      const bool hidden = secret || HoldsPassword(*variable.preset);
      std::string other;
      if (deployed && !hidden && deployed->value != *variable.preset && !HoldsPassword(deployed->value) &&
          deployed->use == DeployedValue::Use::kAsItIs)
        other = fmt::format("; {} says {}", deployed->origin, TomlText(deployed->value));
      draft_.text += fmt::format("# {} = {}  # {}: left at its default{}\n", variable.name,
                                 hidden ? "\"...\"" : TomlText(*variable.preset), origin, other);
    } else if (secret && !IsSecretAddress(variable.name)) {
      Line(variable.name, TomlText(kSecretPlaceholder), origin + ": has no default");
    } else if (deployed && !secret) {
      WriteDeployed(variable, *deployed);
    } else {
      draft_.text += fmt::format("# {} = \"\"  # {}: {}\n", variable.name, origin,
                                 variable.optional ? "used only if it is set" : "has no default");
      if (!variable.optional) unknown_.push_back(variable.name);
    }
  }

  void WriteDeployed(const golang::EnvVariable& variable, const DeployedValue& deployed) {
    const std::string& name = variable.name;
    if (deployed.use == DeployedValue::Use::kNotReachable) {
      draft_.text += fmt::format("# {} = \"\"  # {} names {}, which only containers reach\n", name, deployed.origin,
                                 deployed.service);
      named_.push_back(deployed.service);
      draft_.missing.push_back(fmt::format(
          "{} ({}) names the compose service {}, whose port the host cannot reach: start one and set the variable",
          name, deployed.origin, deployed.service));
    } else if (deployed.use == DeployedValue::Use::kPrivate) {
      draft_.text +=
          fmt::format("# {} = \"\"  # {} has a value, not copied: the file is a person's own\n", name, deployed.origin);
      unknown_.push_back(name);
    } else if (deployed.use == DeployedValue::Use::kNotKnown || HoldsPassword(deployed.value)) {
      draft_.text += fmt::format("# {} = \"\"  # {} has one that is of no use here\n", name, deployed.origin);
      unknown_.push_back(name);
    } else if (deployed.use == DeployedValue::Use::kPublished) {
      Line(name, TomlText(deployed.value),
           fmt::format("{}, where {} publishes it: it must run", deployed.origin, deployed.service));
    } else {
      Line(name, TomlText(deployed.value), deployed.origin);
    }
  }

  // What else must be there, and files that settings come from.
  void NoteSurroundings() {
    for (const golang::ComposeService* other : deployment_.Others()) {
      if (base::Has(named_, other->name) || sidecars_.Knows(other->name)) continue;
      draft_.missing.push_back(fmt::format("{}{} ({}): the service depends on it; Hone does not start it", other->name,
                                           other->image.empty() ? "" : ", " + other->image,
                                           golang::ToString(other->origin)));
    }
    for (const golang::ConfigFile& config : inspection_.config) {
      if (!Belongs(config.mains)) continue;
      const std::string origin = golang::ToString(config.origin);
      if (&config == config_.file()) continue;
      if (config.file.empty()) {
        draft_.missing.push_back(fmt::format("the configuration file that is read at {}: {} is not there", origin,
                                             fmt::join(config.names, " or ")));
      } else {
        draft_.found.push_back(fmt::format("settings from {} (read at {}{})", config.file, origin,
                                           config.env ? "; variables overrule it" : ""));
      }
    }
    const auto grpc = std::ranges::count_if(inspection_.routes, [&](const golang::Route& route) {
      return route.framework == "grpc" && Belongs(route.mains);
    });
    if (grpc > 0) draft_.missing.push_back(fmt::format("a way to drive gRPC: its {} methods are not measured", grpc));
  }

  void WriteReady() {
    constexpr std::array<std::string_view, 12> kPaths = {"/readyz",      "/ready",        "/healthz",   "/health",
                                                         "/healthcheck", "/health-check", "/livez",     "/live",
                                                         "/ping",        "/-/ready",      "/heartbeat", "/status"};
    for (const std::string_view wanted : kPaths) {
      for (const golang::Route& route : inspection_.routes) {
        if (route.method != "GET" || !route.path_template.ends_with(wanted) || !Belongs(route.mains) || route.partial)
          continue;
        if (base::Contains(route.path_template, "{")) continue;  // an order's status
        draft_.text += "[service.ready]\n";
        Line("path", TomlText(route.path_template), golang::ToString(route.origin));
        draft_.text += StatusLine(route);
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
      if (endpoint.kind == "default_mux" && !endpoint.listener) continue;  // imported, but nothing serves it
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
      draft_.missing.emplace_back(
          IsMySqlOnly(inspection_)
              ? "PostgreSQL: the service uses MySQL, whose statements Hone does not count; load, profiles and response "
                "times are measured without [database]"
              : "a PostgreSQL library: Hone starts no database");
      return;
    }
    SectionDraft section = DraftDatabase(inspection_, main_, deployment_, place_, name_, pooler_);
    draft_.text += section.text;
    SectionDraft pool = DraftPool(inspection_, main_);
    draft_.text += pool.text;
    std::ranges::move(pool.found, std::back_inserter(section.found));
    if (config_.file() != nullptr && !config_.file()->flag.empty() && ReadsByCommand(section.text)) {
      draft_.missing.push_back(fmt::format("--{}={} in the commands of [database]: they may need the same file",
                                           config_.file()->flag, config_.Place()));
    }
    std::ranges::move(section.found, std::back_inserter(draft_.found));
    std::ranges::move(section.missing, std::back_inserter(draft_.missing));
  }

  const Inspection& inspection_;
  const MainPackage& main_;
  const std::vector<SourceText>& texts_;
  Deployment deployment_;
  SidecarDrafts sidecars_;
  LimitsDraft limits_;
  InitPlace place_;
  std::string name_;
  std::optional<PoolerSign> pooler_;  // in transaction mode
  const Listener* api_listener_ = nullptr;
  const Listener* debug_listener_ = nullptr;
  ListenSettings api_ = {};
  ListenSettings debug_ = {};
  ListenSettings grpc_ = {};
  DatabaseSettings database_ = {};
  TokenDraft tokens_ = {};
  std::vector<Setting> access_env_ = {};  // that headers of the requests are compared with
  std::vector<Setting> migration_env_ = {};
  std::vector<Setting> migration_flags_ = {};
  std::vector<Setting> stub_env_ = {};
  std::vector<Setting> stub_flags_ = {};
  std::string stubs_ = {};  // [[stub]]
  bool uses_database_ = false;
  ConfigCopy config_;
  std::vector<std::string> unknown_ = {};  // variables without a value
  std::vector<std::string> named_ = {};    // compose services that something was said of
  InitDraft draft_ = {};
};

}  // namespace

std::string UnusedMain(const MainPackage& main) { return "another main package, not used: " + main.package; }

InitDraft DraftFor(const Inspection& inspection, const MainPackage& main, const std::vector<SourceText>& texts,
                   std::string_view name, const fs::path& dir, const Installed& installed,
                   const std::optional<PoolerSign>& pooler) {
  InitDraft draft = Draft(inspection, main, texts, name, dir, installed, pooler).Write();
  for (const golang::Note& note : inspection.problems) {
    draft.missing.push_back(note.origin ? fmt::format("{}: {}", golang::ToString(*note.origin), note.message)
                                        : note.message);
  }
  return draft;
}

}  // namespace hone::ops
