// The texts of a repository in which examples, credentials, settings and tables are looked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hone::ops {

// A text file of a repository.
struct SourceText {
  std::string file = {};  // relative to the repository
  std::string text = {};
};

// What a text is by its name, those that say most first; none: it is not read.
enum class TextKind : uint8_t { document, source, test, sql, none };
TextKind KindOf(std::string_view file);

// Whether what a file of that name says is for everybody. Settings in JSON and YAML may be somebody's own.
bool IsForEverybody(std::string_view file);

// "README.md:12" for what stands at `at`.
std::string OriginOf(const SourceText& source, size_t at);

// A document with the variables of the shell, or of a file of HTTP requests, that hold an address with a path
// ("B=http://localhost:8080/api/v1", "@base = http://..."), or an id, code or day that is always the same
// ("M=717982dd-6ff5"), in place of their names ("$B/orders", "{{base}}/orders/$M"), so that whole paths stand in it.
// Its lines stay what they are. Pure.
std::string WithVariables(std::string text);

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

}  // namespace hone::ops
