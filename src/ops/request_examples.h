// Example requests in a repository's own documents, sources and tests. Plain text search.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/source_texts.h"

namespace hone::ops {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The queries of example requests to the path template ("/orders/{id}"), as names and values still percent-encoded;
// values with format verbs or variables in them are left out.
std::vector<Example<Pairs>> FindQueries(const std::vector<SourceText>& texts, std::string_view path_template);

// What a repository's documents show of one request.
struct RequestExample {
  std::map<std::string, std::string> path = {};  // values by the names of the template's parameters
  Pairs query = {};                              // as FindQueries has it
  std::string body = {};                         // a JSON object; empty: none is shown
  bool sent = false;                             // by a command, and not only named
  std::string origin = {};
};

// The example requests in documents, at most twenty: of `method` as far as that is said where the path stands, "GET"
// where nothing is said and nothing is sent. Those whose path holds placeholders are left out, and bodies with
// variables.
std::vector<RequestExample> FindRequests(const std::vector<SourceText>& texts, std::string_view method,
                                         std::string_view path_template);

}  // namespace hone::ops
