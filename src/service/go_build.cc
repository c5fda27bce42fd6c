#include "service/go_build.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hone::service {
namespace {

// Flags of `go build` whose value may be the next word (`go help build`); all others are switches.
constexpr std::array kTakeValues = {"C",        "o",         "p",        "asmflags",   "buildmode", "buildvcs",
                                    "compiler", "covermode", "coverpkg", "gccgoflags", "gcflags",   "installsuffix",
                                    "ldflags",  "mod",       "modfile",  "overlay",    "pgo",       "pkgdir",
                                    "tags",     "toolexec"};

// Of these `buildvcs` is a switch unless it holds its value itself.
bool TakesNext(std::string_view name) {
  return name != "buildvcs" && std::ranges::find(kTakeValues, name) != kTakeValues.end();
}

struct Flag {
  std::string_view name = {};  // empty: the word is no flag
  bool has_value = false;      // in the same word
};

Flag ReadFlag(std::string_view word) {
  if (!word.starts_with('-') || word == "-" || word == "--") return {};
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const size_t equals = word.find('=');
  return {word.substr(0, equals), equals != std::string_view::npos};
}

// How many words the flag at `at` takes; 0 where none is there.
size_t FlagWords(const std::vector<std::string>& words, size_t at) {
  const Flag flag = at < words.size() ? ReadFlag(words[at]) : Flag();
  if (flag.name.empty()) return 0;
  const bool two = !flag.has_value && TakesNext(flag.name) && at + 1 < words.size();
  return two ? 2 : 1;
}

bool IsAssignment(const std::string& word) {
  const size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 && word.find('/') > equals && !word.starts_with('-');
}

bool IsGo(std::string_view word) { return word.substr(word.rfind('/') + 1) == "go"; }

bool NamesFiles(const std::vector<std::string>& words, const GoBuild& build) {
  return build.arguments < words.size() && words[build.arguments].ends_with(".go");
}

}  // namespace

std::optional<GoBuild> ParseGoBuild(const std::vector<std::string>& words) {
  GoBuild build;
  if (!words.empty() && words[0] == "env") ++build.go;
  while (build.go > 0 && build.go < words.size() && IsAssignment(words[build.go])) ++build.go;
  if (build.go + 1 >= words.size() || !IsGo(words[build.go]) || words[build.go + 1] != "build") return std::nullopt;
  build.flags = build.go + 2;
  if (build.flags < words.size() && ReadFlag(words[build.flags]).name == "C")
    build.flags += FlagWords(words, build.flags);
  build.arguments = build.flags;
  while (const size_t count = FlagWords(words, build.arguments)) {
    if (ReadFlag(words[build.arguments]).name == "overlay") build.overlay = true;
    build.arguments += count;
  }
  if (build.arguments < words.size() && words[build.arguments] == "--") ++build.arguments;
  return build;
}

std::vector<std::string> ListCommand(const std::vector<std::string>& words, const GoBuild& build,
                                     const std::string& format) {
  const auto at = [&](size_t index) { return words.begin() + static_cast<std::ptrdiff_t>(index); };
  std::vector<std::string> list(at(0), at(build.flags));
  list[build.go + 1] = "list";
  list.insert(list.end(), {"-f", format});
  for (size_t i = build.flags; i < build.arguments;) {
    const size_t count = std::max<size_t>(FlagWords(words, i), 1);
    const std::string_view name = ReadFlag(words[i]).name;
    if (name != "o" && name != "json") list.insert(list.end(), at(i), at(i + count));
    i += count;
  }
  list.insert(list.end(), at(build.arguments), words.end());
  return list;
}

std::vector<std::string> WithOverlay(std::vector<std::string> words, const GoBuild& build, const std::string& file,
                                     const std::string& added) {
  if (NamesFiles(words, build)) {
    // As the others are named: go compares the folders of files as they are written.
    const std::string& other = words[build.arguments];
    words.push_back(other.substr(0, other.rfind('/') + 1) + added);
  }
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(build.flags), "-overlay=" + file);
  return words;
}

}  // namespace hone::service
