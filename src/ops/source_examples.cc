#include "ops/source_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>

#include "base/ascii.h"
#include "base/files.h"
#include "ops/prose_credentials.h"

namespace hone::ops {
namespace {

namespace fs = std::filesystem;
constexpr uint64_t kMostBytes = uint64_t{256} << 10;
constexpr size_t kMostFiles = 5000;
constexpr size_t kLongestObject = 2000;

bool IsHex(char c) { return base::IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsPathCharacter(char c) {
  return base::IsAlphanumeric(c) || std::string_view("-._~%:@!,+*").find(c) != std::string_view::npos;
}

constexpr int kOfSql = 3;

// Documents 0, sources 1, tests 2, SQL 3; negative: not read.
int RankOf(const fs::path& file) {
  const std::string extension = file.extension().string();
  const std::string name = file.string();
  if (name.ends_with("_test.go") || name.find("test/") != std::string::npos || name.find("tests/") != std::string::npos)
    return 2;
  for (const char* document : {".md", ".http", ".rest", ".sh", ".txt", ".adoc", ".rst"}) {
    if (extension == document) return 0;
  }
  for (const char* source : {".go", ".json", ".yaml", ".yml"}) {
    if (extension == source) return 1;
  }
  return extension == ".sql" ? kOfSql : -1;
}

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

// Whether credentials in a file of that name are for everybody. Settings in JSON and YAML may be somebody's own.
bool MayShowCredentials(std::string_view file) {
  constexpr std::array<std::string_view, 8> kData = {"seed",    "seeds",    "fixture", "fixtures",
                                                     "example", "examples", "sample",  "samples"};
  constexpr std::array<std::string_view, 6> kFolders = {"test", "tests", "doc", "docs", "demo", "demos"};
  constexpr std::array<std::string_view, 2> kDocuments = {"openapi", "swagger"};
  const std::string path = base::LowerCase(file);
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".go") return true;
  if (extension == ".sql") return false;
  if (path.contains("private")) return false;
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

// Whether a path may begin at `at`: nothing of a longer path stands before it, but a port does no harm.
bool BeginsPath(std::string_view text, size_t at) {
  size_t before = at;
  // Behind a variable of the shell with the address: "$BASE/orders".
  size_t name = at;
  while (name > 0 && (base::IsAlphanumeric(text[name - 1]) || text[name - 1] == '_')) --name;
  if (name > 0 && name < at && text[name - 1] == '$') return true;
  while (before > 0 && base::IsDigit(text[before - 1])) --before;
  if (before < at) return before > 0 && text[before - 1] == ':';
  return before == 0 || !(base::IsAlphanumeric(text[before - 1]) ||
                          std::string_view("_-./").find(text[before - 1]) != std::string_view::npos);
}

// The end of the concrete path at `at` that the template describes; npos if it is another one. With `values`, those of
// its parameters.
size_t MatchPath(std::string_view text, size_t at, std::string_view path_template,
                 std::map<std::string, std::string>* values = nullptr) {
  size_t in = 0;
  while (in < path_template.size()) {
    if (path_template[in] == '{') {
      const size_t begin = at;
      while (at < text.size() && IsPathCharacter(text[at])) ++at;
      if (at == begin) return std::string_view::npos;
      const size_t close = std::min(path_template.find('}', in), path_template.size() - 1);
      if (values != nullptr)
        values->emplace(path_template.substr(in + 1, close - in - 1), text.substr(begin, at - begin));
      in = close + 1;
      continue;
    }
    if (at == text.size() || text[at] != path_template[in]) return std::string_view::npos;
    ++at;
    ++in;
  }
  return at;
}

// A format verb is a % that begins no percent-encoding.
bool IsComplete(std::string_view value) {
  if (value.empty() || value.find_first_of("${}<>\\") != std::string_view::npos) return false;
  for (size_t at = value.find('%'); at != std::string_view::npos; at = value.find('%', at + 1)) {
    if (at + 2 >= value.size() || !IsHex(value[at + 1]) || !IsHex(value[at + 2])) return false;
  }
  return true;
}

Pairs SplitQuery(std::string_view query) {
  Pairs pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !IsComplete(pair.substr(equals + 1))) continue;
    pairs.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return pairs;
}

// The JSON object that begins at `at`, also one whose quotes are escaped, as within a Go string.
nlohmann::json ObjectAt(std::string_view text, size_t at) {
  const size_t end = text.find('}', at);
  if (end == std::string_view::npos || end - at > kLongestObject) return {};
  std::string object(text.substr(at, end + 1 - at));
  if (object.find("\\\"") != std::string::npos) std::erase(object, '\\');
  nlohmann::json parsed = nlohmann::json::parse(object, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::json();
}

std::optional<std::map<std::string, std::string>> Take(const nlohmann::json& object,
                                                       const std::vector<std::string>& fields) {
  std::map<std::string, std::string> values;
  for (const std::string& field : fields) {
    // Go's decoder does not mind the case of names.
    auto found = object.find(field);
    for (auto item = object.begin(); found == object.end() && item != object.end(); ++item) {
      if (base::LowerCase(item.key()) == base::LowerCase(field)) found = item;
    }
    if (found == object.end() || !found->is_string()) return std::nullopt;
    const auto value = found->get<std::string>();
    // One letter is what tests write for a wrong password.
    if (value.size() < 2 || value.find_first_of("%$<{") != std::string::npos) return std::nullopt;
    values[field] = value;
  }
  return values;
}

struct Constant {
  std::string value = {};
  std::string origin = {};
  int score = 0;
};

// The text after `NAME =`, `NAME :=` or `NAME:` where NAME ends at `at`.
std::optional<std::string> LiteralAfter(std::string_view text, size_t at) {
  const auto skip = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  };
  skip();
  if (text.substr(at).starts_with("string")) at += 6, skip();
  if (at < text.size() && text[at] == ':') ++at;
  if (at < text.size() && text[at] == '=') ++at;
  skip();
  if (at >= text.size() || (text[at] != '"' && text[at] != '`')) return std::nullopt;
  const size_t end = text.find(text[at], at + 1);
  if (end == std::string_view::npos || end - at > 100) return std::nullopt;
  return std::string(text.substr(at + 1, end - at - 1));
}

bool LooksLike(std::string_view field, std::string_view value) {
  if (field == "email")
    return value.find('@') != std::string_view::npos && value.find_first_of(" %") == std::string_view::npos;
  return value.size() >= 3 && value.find_first_of("%$\\\n") == std::string_view::npos;
}

// The constant of a source text that is called most like `field`.
std::optional<Constant> FindConstant(const std::vector<SourceText>& texts, const std::string& field) {
  std::optional<Constant> best;
  const std::string wanted = base::LowerCase(field);
  for (const SourceText& source : texts) {
    if (!source.file.ends_with(".go")) continue;
    const std::string lower = base::LowerCase(source.text);
    const int place = source.file.find("seed") != std::string::npos ? 20 : RankOf(source.file) == 2 ? 0 : 10;
    for (size_t at = lower.find(wanted); at != std::string::npos; at = lower.find(wanted, at + 1)) {
      const size_t end = at + wanted.size();
      const auto value = LiteralAfter(source.text, end);
      if (!value || !LooksLike(wanted, *value)) continue;
      const bool whole = at == 0 || !base::IsAlphanumeric(source.text[at - 1]);
      const int score = place + (whole ? 1 : 0);
      if (!best || score > best->score) best = Constant{*value, OriginOf(source, at), score};
    }
    if (best || place < 20 || wanted.find("mail") == std::string::npos) continue;
    // Of a list of accounts, which gives no name to each.
    const std::string address = FirstAddress(source.text);
    if (!address.empty()) best = Constant{address, OriginOf(source, source.text.find(address)), 0};
  }
  return best;
}

}  // namespace

std::vector<SourceText> ReadSourceTexts(const fs::path& repository, std::string_view skip,
                                        const std::vector<std::string>& ignored) {
  std::vector<std::pair<int, std::string>> files;
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
    const int rank = RankOf(relative);
    if (rank >= 0 && entry->is_regular_file(no_matter) && !IsIgnored(relative, ignored))
      files.emplace_back(rank, relative);
  }
  std::ranges::sort(files);
  std::vector<SourceText> texts;
  for (const auto& [rank, file] : files) {
    if (auto text = base::ReadFile(repository / file, kMostBytes)) texts.push_back({file, *std::move(text)});
  }
  return texts;
}

