// How a drafted hone.toml's requests get in where the service verifies tokens that others issue: [jwt], [[token]], and
// how the service is given the key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "golang/inspection.h"
#include "ops/init_deployment.h"
#include "ops/init_settings.h"

namespace hone::ops {

struct TokenDraft {
  std::vector<Setting> env = {};           // that hand the key, and what the service demands of tokens, to it
  std::vector<Setting> flags = {};         // likewise
  std::vector<Setting> config = {};        // likewise, keys of a configuration file
  std::vector<std::string> unneeded = {};  // variables of keys that are not used
  std::string algorithm = {};              // "HS256"; empty: no token is drafted
  std::string files = {};                  // [[service.file]]
  std::string text = {};                   // [jwt] and [[token]]
  std::string header = {};                 // a line of [headers]: see TokenHeader()
  std::vector<std::string> found = {};     // sentences
  std::vector<std::string> missing = {};   // sentences: what a person has to look at
};

// For the program whose main package is `main`; nothing where it verifies no tokens. Without a key that can be handed
// to it only sentences. Pure.
TokenDraft DraftTokens(const golang::Inspection& inspection, const std::string& main, const Deployment& deployment);

// The line of [headers] by which a request of that program carries the token `value` ("${token.user}"): where its code
// was seen to read tokens, else Authorization. Empty where it reads them from the query only.
std::string TokenHeader(const golang::Inspection& inspection, const std::string& main, std::string_view value);

}  // namespace hone::ops
