// Whether the answer of an endpoint waits for the round trips of a loop one after the other: asks it with a known delay
// of these replies and without it, in alternation.
//
// What is asked here is drained and left out of every count by the caller.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/task.h"
#include "ops/rig.h"
#include "ops/user.h"
#include "project/scenario.h"
#include "sql/delay_check.h"
#include "sql/exchange.h"

namespace hone::ops {

class DelayProbe {
 public:
  // All must outlive it. `user` is used while nobody else asks.
  DelayProbe(Rig& rig, User& user, const base::Task& task) : rig_(&rig), user_(&user), task_(&task) {}

  // Delays the replies to `query` by `delay_ns` in one request of each pair. Empty where a request was not answered as
  // expected: a service may have deadlines of its own. Fails only where hone itself cannot go on.
  base::Result<std::optional<sql::DelayCheck>> Probe(const project::Scenario& scenario,
                                                     const project::Assignment& assignment, const sql::Query& query,
                                                     base::Nanos delay_ns);

 private:
  base::Result<std::optional<base::Nanos>> AskOnce(const project::Scenario& scenario,
                                                   const project::Assignment& assignment);

  Rig* rig_;
  User* user_;
  const base::Task* task_;
};

}  // namespace hone::ops
