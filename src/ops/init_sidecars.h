// The [[sidecar]] of a drafted hone.toml: what compose starts beside the program and its database, where this machine
// has the same program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_deployment.h"
#include "ops/init_settings.h"
#include "service/known_programs.h"

namespace hone::ops {

// Whether this machine has a program of that name.
using Installed = std::function<bool(std::string_view program)>;

// The inspection and the deployment must outlive it.
class SidecarDrafts {
 public:
  // Without `installed` nothing is.
  SidecarDrafts(const golang::Inspection& inspection, const Deployment& deployment, const Installed& installed);

  // The sections; those whose program is missing as comments.
  std::string Text() const;
  // Sentences for what a person should know.
  std::vector<std::string> Found() const;
  std::vector<std::string> Missing() const;
  // Whether something is said of the compose service of that name.
  bool Knows(std::string_view service) const;
  // What the variable must be for the service to find a sidecar that is started; empty for any other variable.
  std::optional<Setting> SettingFor(const golang::EnvVariable& variable) const;

 private:
  struct Entry {
    const golang::ComposeService* service = nullptr;
    const service::KnownProgram* program = nullptr;
    std::string name = {};
    bool installed = false;
  };
  static std::string RunOf(const Entry& entry);
  const Entry* Find(std::string_view service) const;
  std::optional<std::string> Moved(const Entry& entry, std::string_view value) const;
  bool IsOf(const Entry& entry, std::string_view variable) const;

  const Deployment& deployment_;
  std::vector<Entry> entries_;
};

}  // namespace hone::ops
