// Reads [[stub]], [jwt], [[token]], [[setup]] and [[cleanup]] of hone.toml.
#pragma once

#include "project/project.h"
#include "project/section.h"

namespace hone::project {

// Reads [[stub]], [jwt] and [[token]] into `project`.
void ReadUpstreams(Section& root, Project& project);

// Adds the names that they define: stub.NAME, jwt.*, token.NAME.
void AddUpstreamNames(const Project& project, Scope& scope);

// Reads [[setup]] and [[cleanup]] into `project` and adds the names that captures define to `scope`.
void ReadSteps(Section& root, Scope& scope, Project& project);

// Reports tokens that would expire within a load window.
void CheckTokens(const Project& project, Findings& findings);

}  // namespace hone::project
