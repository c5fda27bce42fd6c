// Which version of a thing a request is based on, where a service refuses changes of any other (optimistic locking).
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/init_making.h"

namespace hone::ops {

// Whether a name is that of a row's version: "version", "expectedVersion", "lock_version", "revision".
bool IsVersion(std::string_view name);

// What stands for the version of the thing that a route's path names, which its own GET answers with or its table has:
// "${version}". Nothing where neither does, or the route makes a new thing.
std::optional<std::string> VersionOfThing(const RouteContext& context, const std::string& wanted, Making& making);

// Gives a handler that reads If-Match the tag that the thing's own GET answers with, or else its version (RFC 9110,
// section 13.1.1).
void MakeIfMatch(const RouteContext& context, Making& making);

}  // namespace hone::ops
