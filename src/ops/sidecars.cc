#include "ops/sidecars.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "net/url.h"

namespace hone::ops {
namespace {

base::Result<std::vector<std::string>> ExpandWords(const project::Words& words, const project::Values& values) {
  std::vector<std::string> expanded;
  for (const project::Template& word : words) {
    HONE_TRY(expanded.emplace_back(), word.Expand(values));
  }
  return expanded;
}

base::Result<uint16_t> PortOf(const std::string& text, const std::string& sidecar) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port > 0) return port;
  return base::Fail(base::Code::kInput, fmt::format("`port` of the sidecar {} is no port", sidecar), text,
                    fmt::format("Write ${{port.{}}}, or a number up to 65535", sidecar));
}

// What says that it is ready, and the ports that this names.
base::Result<void> ExpandReady(const project::Sidecar& sidecar, const project::Values& values,
                               service::ServiceSpec& spec) {
  const project::SidecarReady& ready = sidecar.ready;
  spec.ready_status = ready.status;
  spec.ready_timeout = std::chrono::milliseconds(ready.timeout_ns / 1'000'000);
  HONE_TRY(spec.ready_command, ExpandWords(ready.command, values));
  if (!ready.port.empty()) {
    HONE_TRY(const std::string text, ready.port.Expand(values));
    HONE_TRY(spec.ports.emplace_back(), PortOf(text, sidecar.name));
  }
  if (ready.url.empty()) return {};
  HONE_TRY(spec.ready_url, ready.url.Expand(values));
  HONE_TRY(const net::Url url, net::ParseUrl(spec.ready_url));
  spec.ports.push_back(url.address.port);
  return {};
}

}  // namespace

base::Result<std::map<std::string, std::string>> ExpandEnvironment(const project::Environment& environment,
                                                                   const project::Values& values,
                                                                   evidence::Redactor& redactor) {
  std::map<std::string, std::string> expanded;
  for (const auto& [name, value] : environment) {
    HONE_TRY(expanded[name], value.Expand(values));
    redactor.AddSecret(expanded[name]);
  }
  return expanded;
}

project::Values Sidecars::ValuesOf(const project::Sidecar& sidecar, const std::filesystem::path& run_dir,
                                   const project::Values& values) const {
  project::Values own = values;
  if (!sidecar.build.empty()) own["bin"] = (run_dir / "bin" / ("sidecar-" + sidecar.name)).string();
  return own;
}

base::Result<void> Sidecars::Build(const std::filesystem::path& run_dir, const project::Values& values) {
  for (const project::Sidecar& sidecar : project_.sidecars) {
    if (sidecar.build.empty()) continue;
    task_.Report({"Building the sidecar " + sidecar.name});
    const project::Values own = ValuesOf(sidecar, run_dir, values);
    service::Command command;
    HONE_TRY(command.argv, ExpandWords(sidecar.build, own));
    command.dir = sidecar.dir;
    // What it is started with is not known yet, and no matter of its build.
    if (auto built = service::Build(command, redactor_, guardian_, task_); !built) {
      base::Error error = built.error();
      error.what = fmt::format("The sidecar {}: {}", sidecar.name, error.what);
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

base::Result<service::ServiceSpec> Sidecars::MakeSpec(const project::Sidecar& sidecar,
                                                      const std::filesystem::path& run_dir,
                                                      const project::Values& values) {
  const project::Values own = ValuesOf(sidecar, run_dir, values);
  service::ServiceSpec spec;
  spec.name = sidecar.name;
  spec.sidecar = true;
  spec.run_dir = run_dir;
  spec.dir = sidecar.dir;
  HONE_TRY(spec.argv, ExpandWords(sidecar.run, own));
  HONE_TRY(spec.env, ExpandEnvironment(sidecar.env, own, redactor_));
  for (const project::File& file : sidecar.files) {
    HONE_TRY(const std::string path, file.path.Expand(own));
    HONE_TRY(std::string content, file.content.Expand(own));
    spec.files.emplace_back(path, std::move(content));
  }
  HONE_CHECK_OK(ExpandReady(sidecar, own, spec));
  // Without anything else that says so, it is ready when it listens on all of them.
  for (const std::string& port : sidecar.ports) {
    HONE_TRY(const uint16_t number, PortOf(own.at(port), sidecar.name));
    if (std::ranges::find(spec.ports, number) == spec.ports.end()) spec.ports.push_back(number);
  }
  return spec;
}

base::Result<void> Sidecars::Start(const std::filesystem::path& run_dir, const project::Values& values) {
  for (size_t i = 0; i < running_.size(); ++i) {
    if (running_[i]) continue;
    const project::Sidecar& sidecar = project_.sidecars[i];
    task_.Report({"Starting the sidecar " + sidecar.name});
    HONE_TRY(const service::ServiceSpec spec, MakeSpec(sidecar, run_dir, values));
    HONE_TRY(auto started, service::Service::Start(spec, redactor_, guardian_));
    running_[i].emplace(std::move(started));
    HONE_CHECK_OK(running_[i]->WaitReady(task_));
    std::erase_if(ports_, [&](const auto& entry) { return entry.second == sidecar.name; });
    for (const uint16_t port : spec.ports) ports_.emplace_back(port, sidecar.name);
    HONE_CHECK_OK(Alive());
  }
  return {};
}

base::Result<void> Sidecars::Alive() {
  for (auto& one : running_) {
    if (one) HONE_CHECK_OK(one->Alive());
  }
  return {};
}

std::vector<std::string> Sidecars::Stop(Which which) {
  std::vector<std::string> caveats;
  for (size_t i = running_.size(); i-- > 0;) {
    if (!running_[i] || (which == Which::kRestarted && project_.sidecars[i].keep)) continue;
    const service::Service::Stopped stopped = running_[i]->Stop();
    if (!stopped.caveat.empty()) caveats.push_back("the sidecar " + stopped.caveat);
    running_[i].reset();
  }
  return caveats;
}

std::string Sidecars::OfPort(uint16_t port) const {
  const auto found = std::ranges::find(ports_, port, &std::pair<uint16_t, std::string>::first);
  return found == ports_.end() ? "" : found->second;
}

}  // namespace hone::ops
