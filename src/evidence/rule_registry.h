// The registry of all rules: their stable names, what each means, and how grave a finding of it is unless it says
// otherwise.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "evidence/model.h"

namespace hone::evidence {

struct Rule {
  std::string_view name;     // "sql.n_plus_one": never changes, scripts and accepted.toml hold it
  std::string_view meaning;  // one line
  Severity severity = Severity::kMedium;
  bool implemented = false;  // false: the name is taken, no finding has it yet
};

// All of them, ordered by name; lives as long as the process.
std::span<const Rule> Rules();

// The rule of this name, or null.
const Rule* FindRule(std::string_view name);

// Where it is documented, relative to the repository: "docs/rules/sql.n_plus_one.md".
std::string RulePage(const Rule& rule);

}  // namespace hone::evidence
