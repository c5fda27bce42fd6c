// Example requests in tables of documents: a row with a method, a path, and samples in code. Plain text search.
#pragma once

#include <string_view>
#include <vector>

#include "ops/request_examples.h"
#include "ops/source_texts.h"

namespace hone::ops {

// The samples in rows of Markdown tables for `method` and the path template, which the row may write without the API's
// prefix ("/api/v1") and with a query behind it: "| GET | `/boats/{id}` | `17` |". In code behind the path stand values
// of its parameters, queries ("a=1&b=two words") and bodies. At most twenty.
std::vector<RequestExample> FindTableRequests(const std::vector<SourceText>& texts, std::string_view method,
                                              std::string_view path_template);

// Whether all elements of a path are such as an API's prefix has: "/api/v1".
bool IsPrefixOfApi(std::string_view prefix);

}  // namespace hone::ops
