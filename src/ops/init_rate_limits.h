// Limits on requests that a variable of the service sets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/source_texts.h"

namespace hone::ops {

struct RateLimit {
  std::string text = {};      // for [service.env]
  std::string sentence = {};  // what was found, or what is missing
  bool off = false;           // the text switches it off
};

// Of a variable whose name and default say that it limits requests (RATE_LIMIT_RPS = 20). It is switched off where a
// document says that 0 does so ("RATE_LIMIT_RPS=0 turns it off"); else it is left for a person to decide.
std::optional<RateLimit> FindRateLimit(const golang::EnvVariable& variable, const std::vector<SourceText>& texts);

}  // namespace hone::ops