namespace {

// The pairs of the query whose question mark stands at `at`.
Pairs QueryAt(std::string_view text, size_t at) {
  const size_t stop = std::min(text.find_first_of(" \t\r\n\"'`)<>#|\\", at), text.size());
  return SplitQuery(text.substr(at + 1, stop - at - 1));
}

}  // namespace

std::vector<Example<Pairs>> FindQueries(const std::vector<SourceText>& texts, std::string_view path_template) {
  std::vector<Example<Pairs>> found;
  const std::string_view fixed = path_template.substr(0, path_template.find('{'));
  for (const SourceText& source : texts) {
    if (RankOf(source.file) == kOfSql) continue;
    for (size_t at = source.text.find(fixed); at != std::string::npos; at = source.text.find(fixed, at + 1)) {
      const size_t end = BeginsPath(source.text, at) ? MatchPath(source.text, at, path_template) : std::string::npos;
      if (end == std::string::npos || end >= source.text.size() || source.text[end] != '?') continue;
      Pairs pairs = QueryAt(source.text, end);
      if (!pairs.empty()) found.push_back({std::move(pairs), OriginOf(source, at)});
    }
  }
  return found;
}

namespace {

constexpr std::array<std::string_view, 5> kMethodWords = {"GET", "POST", "PUT", "PATCH", "DELETE"};

// The end of the line at `at`; one that ends in a backslash goes on.
size_t EndOfLine(std::string_view text, size_t at) {
  size_t end = text.find('\n', at);
  while (end != std::string_view::npos && end > at && text[end - 1] == '\\') end = text.find('\n', end + 1);
  return std::min(end, text.size());
}

// Whether another, longer path stands there, or a template's variable.
bool GoesOn(std::string_view text, size_t end) {
  return end < text.size() && (IsPathCharacter(text[end]) || std::string_view("/{$").find(text[end]) != text.npos);
}

// The method that a line says before a path, by a word of its own; empty: none.
std::string_view MethodIn(std::string_view before) {
  for (const std::string_view method : kMethodWords) {
    const size_t at = before.rfind(method);
    if (at == std::string_view::npos) continue;
    const bool begins = at == 0 || !base::IsAlphanumeric(before[at - 1]) || before.substr(0, at).ends_with("-X");
    const size_t end = at + method.size();
    if (begins && (end == before.size() || !base::IsAlphanumeric(before[end]))) return method;
  }
  return {};
}

// The JSON object behind a request in a document: on its line, or in what follows up to the next request.
std::string BodyBehind(std::string_view text, size_t line_begin, size_t path_end) {
  constexpr size_t kFarthest = 400;
  const size_t line_end = EndOfLine(text, path_end);
  size_t limit = std::min(text.size(), path_end + kFarthest);
  for (const std::string_view next : {std::string_view("curl "), std::string_view("HTTP/1")})
    limit = std::min({limit, text.find(next, line_end)});
  for (const std::string_view method : kMethodWords)
    limit = std::min(limit, text.find(std::string(method) + " /", line_end));
  limit = std::max(limit, line_end);
  for (size_t open = text.find('{', line_begin); open < limit; open = text.find('{', open + 1)) {
    for (size_t close = text.find('}', open); close != std::string_view::npos && close - open <= kLongestObject;
         close = text.find('}', close + 1)) {
      const std::string_view object = text.substr(open, close + 1 - open);
      if (nlohmann::json::accept(object)) return std::string(object);
    }
  }
  return {};
}

}  // namespace

