// How a drafted hone.toml's requests get in: [[login]] and [headers].
#pragma once

#include <map>
#include <string>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_settings.h"
#include "ops/source_texts.h"

namespace hone::ops {

struct AccessDraft {
  std::string text = {};
  std::vector<Setting> env = {};  // that the service compares headers with
  std::vector<std::string> found = {};
  std::vector<std::string> missing = {};
  std::map<std::string, std::string> sent = {};  // headers with values that are shown, by their names in lower case
  std::string password = {};                     // of the account that logs in; empty: none is shown
  const golang::Route* login = nullptr;          // that logs in; it is no scenario
};

// The route that takes a password and answers with a token or sets a cookie, with an account that the repository shows;
// and the headers that the middleware of the main package reads, with values that it shows. `main` may be empty.
// `token` is the line of [headers] for a token that Hone makes; empty: it makes none.
AccessDraft DraftAccess(const golang::Inspection& inspection, const std::string& main,
                        const std::vector<const golang::Route*>& routes, const std::vector<SourceText>& texts,
                        const std::string& token);

// Whether one of the routes of `main` logs in.
bool LogsIn(const golang::Inspection& inspection, const std::string& main);

}  // namespace hone::ops
