// Reads [[scenario]] and [[login]] of hone.toml.
#pragma once

#include <string>
#include <vector>

#include "project/project.h"
#include "project/section.h"

namespace hone::project {

// Reads [[login]] into `project` and adds the names that its captures define to `scope`.
void ReadLogins(Section& root, Scope& scope, Project& project);

// Reads [headers] and [[scenario]] into `project`, and orders the scenarios.
void ReadScenarios(Section& root, const Scope& scope, Project& project);

// Whether `pointer` is a JSON pointer (RFC 6901): empty, or beginning with a slash, ~ only as ~0 and ~1.
bool IsPointer(std::string_view pointer);

}  // namespace hone::project