std::vector<RequestExample> FindRequests(const std::vector<SourceText>& texts, std::string_view method,
                                         std::string_view path_template) {
  std::vector<RequestExample> found;
  const std::string_view fixed = path_template.substr(0, path_template.find('{'));
  for (const SourceText& source : texts) {
    if (RankOf(source.file) != 0 || fixed.size() < 2) continue;
    const std::string_view text = source.text;
    for (size_t at = text.find(fixed); at != std::string_view::npos; at = text.find(fixed, at + 1)) {
      if (!BeginsPath(text, at)) continue;
      RequestExample example{.origin = OriginOf(source, at)};
      // A document may show the template itself, with a body below.
      const bool itself = text.substr(at).starts_with(path_template);
      const size_t end = itself ? at + path_template.size() : MatchPath(text, at, path_template, &example.path);
      if (end == std::string_view::npos || GoesOn(text, end)) continue;
      const size_t begin = text.rfind('\n', at) + 1;  // npos + 1 is 0
      const std::string_view line = text.substr(begin, EndOfLine(text, end) - begin);
      std::string_view said = MethodIn(line.substr(0, at - begin));
      const bool sends = line.find(" -d") != line.npos || line.find("--data") != line.npos;
      if (said.empty()) said = sends ? "POST" : "GET";
      if (said != method) continue;
      if (end < text.size() && text[end] == '?') example.query = QueryAt(text, end);
      if (said != "GET" && said != "DELETE") example.body = BodyBehind(text, begin, end);
      found.push_back(std::move(example));
    }
  }
  return found;
}

std::optional<Example<std::map<std::string, std::string>>> FindCredentials(const std::vector<SourceText>& texts,
                                                                           const std::vector<std::string>& fields) {
  if (fields.empty()) return std::nullopt;
  std::optional<Example<std::map<std::string, std::string>>> in_test;
  for (const SourceText& source : texts) {
    if (!MayShowCredentials(source.file)) continue;
    for (size_t at = source.text.find('{'); at != std::string::npos; at = source.text.find('{', at + 1)) {
      const auto values = Take(ObjectAt(source.text, at), fields);
      if (!values) continue;
      Example<std::map<std::string, std::string>> example = {*values, OriginOf(source, at)};
      if (RankOf(source.file) < 2) return example;
      if (!in_test) in_test = std::move(example);
    }
  }
  for (const SourceText& source : texts) {
    if (RankOf(source.file) != 0 || !MayShowCredentials(source.file)) continue;
    if (auto found = FindInProse(source.text, fields))
      return Example<std::map<std::string, std::string>>{std::move(found->values), OriginOf(source, found->at)};
  }
  Example<std::map<std::string, std::string>> constants;
  for (const std::string& field : fields) {
    const auto constant = FindConstant(texts, field);
    if (!constant) return in_test;
    constants.value[field] = constant->value;
    constants.origin += (constants.origin.empty() ? "" : ", ") + constant->origin;
  }
  return constants;
}

}  // namespace hone::ops
