// A `go build` command line taken apart, as far as it takes to ask `go list` about the same package and to add flags.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace hone::service {

// Indexes are into the words that were parsed.
struct GoBuild {
  size_t go = 0;         // the word that is go itself: `env NAME=VALUE ...` may stand before it
  size_t flags = 0;      // the first word behind `build`, and behind -C, which must come first
  size_t arguments = 0;  // the first that is no flag: packages or files; the number of words where there is none
  bool overlay = false;  // has an -overlay of its own

  bool operator==(const GoBuild&) const = default;
};

// Empty where the words are not `go build ...` or `env ... go build ...`.
std::optional<GoBuild> ParseGoBuild(const std::vector<std::string>& words);

// `go list -f format` about what `words` build: the same flags without those that `go list` does not know.
std::vector<std::string> ListCommand(const std::vector<std::string>& words, const GoBuild& build,
                                     const std::string& format);

// The same build with `-overlay file`; where it names files, `added` (a name beside them) is named, too.
std::vector<std::string> WithOverlay(std::vector<std::string> words, const GoBuild& build, const std::string& file,
                                     const std::string& added);

}  // namespace hone::service
