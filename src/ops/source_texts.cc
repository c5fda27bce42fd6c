#include "ops/source_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/files.h"
#include "ops/postman.h"
#include "ops/shell_dates.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
constexpr uint64_t kMostBytes = uint64_t{256} << 10;
constexpr size_t kMostFiles = 5000;

bool IsSkipped(const std::string& folder) {
  constexpr std::array<std::string_view, 4> kSkipped = {"vendor", "node_modules", "testdata", "third_party"};
  return folder.starts_with('.') || std::ranges::find(kSkipped, folder) != kSkipped.end();
}

bool IsIgnored(std::string_view file, const std::vector<std::string>& ignored) {
  return std::ranges::any_of(ignored, [&](const std::string& one) {
    return one == "./" || file == one || (one.ends_with('/') && file.starts_with(one));
  });
}

// Whether one of the words of a file's or folder's name ("users.seed.json", "api-docs") is among `wanted`.
bool HasWord(std::string_view name, std::span<const std::string_view> wanted) {
  while (!name.empty()) {
    const size_t end = std::min(name.find_first_of("._-"), name.size());
    if (std::ranges::find(wanted, name.substr(0, end)) != wanted.end()) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

bool IsNameCharacter(char c) { return base::IsAlphanumeric(c) || c == '_'; }

// A variable and what it is.
struct Named {
  std::string name = {};
  std::string value = {};
};

// The name before an equals sign, which stands alone there: "B" of "export B".
std::string_view NameBefore(std::string_view before) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  size_t begin = before.size();
  while (begin > 0 && IsNameCharacter(before[begin - 1])) --begin;
  const bool alone = begin == 0 || std::string_view(" @\t").find(before[begin - 1]) != std::string_view::npos;
  return alone ? before.substr(begin) : std::string_view();
}

// Whether it is an address with a path, which no query follows.
bool IsAddress(std::string_view value) {
  constexpr std::array<std::string_view, 4> kBeginnings = {"http://", "https://", "localhost", "127.0.0.1"};
  const auto found = std::ranges::find_if(kBeginnings, [&](std::string_view each) { return value.starts_with(each); });
  return found != kBeginnings.end() && value.find('/', found->size()) != value.npos &&
         value.find_first_of("?$<{") == value.npos;
}

// Whether a command of its own sets the variable to an id, a code or a day: "ORDER=717982dd-6ff5", and not the
// environment of a program ("PORT=8080 go run ."). What lets somebody in is looked for by its name.
bool IsPlain(std::string_view name, std::string_view value, std::string_view behind) {
  constexpr std::array<std::string_view, 15> kSecrets = {"token",   "key",    "secret", "pass", "auth",
                                                         "jwt",     "cookie", "pwd",    "pin",  "otp",
                                                         "session", "sid",    "cred",   "sig",  "pw"};
  const std::string lower = base::LowerCase(name);
  const auto is_part = [](char c) { return base::IsAlphanumeric(c) || std::string_view("._-").contains(c); };
  while (behind.starts_with(' ') || behind.starts_with('"') || behind.starts_with('\'')) behind.remove_prefix(1);
  return !value.empty() && std::ranges::all_of(value, is_part) && std::ranges::any_of(value, base::IsDigit) &&
         std::ranges::none_of(kSecrets, [&](std::string_view each) { return lower.contains(each); }) &&
         (behind.empty() || std::string_view("\r#;&").contains(behind[0]));
}

// The variables that a line sets: `export B="http://localhost:8080/api/v1"; M=717982dd  # the member`.
void AddNamed(std::string_view line, std::vector<Named>& known) {
  for (size_t at = 0; at < line.size();) {
    const size_t stop = std::min(line.find(';', at), line.size());
    const std::string_view command = line.substr(at, stop - at);
    at = stop + 1;
    const size_t equals = command.find('=');
    if (equals == command.npos) continue;
    const std::string_view name = NameBefore(command.substr(0, equals));
    std::string_view value = command.substr(equals + 1);
    while (value.starts_with(' ') || value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
    const size_t end = std::min(value.find_first_of(" \t\r\"'`"), value.size());
    const std::string_view behind = value.substr(end);
    value = value.substr(0, end);
    while (value.ends_with('/')) value.remove_suffix(1);
    if (name.empty()) continue;
    // What is computed is known by its name only.
    const bool told = IsAddress(value) || IsPlain(name, value, behind);
    known.push_back({std::string(name), told ? std::string(value) : std::string()});
  }
}

// Leaves those that are always the same, and addresses.
void DropChanging(std::vector<Named>& known) {
  const std::vector<Named> all = known;
  std::erase_if(known, [&](const Named& named) {
    return named.value.empty() || std::ranges::any_of(all, [&](const Named& other) {
             return other.name == named.name && other.value != named.value && !IsAddress(named.value);
           });
  });
}

// "$NAME", "${NAME}" and "{{NAME}}" with what they stand for.
void PutInPlace(const Named& named, std::string& text) {
  for (const std::string& written :
       {"${" + named.name + "}", "{{" + named.name + "}}", "{{ " + named.name + " }}", "$" + named.name}) {
    for (size_t at = text.find(written); at != text.npos; at = text.find(written, at)) {
      const size_t end = at + written.size();
      if (written.back() != '}' && end < text.size() && IsNameCharacter(text[end])) {
        at = end;
        continue;
      }
      text.replace(at, written.size(), named.value);
      at += named.value.size();
    }
  }
}

}  // namespace

std::string WithVariables(std::string text) {
  constexpr int kDeep = 2;  // API=$BASE/v1
  for (int i = 0; i < kDeep; ++i) {
    std::vector<Named> known;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      AddNamed(std::string_view(text).substr(begin, end - begin), known);
      begin = end + 1;
    }
    DropChanging(known);
    for (const Named& named : known) PutInPlace(named, text);
  }
  return text;
}

