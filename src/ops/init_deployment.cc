#include "ops/init_deployment.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "evidence/user_info.h"
#include "ops/init_body.h"

namespace hone::ops {
namespace {

using golang::ComposeService;
using golang::NamedValue;

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Where a host's name stands in a value such as "redis://cache:6379/0": npos if nowhere.
size_t HostAt(std::string_view value, std::string_view host) {
  for (size_t at = value.find(host); at != std::string_view::npos; at = value.find(host, at + 1)) {
    const size_t end = at + host.size();
    const bool begins = at == 0 || value[at - 1] == '@' || value[at - 1] == ',' || value[at - 1] == '=' ||
                        value.substr(0, at).ends_with("//");
    const bool ends = end == value.size() || !IsWordCharacter(value[end]);
    // A lone word is a host only by its variable's name; with a port or scheme it is one anyhow.
    if (begins && ends && (at > 0 || (end < value.size() && value[end] == ':'))) return at;
  }
  return std::string_view::npos;
}

std::string_view DigitsAt(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return text.substr(0, end);
}

// The last path element that says more than "cmd" or "server".
bool IsNamedFor(const ComposeService& service, const golang::MainPackage& main) {
  if (service.name == main.binary) return true;
  std::string_view dir = main.dir;
  while (!dir.empty()) {
    const size_t slash = dir.rfind('/');
    const std::string_view element = slash == std::string_view::npos ? dir : dir.substr(slash + 1);
    if (element == service.name) return true;
    dir = slash == std::string_view::npos ? std::string_view() : dir.substr(0, slash);
  }
  return false;
}

const NamedValue* Last(const std::vector<NamedValue>& values, std::string_view name) {
  const NamedValue* found = nullptr;
  for (const NamedValue& value : values) {
    if (value.name == name) found = &value;
  }
  return found;
}

}  // namespace

bool IsSecretAddress(std::string_view name) {
  constexpr std::array<std::string_view, 6> kEnds = {"dsn",         "webhook",    "webhooks",
                                                     "webhook_url", "webhookurl", "webhook.url"};
  const std::string lower = LowerCase(name);
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return lower.ends_with(end); });
}

bool IsSecretName(std::string_view name) {
  constexpr std::array<std::string_view, 7> kWords = {"secret",     "token",       "salt",      "passw",
                                                      "credential", "private_key", "passphrase"};
  constexpr std::array<std::string_view, 3> kEnds = {"key", "pwd", "pass"};
  // What such a thing is good for, or where it is, is none itself.
  constexpr std::array<std::string_view, 9> kAbout = {"ttl",  "expiry", "lifetime", "duration", "url",
                                                      "host", "path",   "file",     "enabled"};
  const std::string lower = LowerCase(name);
  if (IsSecretAddress(name)) return true;
  if (std::ranges::any_of(kAbout, [&](std::string_view word) { return lower.ends_with(word); })) return false;
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return lower.ends_with(end); }) ||
         std::ranges::any_of(kWords, [&](std::string_view word) { return base::Contains(lower, word); });
}

bool IsSigningSecret(std::string_view name) {
  constexpr std::array<std::string_view, 10> kOwn = {"jwt",  "auth_secret", "auth.secret", "session",    "cookie",
                                                     "sign", "hmac",        "app_secret",  "secret_key", "app_key"};
  // Those that somebody else gave.
  constexpr std::array<std::string_view, 5> kOthers = {"client", "webhook", "api", "public", "aws"};
  const std::string lower = LowerCase(name);
  const auto holds = [&](std::string_view word) { return base::Contains(lower, word); };
  return IsSecretName(name) && std::ranges::any_of(kOwn, holds) && std::ranges::none_of(kOthers, holds);
}

bool HoldsPassword(std::string_view value) {
  // A user alone is a token where the URL is one of HTTP.
  const bool http = base::Contains(value, "http://") || base::Contains(value, "https://");
  return std::ranges::any_of(evidence::FindUserInfo(value),
                             [&](std::string_view user_info) { return http || base::Contains(user_info, ":"); }) ||
         base::Contains(LowerCase(value), "password=");
}

