// The line behind a query, whatever driver or ORM stands between: asks an endpoint once more while the proxy holds the
// reply to one statement, and reads from a dump of the service's goroutines who waits for it.
//
// Never in a window whose times or counts are measured: what is asked here is drained and left out by the caller.
#pragma once

#include <future>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "golang/query_caller.h"
#include "golang/symbols.h"
#include "ops/measurer.h"
#include "ops/rig.h"
#include "ops/user.h"
#include "project/scenario.h"
#include "sql/exchange.h"
#include "sql/recording.h"

namespace hone::ops {

// Who asked one query of an endpoint.
struct QueryCaller {
  std::string query = {};  // its normalised text: a subject's name
  golang::Caller caller = {};
};

// The shortest statement_timeout that the recorded statements set; empty: they set none.
std::optional<base::Nanos> ShortestTimeout(const sql::Recording& recording);

class HeldReplies {
 public:
  // All must outlive it. `user` is used while nobody else asks.
  HeldReplies(Rig& rig, Measurer& measurer, User& user, const std::vector<golang::Module>& modules,
              const base::Task& task)
      : rig_(&rig), measurer_(&measurer), user_(&user), modules_(&modules), task_(&task) {}

  // Whether replies can be held at all: there are a proxy and pprof, and none of the service's requests failed for it.
  bool usable() const;

  // Learns from what was recorded how long a reply may be held.
  void Heed(const sql::Recording& recording);

  // Asks `scenario` once with `assignment`, which has `query` executed, and keeps the dump as a capture. Empty where
  // the caller cannot be told. With `refusals` the request may be refused for its rows' state (IsOfState) once the
  // query has run. Fails only where hone itself cannot go on.
  base::Result<std::optional<QueryCaller>> Find(const project::Scenario& scenario,
                                                const project::Assignment& assignment, const sql::Query& query,
                                                const evidence::Scope& scope, bool refusals);

  const std::vector<std::string>& caveats() const { return caveats_; }

 private:
  std::optional<std::vector<golang::Goroutine>> Dump() const;
  bool WaitHeld(std::future<base::Result<Asked>>& asked) const;
  std::optional<golang::Caller> Read(std::span<const golang::Goroutine> before,
                                     std::vector<golang::Goroutine>& held) const;
  void StopHolding(const std::string& why);

  Rig* rig_;
  Measurer* measurer_;
  User* user_;
  const std::vector<golang::Module>* modules_;
  const base::Task* task_;
  base::Nanos at_most_ = 250'000'000;
  bool stopped_ = false;
  std::vector<std::string> caveats_;
};

}  // namespace hone::ops
