// A user and password for HTTP's Basic authentication (RFC 7617) that a repository shows. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/source_texts.h"

namespace hone::ops {

// "admin:secret": what a document hands to curl ("-u admin:secret"), else names after the words "basic auth"
// ("`admin` / `secret`", "`admin:secret`"), else what Go code calls SetBasicAuth with. Those with variables or
// placeholders are left out.
std::optional<Example<std::string>> FindBasicCredentials(const std::vector<SourceText>& texts);

// The value of the header Authorization for that.
std::string BasicAuthorization(const std::string& credentials);

}  // namespace hone::ops
