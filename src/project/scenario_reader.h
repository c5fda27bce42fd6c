// Reads [[login]], [[setup]], [[cleanup]] and [[scenario]] of hone.toml.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"
#include "project/section.h"

namespace hone::project {

// Reads [[login]] into `project` and adds the names that its captures define to `scope`.
void ReadLogins(Section& root, Scope& scope, Project& project);

// Reads what `section`'s [capture] table takes from an answer, used as ${KIND.NAME.KEY}.
std::vector<Capture> ReadCaptures(Section& section, std::string_view kind, std::string_view name);

// A text, number or truth value as the text that stands for it.
std::optional<std::string> ScalarText(const TomlNode& node);

// Letters, digits and _, no digit first.
bool IsIdentifier(std::string_view name);

// Reads [headers] and [[scenario]] into `project`, and orders the scenarios.
void ReadScenarios(Section& root, const Scope& scope, Project& project);

// Whether `pointer` is a JSON pointer (RFC 6901): empty, or beginning with a slash, ~ only as ~0 and ~1.
bool IsPointer(std::string_view pointer);

}  // namespace hone::project
