#include "ops/load_set.h"

#include <algorithm>
#include <cmath>

#include "net/http_client.h"

namespace hone::ops {
namespace {

constexpr uint64_t kLoadSeed = 7;
constexpr size_t kVariants = 200;

}  // namespace

std::vector<LoadTarget> LoadTargets(const project::Project& project, const DryRun& dry, const Quiet& quiet) {
  std::vector<LoadTarget> targets;
  for (const QuietEndpoint& endpoint : quiet.endpoints) {
    const project::Scenario& scenario = project.scenarios[endpoint.scenario];
    const Tried& tried = dry.tried[endpoint.scenario];
    if (endpoint.failed || tried.request_limit || tried.choosy() || endpoint.refuses ||
        endpoint.typical.response_ns <= 0)
      continue;
    targets.push_back({endpoint.scenario, endpoint.endpoint, scenario.weight, scenario.writes, endpoint.typical});
  }
  return targets;
}

base::Result<load::LoadEndpoint> PrepareLoad(const project::Project& project, const LoadTarget& target,
                                             const project::Learned& learned, const Rig& rig, uint64_t& sequence,
                                             double requests) {
  const project::Scenario& scenario = project.scenarios[target.scenario];
  const bool unique = project::IsUnique(scenario);
  // Poisson arrivals exceed their mean by more than six standard deviations once in a thousand million runs.
  const size_t count = unique ? static_cast<size_t>(std::ceil(requests + 6 * std::sqrt(requests) + 10)) : kVariants;
  HONE_TRY(const auto assignments, project::LoadAssignments(scenario, learned, kLoadSeed, count));
  load::LoadEndpoint endpoint;
  endpoint.name = target.endpoint;
  endpoint.statuses = scenario.status;
  endpoint.weight = target.weight;
  endpoint.head = scenario.method == "HEAD";
  endpoint.in_order = unique;
  const size_t variants = unique ? count : assignments.size();
  for (size_t i = 0; i < variants; ++i) {
    HONE_TRY(const net::HttpRequest request,
             project::BuildRequest(scenario, assignments[i % assignments.size()], rig.context(), sequence++));
    HONE_TRY(endpoint.variants.emplace_back(), net::Serialise(request, rig.address()));
  }
  return endpoint;
}

double RateAlone(const TypicalCost& typical, double cores, double share) {
  constexpr double kUnderWay = 2.5;  // enough for locks to meet, few enough not to queue
  constexpr double kHighest = 5000;
  constexpr double kLowest = 2;
  const auto response = static_cast<double>(std::max<int64_t>(typical.response_ns, 1));
  const auto logic = static_cast<double>(typical.service_cpu_ns >= 0 ? typical.service_cpu_ns : typical.response_ns);
  const double cpu = logic + static_cast<double>(std::max<int64_t>(typical.db_ns, 0));
  return std::clamp(std::min(kUnderWay * 1e9 / response, share * cores * 1e9 / std::max(cpu, 1.0)), kLowest, kHighest);
}

}  // namespace hone::ops
