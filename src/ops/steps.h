// Sends the requests of [[login]], [[setup]] and [[cleanup]], one at a time.
#pragma once

#include <functional>

#include "base/error.h"
#include "base/task.h"
#include "net/http_client.h"
#include "net/url.h"
#include "project/project.h"
#include "project/scenario.h"

namespace hone::ops {

// One request over a connection of its own.
base::Result<net::HttpAnswer> SendOnce(const net::Address& address, const net::HttpRequest& request, base::Task& task);

// Sends a set-up step until its answer is the wanted one, and captures. `renew` is called once, after a 401 that is not
// wanted: it makes the context's tokens anew. kTimeout where an `until` does not come true in time; otherwise as
// project::CheckStep and CaptureStep.
base::Result<project::Values> RunSetup(const project::Step& step, const project::RequestContext& context,
                                       const net::Address& address, const std::function<base::Result<void>()>& renew,
                                       base::Task& task);

// Sends a clean-up step; a cancelled task does not stop it.
base::Result<void> RunCleanup(const project::Step& step, const project::RequestContext& context,
                              const net::Address& address);

// Whether a value that was never captured (or made) stands in the step: then there is nothing to undo.
bool LacksValue(const project::Step& step, const project::RequestContext& context);

// Whether it can change anything (RFC 9110, section 9.2.1).
bool Writes(const project::Step& step);

}  // namespace hone::ops
