#include "ops/registry.h"

#include <vector>

#include "load/methods.h"
#include "load/size_methods.h"
#include "metrics/methods.h"
#include "ops/perturbation.h"
#include "ops/pool_bounds.h"
#include "ops/process_watch.h"
#include "ops/stub_calls.h"
#include "profile/methods.h"
#include "sql/indexes.h"
#include "sql/methods.h"
#include "sql/plan_methods.h"
#include "sql/pool_methods.h"

namespace hone::ops {

std::span<const evidence::Method> AllMethods() {
  static const std::vector<evidence::Method> methods = [] {
    std::vector<evidence::Method> all;
    for (const auto domain : {sql::Methods(), sql::PlanMethods(), sql::IndexMethods(), sql::PoolMethods(),
                              load::Methods(), load::SizeMethods(), PoolBoundMethods(), profile::Methods(),
                              metrics::Methods(), ProcessMethods(), StubMethods(), ExperimentMethods()}) {
      all.insert(all.end(), domain.begin(), domain.end());
    }
    return all;
  }();
  return methods;
}

}  // namespace hone::ops
