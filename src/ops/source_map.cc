#include "ops/source_map.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "golang/helper.h"

namespace hone::ops {
namespace {

// An endpoint with the names of its parameters left out: routers and hone.toml may call them differently.
std::string Unnamed(std::string_view endpoint) {
  std::string shape;
  bool inside = false;
  for (const char c : endpoint) {
    if (c == '}') inside = false;
    if (!inside) shape.push_back(c);
    if (c == '{') inside = true;
  }
  return shape;
}

std::map<std::string, std::string> Handlers(const project::Project& project, const golang::Inspection& inspection) {
  std::map<std::string, std::string> handlers;
  for (const project::Scenario& scenario : project.scenarios) {
    const std::string endpoint = project::EndpointName(scenario);
    for (const golang::Route& route : inspection.routes) {
      const bool any_method = route.method.empty() || route.method == "ANY";
      const std::string name = (any_method ? scenario.method : route.method) + " " + route.path_template;
      if (!route.partial && Unnamed(name) == Unnamed(endpoint)) handlers[endpoint] = route.handler;
    }
  }
  return handlers;
}

}  // namespace

SourceMap SourceMap::Read(const project::Project& project, const host::Guardian& guardian, const base::Task& task) {
  SourceMap map;
  const auto helper = golang::FindHelper(guardian, task);
  if (!helper) {
    map.caveats_.push_back("the lines behind statements are not known: " + base::Sentence(helper.error()));
    return map;
  }
  auto inspection = golang::Inspect(*helper, project.service.dir, guardian, task);
  if (!inspection) {
    map.caveats_.push_back("the lines behind statements are not known: " + base::Sentence(inspection.error()));
    return map;
  }
  map.inspection_ = *std::move(inspection);
  map.modules_ = map.inspection_.modules;
  for (golang::Module& module : map.modules_) {
    module.dir = (std::filesystem::path(project.service.dir) / module.dir).lexically_normal().string();
    if (module.dir.ends_with('/')) module.dir.pop_back();
  }
  map.handlers_ = Handlers(project, map.inspection_);
  return map;
}

void SourceMap::Locate(evidence::Subject& subject) const {
  if (subject.kind != "query" || !subject.file.empty()) return;
  const auto found = golang::FindQuery(inspection_, subject.name);
  if (found.empty()) return;
  subject.file = found.front()->origin.file;
  subject.line = found.front()->origin.line;
  subject.function = found.front()->function;
}

}  // namespace hone::ops
