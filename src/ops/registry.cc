#include "ops/registry.h"

#include <vector>

#include "load/methods.h"
#include "load/size_methods.h"
#include "metrics/cgroup.h"
#include "metrics/methods.h"
#include "ops/peers.h"
#include "ops/perturbation.h"
#include "ops/pool_bounds.h"
#include "ops/process_watch.h"
#include "ops/request_log.h"
#include "ops/stub_calls.h"
#include "profile/methods.h"
#include "sql/delay_check.h"
#include "sql/existence.h"
#include "sql/indexes.h"
#include "sql/methods.h"
#include "sql/needed_rows.h"
#include "sql/plan_methods.h"
#include "sql/pool_methods.h"
#include "sql/session_counts.h"
#include "sql/set_proof.h"
#include "sql/unused_columns.h"

namespace hone::ops {

std::span<const evidence::Method> AllMethods() {
  static const std::vector<evidence::Method> methods = [] {
    std::vector<evidence::Method> all;
    for (const auto domain : {sql::Methods(),
                              sql::PlanMethods(),
                              sql::IndexMethods(),
                              sql::SetFormMethods(),
                              sql::ColumnMethods(),
                              sql::ExistenceMethods(),
                              sql::NeededRowsMethods(),
                              sql::DelayMethods(),
                              sql::PoolMethods(),
                              load::Methods(),
                              load::SizeMethods(),
                              sql::SessionCountMethods(),
                              PoolBoundMethods(),
                              profile::Methods(),
                              metrics::Methods(),
                              metrics::CgroupMethods(),
                              ProcessMethods(),
                              PeerMethods(),
                              StubMethods(),
                              RequestLogMethods(),
                              ExperimentMethods()}) {
      all.insert(all.end(), domain.begin(), domain.end());
    }
    return all;
  }();
  return methods;
}

}  // namespace hone::ops
