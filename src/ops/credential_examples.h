// Credentials of a repository's own seed data. Plain text search.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/source_texts.h"

namespace hone::ops {

// Values for the text fields of a login's body: a JSON object that has them all (or, in documents, a form: `a=1&b=2`,
// `-d a=1 -d b=2`; also by variables of a shell or of a file of requests), otherwise the words of a document (see
// prose_credentials.h), otherwise constants that are called like them (Password, StaffEmail), those of seed code first,
// whose accounts need no name either. Empty if any field has none. JSON and YAML count only
// where a folder or name says that they are examples, seed data or documents: others may be somebody's own settings.
std::optional<Example<std::map<std::string, std::string>>> FindCredentials(const std::vector<SourceText>& texts,
                                                                           const std::vector<std::string>& fields);

}  // namespace hone::ops
