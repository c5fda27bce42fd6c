#include "project/sidecar_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace hone::project {
namespace {

constexpr int64_t kLeastTimeout = 100'000'000;

// It becomes part of file names.
bool IsFileName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void AddPorts(const Template& text, std::set<std::string>& ports) {
  for (const Template::Part& part : text.parts()) {
    if (part.is_name && part.text.starts_with("port.")) ports.insert(part.text);
  }
}

// The ${port.NAME} of its own texts; ${port} is the service's.
std::set<std::string> PortsOf(const Sidecar& sidecar) {
  std::set<std::string> ports;
  for (const Template& word : sidecar.run) AddPorts(word, ports);
  for (const auto& [name, value] : sidecar.env) AddPorts(value, ports);
  for (const File& file : sidecar.files) AddPorts(file.content, ports);
  AddPorts(sidecar.ready.port, ports);
  AddPorts(sidecar.ready.url, ports);
  return ports;
}

SidecarReady ReadSidecarReady(const TomlNode& table, const Scope& scope, Findings& findings) {
  Section section(table, "[sidecar.ready]", findings);
  SidecarReady ready;
  ready.port = section.Filled("port", scope).value_or(Template());
  ready.url = section.Filled("url", scope).value_or(Template());
  ready.command = section.Command("command", scope);
  ready.status = section.Statuses("status");
  ready.timeout_ns = section.Duration("timeout", kLeastTimeout).value_or(ready.timeout_ns);
  if (!ready.url.empty() && !ready.url.source().starts_with("http://"))
    findings.Add(section.Find("url")->at, "`url` must begin with http://");
  const int ways = int{!ready.port.empty()} + int{!ready.url.empty()} + int{!ready.command.empty()};
  if (ways > 1) findings.Add(section.at(), "[sidecar.ready] takes one of `port`, `url` and `command`");
  section.Finish();
  return ready;
}

void ReadName(Section& section, const Project& project, Sidecar& sidecar) {
  sidecar.name = section.RequiredText("name");
  const TomlNode* node = section.Find("name");
  if (node == nullptr || sidecar.name.empty()) return;
  if (!IsFileName(sidecar.name)) {
    section.findings().Add(node->at, fmt::format("`name` must be letters, digits, - and _, not `{}`", sidecar.name));
  } else if (std::ranges::find(project.sidecars, sidecar.name, &Sidecar::name) != project.sidecars.end()) {
    section.findings().Add(node->at, fmt::format("there are two sidecars `{}`", sidecar.name));
  }
}

Sidecar ReadSidecar(const TomlNode& table, const Project& project, Findings& findings) {
  Section section(table, "[[sidecar]]", findings);
  Sidecar sidecar;
  ReadName(section, project, sidecar);
  const auto dir = section.Text("dir");
  sidecar.dir = dir ? (project.file.parent_path() / *dir).lexically_normal() : project.service.dir;
  if (!sidecar.dir.has_filename()) sidecar.dir = sidecar.dir.parent_path();
  sidecar.build = section.Command("build", {{"bin", "run.dir"}, false});
  Scope scope;
  scope.names.emplace_back("run.dir");
  if (!sidecar.build.empty() || !project.service.build.empty()) scope.names.emplace_back("bin");
  sidecar.run = section.Command("run", scope);
  if (section.Find("run") == nullptr) section.Missing("run");
  sidecar.env = section.Env("env", scope);
  sidecar.files = ReadFiles(section, "[[sidecar.file]]", scope);
  if (const TomlNode* ready = section.Table("ready")) sidecar.ready = ReadSidecarReady(*ready, scope, findings);
  sidecar.keep = section.Boolean("keep").value_or(false);
  section.Finish();
  return sidecar;
}

}  // namespace

void ReadSidecars(Section& root, Project& project) {
  std::set<std::string> taken;
  for (const TomlNode* table : root.Tables("sidecar")) {
    Sidecar sidecar = ReadSidecar(*table, project, root.findings());
    sidecar.ports = PortsOf(sidecar);
    std::erase_if(sidecar.ports, [&](const std::string& port) { return taken.contains(port); });
    taken.insert(sidecar.ports.begin(), sidecar.ports.end());
    const SidecarReady& ready = sidecar.ready;
    if (sidecar.ports.empty() && ready.port.empty() && ready.url.empty() && ready.command.empty()) {
      root.findings().Add(table->at,
                          fmt::format("nothing says when the sidecar {} is ready: name its port ${{port.{}}} "
                                      "in `run`, or add [sidecar.ready] with `port`, `url` or `command`",
                                      sidecar.name, sidecar.name.empty() ? "NAME" : sidecar.name));
    }
    project.sidecars.push_back(std::move(sidecar));
  }
}

}  // namespace hone::project