bool IsPostgres(const ComposeService& service) {
  constexpr std::array<std::string_view, 5> kImages = {"postgres", "postgis", "pgvector", "timescaledb", "postgresql"};
  std::string_view image = service.image;
  image = image.substr(0, image.rfind(':') == std::string_view::npos ? image.size() : image.rfind(':'));
  const size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return std::ranges::find(kImages, image) != kImages.end();
}

// Whether all that the container does is to bring the schema up to date.
bool Migrates(const ComposeService& service) {
  constexpr std::array<std::string_view, 8> kTools = {"migrate/migrate", "goose", "flyway", "liquibase",
                                                      "dbmate",          "atlas", "/tern",  "sql-migrate"};
  return std::ranges::any_of(kTools, [&](std::string_view tool) { return base::Contains(service.image, tool); });
}

std::string_view ExtensionOf(std::string_view image) {
  for (const std::string_view extension : {"postgis", "timescaledb"}) {
    if (base::Contains(image, extension)) return extension;
  }
  return base::Contains(image, "pgvector") ? "vector" : std::string_view();
}

Deployment::Deployment(const golang::Inspection& inspection, const golang::MainPackage& main)
    : inspection_(inspection) {
  for (const golang::Dockerfile& file : inspection.dockerfiles) {
    for (const golang::DockerBuild& build : file.builds) {
      if (build.package != main.dir || build_ != nullptr) continue;
      build_ = &build;
      dockerfile_ = &file;
    }
  }
  FindService(inspection, main);
  FindPostgres();
}

void Deployment::FindService(const golang::Inspection& inspection, const golang::MainPackage& main) {
  std::set<std::string_view> read;
  for (const golang::EnvVariable& variable : inspection.env) read.insert(variable.name);
  int64_t most = 0;
  for (const ComposeService& service : inspection.compose) {
    const bool named = IsNamedFor(service, main);
    const bool others = !named && std::ranges::any_of(inspection.mains, [&](const golang::MainPackage& other) {
      return &other != &main && IsNamedFor(service, other);
    });
    const bool built = !service.context.empty();
    if (others || IsPostgres(service) || (!built && !named)) continue;
    int64_t score = std::ranges::count_if(service.env, [&](const NamedValue& v) { return read.contains(v.name); });
    if (named) score += 100;
    if (dockerfile_ != nullptr && !service.dockerfile.empty() && service.dockerfile == dockerfile_->file) score += 50;
    if (built && service.context != "." && (main.dir + "/").starts_with(service.context + "/")) score += 50;
    if (score > most) {
      most = score;
      service_ = &service;
    }
  }
}

void Deployment::FindPostgres() {
  for (const ComposeService& service : inspection_.compose) {
    if (!IsPostgres(service)) continue;
    const bool wanted =
        service_ != nullptr && std::ranges::find(service_->depends_on, service.name) != service_->depends_on.end();
    if (postgres_ == nullptr || wanted) postgres_ = &service;
  }
}

std::vector<const ComposeService*> Deployment::Others() const {
  std::vector<const ComposeService*> others;
  for (const ComposeService& service : inspection_.compose) {
    if (service_ == nullptr || &service == postgres_ || service.origin.file != service_->origin.file) continue;
    if (Migrates(service)) continue;  // as hone does by itself
    if (std::ranges::find(service_->depends_on, service.name) != service_->depends_on.end()) others.push_back(&service);
  }
  return others;
}

