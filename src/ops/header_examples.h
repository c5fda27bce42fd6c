// Values that a repository shows for a header of requests: in documents, sources and tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/source_texts.h"

namespace hone::ops {

// A value for the header: what stands after its name in a document ("-H 'X-Api-Key: dev'"), else what Go code sets it
// to, else what a document names in backticks behind it ("Header `X-Api-Key`. The seed has `dev-key`."). Values with
// variables or placeholders in them are left out, and JSON Web Tokens, which expire. `looked_up`: a statement compares
// it with a column, so that codes do as well ("names by its code: `NTH STH`").
std::optional<Example<std::string>> FindHeaderValue(const std::vector<SourceText>& texts, std::string_view header,
                                                    bool looked_up = false);

}  // namespace hone::ops
