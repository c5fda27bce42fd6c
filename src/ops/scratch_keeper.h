// The process that drops a scratch database: hone starts itself once more for it, under the guardian, which tells it to
// when hone has ended, however that was.
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "host/child.h"
#include "host/guardian.h"
#include "pg/dsn.h"

namespace hone::ops {

// Starts it for the scratch database `name` beside the one of `beside`; before that is made, so that there is no moment
// in which nobody would drop it. Stopping the child drops the database.
base::Result<host::Child> StartScratchKeeper(const pg::Dsn& beside, const std::string& name,
                                             const host::Guardian& guardian);

// How long the keeper may take once it is told to stop.
inline constexpr std::chrono::milliseconds kScratchGrace = std::chrono::seconds(30);

// What that process does: waits until the task is cancelled (SIGTERM), then drops the database and its copies. The way
// in is in its environment.
base::Result<void> KeepScratch(const std::string& name, base::Task& task);

}  // namespace hone::ops
