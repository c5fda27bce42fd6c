// Any bytes as hone.toml: read or refused, never a crash; what is read has sound references.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "project/project.h"
#include "project/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone::project;
  const auto project = ParseProject({reinterpret_cast<const char*>(data), size}, "/repo/benchmarks/hone.toml");
  if (!project) {
    if (project.error().empty() || project.error().size() > kMostProblems) std::abort();
    return 0;
  }
  if (project->order.size() != project->scenarios.size()) std::abort();
  const RequestContext context;
  for (const Scenario& scenario : project->scenarios) {
    const auto assignments = QuietAssignments(scenario, Learned(), 1);
    if (!assignments) continue;
    for (const Assignment& assignment : *assignments) (void)BuildRequest(scenario, assignment, context, 1);
  }
  return 0;
}
