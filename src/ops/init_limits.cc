#include "ops/init_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"

namespace hone::ops {
namespace {

using golang::NamedValue;
using golang::ResourceLimits;
using golang::Workload;

bool Limits(const ResourceLimits& limits) { return limits.cpus > 0 || limits.memory_bytes > 0; }

// "256MiB": the largest unit that divides it.
std::string Size(int64_t bytes) {
  constexpr std::array<std::pair<const char*, int64_t>, 3> kUnits = {
      {{"GiB", int64_t{1} << 30}, {"MiB", int64_t{1} << 20}, {"KiB", int64_t{1} << 10}}};
  for (const auto& [unit, size] : kUnits) {
    if (bytes % size == 0) return fmt::format("{}{}", bytes / size, unit);
  }
  return fmt::format("{}B", bytes);
}

const Workload* FindWorkload(const golang::Inspection& inspection, const golang::MainPackage& main) {
  const auto named = [&](const std::string& name) { return name == main.binary || main.dir.ends_with("/" + name); };
  for (const Workload& workload : inspection.workloads) {
    if (named(workload.container) || named(workload.name)) return &workload;
  }
  return inspection.workloads.size() == 1 && inspection.mains.size() == 1 ? &inspection.workloads.front() : nullptr;
}

std::vector<Setting> RuntimeSettings(const std::vector<NamedValue>& env) {
  std::vector<Setting> settings;
  for (const NamedValue& value : env) {
    const bool runtime = value.name == "GOMAXPROCS" || value.name == "GOMEMLIMIT" || value.name == "GOGC";
    if (runtime && !value.value.empty() && value.value.find('$') == std::string::npos)
      settings.push_back({value.name, value.value, golang::ToString(value.origin)});
  }
  return settings;
}

}  // namespace

LimitsDraft DraftLimits(const golang::Inspection& inspection, const golang::MainPackage& main,
                        const Deployment& deployment) {
  LimitsDraft draft;
  const golang::ComposeService* service = deployment.service();
  const Workload* workload = FindWorkload(inspection, main);
  const bool by_compose = service != nullptr && Limits(service->limits);
  if (service != nullptr) draft.runtime = RuntimeSettings(service->env);
  if (!by_compose && (workload == nullptr || !Limits(workload->limits))) return draft;
  if (!by_compose) draft.runtime = RuntimeSettings(workload->env);
  const ResourceLimits& limits = by_compose ? service->limits : workload->limits;
  draft.text = "[service.limits]\n";
  if (limits.cpus > 0) {
    draft.text +=
        fmt::format("cpus = {}  # {}\n", base::FormatExact(limits.cpus), golang::ToString(limits.cpus_origin));
  }
  if (limits.memory_bytes > 0) {
    draft.text +=
        fmt::format("memory = {}  # {}\n", TomlText(Size(limits.memory_bytes)), golang::ToString(limits.memory_origin));
  }
  draft.text += "\n";
  const golang::Place& origin = limits.cpus > 0 ? limits.cpus_origin : limits.memory_origin;
  draft.found.push_back(fmt::format("limits of CPU and memory ({})", golang::ToString(origin)));
  return draft;
}

}  // namespace hone::ops
