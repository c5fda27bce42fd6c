// One user of the service: sends a scenario's requests over one connection, one at a time, and checks every answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "net/http_client.h"
#include "ops/rig.h"
#include "project/scenario.h"

namespace hone::ops {

// What came of one request. `answer` is there whenever one came; `wrong` says why it is not what the scenario wants (no
// value of it).
struct Asked {
  std::optional<net::HttpAnswer> answer = {};
  std::optional<base::Error> wrong = {};
};

class User {
 public:
  // `rig` and `task` must outlive the user; `sequence` counts ${seq} up over the whole run.
  User(Rig& rig, const base::Task& task, uint64_t& sequence) : rig_(&rig), task_(&task), sequence_(&sequence) {}

  // Sends one request; one that is refused with 401 once more, with new logins and tokens. Fails only where hone itself
  // cannot go on: the task is cancelled, the service is gone, a request cannot be built.
  base::Result<Asked> Ask(const project::Scenario& scenario, const project::Assignment& assignment);

  // Starts afresh with a new connection (after the service was restarted).
  void Reconnect() { connection_.reset(); }

 private:
  base::Result<Asked> AskOnce(const project::Scenario& scenario, const project::Assignment& assignment);

  Rig* rig_;
  const base::Task* task_;
  uint64_t* sequence_;
  std::optional<net::HttpConnection> connection_;
};

}  // namespace hone::ops