DeployedValue Deployment::Judge(const NamedValue& value) const {
  DeployedValue judged = {DeployedValue::Use::kAsItIs, value.value, golang::ToString(value.origin)};
  if (base::Contains(value.value, "${") ||
      (value.value.starts_with('/') && base::Contains(value.value.substr(1), "/"))) {
    judged.use = DeployedValue::Use::kNotKnown;  // compose's own environment, or a path within the container
    return judged;
  }
  for (const ComposeService& service : inspection_.compose) {
    const size_t at = HostAt(value.value, service.name);
    const bool alone = value.value == service.name && &service != service_;
    if (at == std::string::npos && !alone) continue;
    judged.use = DeployedValue::Use::kNotReachable;
    judged.service = service.name;
    if (alone) return judged;
    const size_t colon = at + service.name.size();
    const std::string_view port = colon < value.value.size() && value.value[colon] == ':'
                                      ? DigitsAt(std::string_view(value.value).substr(colon + 1))
                                      : std::string_view();
    judged.with_port = !port.empty();
    judged.before = value.value.substr(0, at);
    judged.after = value.value.substr(port.empty() ? colon : colon + 1 + port.size());
    for (const golang::ComposePort& published : service.ports) {
      const bool number = !published.host.empty() && DigitsAt(published.host).size() == published.host.size();
      if (port.empty() || published.container != port || !number) continue;
      judged.use = DeployedValue::Use::kPublished;
      judged.value =
          value.value.substr(0, at) + "127.0.0.1:" + published.host + value.value.substr(colon + 1 + port.size());
      break;
    }
    return judged;
  }
  return judged;
}

std::optional<DeployedValue> Deployment::ValueOf(std::string_view name) const {
  if (service_ != nullptr) {
    if (const NamedValue* value = Last(service_->env, name)) return Judge(*value);
  }
  const auto named = [&](const golang::EnvFile& file) {
    return service_ != nullptr && std::ranges::find(service_->env_files, file.file) != service_->env_files.end();
  };
  for (int rank = 0; rank < 3; ++rank) {
    for (const golang::EnvFile& file : inspection_.env_files) {
      if ((named(file) ? 0 : file.example ? 1 : 2) != rank) continue;
      const NamedValue* value = Last(file.values, name);
      if (value == nullptr || value->value.empty()) continue;
      if (file.example) return Judge(*value);
      DeployedValue own = {DeployedValue::Use::kPrivate};
      own.origin = golang::ToString(value->origin);
      return own;
    }
  }
  if (dockerfile_ != nullptr) {
    if (const NamedValue* value = Last(dockerfile_->env, name)) return Judge(*value);
  }
  return std::nullopt;
}

namespace {

const golang::Subcommand* FindSubcommand(const golang::MainPackage& main, std::string_view name) {
  const auto found = std::ranges::find(main.subcommands, name, &golang::Subcommand::name);
  return found == main.subcommands.end() ? nullptr : &*found;
}

// The words that containers start the program with, those of `sh -c "..."` one by one.
std::vector<std::string> StartedWords(const Deployment& deployment) {
  std::vector<std::string> commands;
  if (deployment.service() != nullptr) commands = deployment.service()->command;
  if (deployment.dockerfile() != nullptr)
    std::ranges::copy(deployment.dockerfile()->command, std::back_inserter(commands));
  std::vector<std::string> words;
  for (const std::string& command : commands) {
    for (std::string_view rest = command; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find_first_of(" \t;&"));
      if (!word.empty()) words.emplace_back(word);
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
  }
  return words;
}

}  // namespace

const golang::Subcommand* Serving(const golang::MainPackage& main, const Deployment& deployment) {
  constexpr std::array<std::string_view, 9> kServe = {"serve", "server", "run",    "start", "api",
                                                      "web",   "http",   "listen", "up"};
  const bool known = std::ranges::any_of(main.subcommands, &golang::Subcommand::serves);
  const auto fits = [&](const golang::Subcommand* subcommand) {
    if (subcommand == nullptr || (known && !subcommand->serves)) return false;
    return known || (!base::Contains(LowerCase(subcommand->name), "migrat") &&
                     !base::Contains(LowerCase(subcommand->name), "seed"));
  };
  for (const std::string& word : StartedWords(deployment)) {
    const golang::Subcommand* started = FindSubcommand(main, word);
    if (fits(started)) return started;
  }
  for (const std::string_view wanted : kServe) {
    const golang::Subcommand* named = FindSubcommand(main, wanted);
    if (fits(named)) return named;
  }
  const auto serving = std::ranges::find_if(main.subcommands, &golang::Subcommand::serves);
  return serving == main.subcommands.end() ? nullptr : &*serving;
}

}  // namespace hone::ops
