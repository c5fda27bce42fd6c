#include "ops/init_sidecars.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/init_body.h"

namespace hone::ops {
namespace {

using golang::ComposeService;

std::string SidecarName(std::string name) {
  std::ranges::replace_if(
      name,
      [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return !letter && !(c >= '0' && c <= '9') && c != '-' && c != '_';
      },
      '-');
  return name;
}

// What stands between "//" and "@": a sidecar asks for no password, and a client that has one is refused.
std::string WithoutUserInfo(std::string before) {
  const size_t begin = before.rfind("//");
  if (begin != std::string::npos && before.ends_with('@')) before.resize(begin + 2);
  return before;
}

bool IsJetStream(std::string_view word) { return word == "-js" || word == "--js" || word == "--jetstream"; }

}  // namespace

SidecarDrafts::SidecarDrafts(const golang::Inspection& inspection, const Deployment& deployment,
                             const Installed& installed)
    : deployment_(deployment) {
  const std::vector<const ComposeService*> others = deployment.Others();
  for (const ComposeService& service : inspection.compose) {
    const service::KnownProgram* program = service::FindImage(service.image);
    if (program == nullptr || Find(service.name) != nullptr) continue;
    const bool named = std::ranges::any_of(inspection.env, [&](const golang::EnvVariable& variable) {
      const auto value = variable.test ? std::nullopt : deployment.ValueOf(variable.name);
      return value && value->service == service.name;
    });
    if (!named && std::ranges::find(others, &service) == others.end()) continue;
    entries_.push_back({&service, program, SidecarName(service.name), installed && installed(program->program)});
  }
}

const SidecarDrafts::Entry* SidecarDrafts::Find(std::string_view service) const {
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.service->name == service; });
  return found == entries_.end() ? nullptr : &*found;
}

bool SidecarDrafts::Knows(std::string_view service) const { return Find(service) != nullptr; }

std::string SidecarDrafts::RunOf(const Entry& entry) {
  std::string run = fmt::format(fmt::runtime(entry.program->run), fmt::format("${{port.{}}}", entry.name));
  if (std::ranges::any_of(entry.service->command, IsJetStream)) run += " -js -sd ${run.dir}";
  return run;
}

std::string SidecarDrafts::Text() const {
  std::string text;
  for (const Entry& entry : entries_) {
    const std::string origin = golang::ToString(entry.service->origin);
    const std::string_view comment = entry.installed ? "" : "# ";
    if (!entry.installed) {
      text += fmt::format("# Not started: there is no {} on this machine (Debian: apt-get install {}).\n",
                          entry.program->program, entry.program->package);
    }
    text += fmt::format("{0}[[sidecar]]  # {1}, {2}\n{0}name = {3}\n{0}run = {4}\n\n", comment, origin,
                        entry.service->image, TomlText(entry.name), TomlText(RunOf(entry)));
  }
  return text;
}

std::vector<std::string> SidecarDrafts::Found() const {
  std::vector<std::string> found;
  for (const Entry& entry : entries_) {
    if (!entry.installed) continue;
    found.push_back(fmt::format("{} ({}): this machine's {} is started for it", entry.service->name,
                                golang::ToString(entry.service->origin), entry.program->program));
  }
  return found;
}

std::vector<std::string> SidecarDrafts::Missing() const {
  std::vector<std::string> missing;
  for (const Entry& entry : entries_) {
    const std::string origin = golang::ToString(entry.service->origin);
    if (!entry.installed) {
      missing.push_back(
          fmt::format("{} for the compose service {} ({}): install it (Debian: `apt-get install {}`) and "
                      "run `hone init --force` again, or start one and set its address in [service.env]",
                      entry.program->program, entry.service->name, origin, entry.program->package));
    } else if (entry.service->command.size() > 1) {
      missing.push_back(
          fmt::format("the arguments that {} gives to {}: add to `run` of the [[sidecar]] what the service "
                      "needs of them",
                      origin, entry.service->name));
    }
  }
  return missing;
}

// `value` with the usual port of this machine replaced by the sidecar's.
std::optional<std::string> SidecarDrafts::Moved(const Entry& entry, std::string_view value) const {
  for (const std::string_view host : {"localhost", "127.0.0.1"}) {
    const std::string usual = fmt::format("{}:{}", host, entry.program->port);
    const size_t at = value.find(usual);
    const size_t end = at + usual.size();
    if (at == std::string_view::npos || (end < value.size() && value[end] >= '0' && value[end] <= '9')) continue;
    return WithoutUserInfo(std::string(value.substr(0, at))) + fmt::format("127.0.0.1:${{port.{}}}", entry.name) +
           std::string(value.substr(end));
  }
  return std::nullopt;
}

// Whether a variable speaks of it by its name: REDIS_PORT.
bool SidecarDrafts::IsOf(const Entry& entry, std::string_view variable) const {
  const std::string lower = LowerCase(variable);
  return lower.find(LowerCase(entry.program->name)) != std::string::npos ||
         lower.find(LowerCase(entry.service->name)) != std::string::npos;
}

std::optional<Setting> SidecarDrafts::SettingFor(const golang::EnvVariable& variable) const {
  const auto deployed = deployment_.ValueOf(variable.name);
  const std::string origin = deployed ? deployed->origin : golang::ToString(variable.origin);
  for (const Entry& entry : entries_) {
    if (!entry.installed) continue;
    const auto setting = [&](const std::string& value) {
      return Setting{variable.name, value, fmt::format("{}: the sidecar {}", origin, entry.name)};
    };
    const std::string address = fmt::format("127.0.0.1:${{port.{}}}", entry.name);
    if (deployed && deployed->service == entry.service->name) {
      const bool alone = deployed->before.empty() && deployed->after.empty() && !deployed->with_port;
      return setting(alone ? "127.0.0.1" : WithoutUserInfo(deployed->before) + address + deployed->after);
    }
    const std::string value = deployed ? deployed->value : variable.preset.value_or("");
    if (const auto moved = Moved(entry, value)) return setting(*moved);
    if (!IsOf(entry, variable.name)) continue;
    if (value == std::to_string(entry.program->port)) return setting(fmt::format("${{port.{}}}", entry.name));
    if (IsSecretName(variable.name) && !IsSecretAddress(variable.name)) return setting("");
  }
  return std::nullopt;
}

}  // namespace hone::ops