TextKind KindOf(std::string_view file) {
  const std::string extension = fs::path(file).extension().string();
  if (file.ends_with("_test.go") || file.contains("test/") || file.contains("tests/")) return TextKind::test;
  if (IsPostmanCollection(file)) return TextKind::document;
  for (const char* document : {".md", ".http", ".rest", ".sh", ".txt", ".adoc", ".rst"}) {
    if (extension == document) return TextKind::document;
  }
  for (const char* source : {".go", ".json", ".yaml", ".yml"}) {
    if (extension == source) return TextKind::source;
  }
  return extension == ".sql" ? TextKind::sql : TextKind::none;
}

bool IsForEverybody(std::string_view file) {
  constexpr std::array<std::string_view, 8> kData = {"seed",    "seeds",    "fixture", "fixtures",
                                                     "example", "examples", "sample",  "samples"};
  constexpr std::array<std::string_view, 6> kFolders = {"test", "tests", "doc", "docs", "demo", "demos"};
  constexpr std::array<std::string_view, 2> kDocuments = {"openapi", "swagger"};
  const std::string path = base::LowerCase(file);
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".go") return true;
  if (extension == ".sql") return false;
  if (path.contains("private")) return false;
  if (IsPostmanCollection(path)) return true;
  if (extension != ".json" && extension != ".yaml" && extension != ".yml") return true;
  const std::string name = fs::path(path).filename().string();
  if (HasWord(name, kData) || HasWord(name, kDocuments)) return true;
  return std::ranges::any_of(fs::path(path).parent_path(), [&](const fs::path& folder) {
    return HasWord(folder.string(), kData) || HasWord(folder.string(), kFolders);
  });
}

std::string OriginOf(const SourceText& source, size_t at) {
  return fmt::format("{}:{}", source.file,
                     1 + std::count(source.text.begin(), source.text.begin() + static_cast<ptrdiff_t>(at), '\n'));
}

std::vector<SourceText> ReadSourceTexts(const fs::path& repository, std::string_view skip,
                                        const std::vector<std::string>& ignored) {
  std::vector<std::pair<TextKind, std::string>> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(repository, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::recursive_directory_iterator() && files.size() < kMostFiles; entry.increment(error)) {
    std::error_code no_matter;
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(no_matter)) {
      if (IsSkipped(name) || name == skip) entry.disable_recursion_pending();
      continue;
    }
    const std::string relative = entry->path().lexically_relative(repository).generic_string();
    const TextKind kind = KindOf(relative);
    if (kind != TextKind::none && entry->is_regular_file(no_matter) && !IsIgnored(relative, ignored))
      files.emplace_back(kind, relative);
  }
  std::ranges::sort(files);
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  std::vector<SourceText> texts;
  for (const auto& [kind, file] : files) {
    auto text = base::ReadFile(repository / file, kMostBytes);
    if (!text) continue;
    if (IsPostmanCollection(file)) *text = RequestsOfCollection(*text);
    if (kind == TextKind::document) *text = WithVariables(WithDates(*std::move(text), today));
    texts.push_back({file, *std::move(text)});
  }
  return texts;
}

}  // namespace hone::ops
