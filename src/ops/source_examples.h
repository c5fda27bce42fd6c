// What a repository's own documents, sources and tests show of its API: example requests and credentials of its seed
// data. Plain text search.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone::ops {

// A text file of a repository.
struct SourceText {
  std::string file = {};  // relative to the repository
  std::string text = {};
};

// The texts below `repository` that may hold examples: documents, HTTP and shell scripts, Go, JSON and YAML, up to 256
// KiB each and 5,000 files, documents first, then sources, then tests; and SQL, which holds tables. Hidden, vendored
// and generated folders, and `skip`, are left out, and what is `ignored` by git (golang::Inspection), which is a
// person's own.
std::vector<SourceText> ReadSourceTexts(const std::filesystem::path& repository, std::string_view skip,
                                        const std::vector<std::string>& ignored);

// Something that was found, and where: "README.md:12".
template <typename T>
struct Example {
  T value = {};
  std::string origin = {};
};

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

// Values for the text fields of a login's body: a JSON object that has them all, otherwise the words of a document (see
// prose_credentials.h), otherwise constants that are called like them (Password, StaffEmail), those of seed code first,
// whose accounts need no name either. Empty if any field has none. JSON and YAML count only
// where a folder or name says that they are examples, seed data or documents: others may be somebody's own settings.
std::optional<Example<std::map<std::string, std::string>>> FindCredentials(const std::vector<SourceText>& texts,
                                                                           const std::vector<std::string>& fields);

}  // namespace hone::ops
