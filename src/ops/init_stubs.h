// The [[stub]] sections of a drafted hone.toml: who answers the HTTP requests that the service sends to others.
#pragma once

#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_settings.h"

namespace hone::ops {

// One stub, and the variable, flag or key of a configuration file by which the service is pointed at it.
struct StubDraft {
  enum class Where { kVariable, kFlag, kKey };
  Where where = Where::kVariable;
  Setting setting = {};
  std::string text = {};                  // [[stub]] with its answers
  std::string found = {};                 // a sentence
  std::vector<std::string> missing = {};  // sentences: what a person has to look at
};

struct StubDrafts {
  std::vector<StubDraft> stubs = {};
  std::vector<std::string> missing = {};  // requests that no stub can answer
};

// For the program whose main package is `main`. `taken` are variables, flags and keys that are set already: what they
// name is no other service. Answers are made up from the Go types that they are decoded into. Pure.
StubDrafts DraftStubs(const golang::Inspection& inspection, const std::string& main,
                      const std::vector<std::string>& taken);

}  // namespace hone::ops
