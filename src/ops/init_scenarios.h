// Drafts [[login]], [headers] and [[scenario]] of a hone.toml from the routes of a service.
#pragma once

#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_settings.h"
#include "ops/source_texts.h"

namespace hone::ops {

struct ScenarioDraft {
  std::string text = {};
  std::vector<Setting> env = {};          // what the service must be given for them
  std::vector<std::string> found = {};    // sentences
  std::vector<std::string> missing = {};  // sentences: what a person has to look at
  int driven = 0;                         // scenarios that are not commented out
};

// Pure; the same input gives the same text. `main` is the package of the service; routes of others are left out.
// `token` is the line of [headers] for a token that Hone makes, or empty.
ScenarioDraft DraftScenarios(const golang::Inspection& inspection, const std::string& main,
                             const std::vector<SourceText>& texts, const std::string& token = {});

// The line `status = ...` for the good statuses of a route, out of the code or else of an OpenAPI document; empty for
// 200.
std::string StatusLine(const golang::Route& route, const golang::Operation* operation = nullptr);

// Whether a route answers with profiles or metrics, not with what users ask for.
bool IsDebugRoute(const golang::Inspection& inspection, const golang::Route& route);

}  // namespace hone::ops
