// The dry run: each scenario once, one user, every answer checked, before anything is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "net/http_client.h"
#include "ops/rig.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// What is known of a scenario after the dry run.
struct Tried {
  bool usable = false;                        // may be measured
  std::optional<int64_t> request_limit = {};  // the service says that it limits requests: so many in its window
  // A writer that accepts each set of values once, or only those of some rows (an order that is open): see IsOfState.
  bool once = false;
  bool some = false;

  // Each set of values is to be sent once then, and what is refused left out.
  bool choosy() const { return once || some; }
};

struct DryRun {
  project::Learned learned = {};
  std::vector<Tried> tried = {};  // one a scenario of the project
  std::vector<evidence::NotJudged> not_judged = {};
  std::vector<std::string> caveats = {};
  bool wrote = false;  // a writing scenario ran: the rig must be refreshed
};

// Asks the scenarios of `selected` (indexes; and those that they take values from). Fails only where hone cannot go on.
base::Result<DryRun> RunDry(const project::Project& project, const std::vector<size_t>& selected, Rig& rig,
                            const base::Task& task, uint64_t& sequence);

// The limit that an answer's headers announce (X-RateLimit-Limit, RateLimit-Limit, RateLimit-Policy), if any. Sources:
// RFC 6585 section 4, draft-ietf-httpapi-ratelimit-headers.
std::optional<int64_t> AnnouncedLimit(const net::HttpAnswer& answer);

// Why a scenario whose answer was wrong cannot be judged, in words that name limiters and missing rights for what they
// are.
evidence::NotJudged Unusable(const std::string& endpoint, const std::optional<net::HttpAnswer>& answer,
                             const base::Error& wrong);

}  // namespace hone::ops
