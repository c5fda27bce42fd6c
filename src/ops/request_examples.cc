#include "ops/request_examples.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "net/url.h"
#include "ops/shell_words.h"

namespace hone::ops {
namespace {

constexpr size_t kLongestBody = 8000;

bool IsHex(char c) { return base::IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsPathCharacter(char c) {
  return base::IsAlphanumeric(c) || std::string_view("-._~%:@!,+*").find(c) != std::string_view::npos;
}

// Whether an address, and no part of a path, may begin at `at`: "http://$HOST".
bool BeginsAddress(std::string_view text, size_t at) {
  return at == 0 || text[at - 1] != '/' || text.substr(0, at).ends_with("://");
}

// Whether a path may begin at `at`: nothing of a longer path stands before it, but a port does no harm.
bool BeginsPath(std::string_view text, size_t at) {
  size_t before = at;
  // Behind a variable of the shell with the address: "$BASE/orders", but not "/customers/$ID/orders".
  size_t name = at;
  while (name > 0 && (base::IsAlphanumeric(text[name - 1]) || text[name - 1] == '_')) --name;
  if (name > 0 && name < at && text[name - 1] == '$') return BeginsAddress(text, name - 1);
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
  // An ellipsis, or one of several.
  if (base::Contains(value, "\u2026") || base::Contains(value, "...") || base::Contains(value, "|") ||
      base::Contains(value, "%7C"))
    return false;
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

// The pairs of the query whose question mark stands at `at`.
Pairs QueryAt(std::string_view text, size_t at) {
  const size_t stop = std::min(text.find_first_of(" \t\r\n\"'`)<>#|\\", at), text.size());
  return SplitQuery(text.substr(at + 1, stop - at - 1));
}

constexpr std::array<std::string_view, 5> kMethodWords = {"GET", "POST", "PUT", "PATCH", "DELETE"};
constexpr size_t kMostExamples = 20;
constexpr size_t kFarthestBody = 400;  // of where it begins, behind the path

// Where the next method stands as a word of its own; npos: nowhere.
size_t NextMethod(std::string_view text, size_t from, std::string_view* method = nullptr) {
  size_t next = std::string_view::npos;
  for (const std::string_view word : kMethodWords) {
    for (size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || !base::IsAlphanumeric(text[at - 1]) || text.substr(0, at).ends_with("-X");
      const size_t end = at + word.size();
      if (!begins || (end < text.size() && base::IsAlphanumeric(text[end]))) continue;
      if (at < next && method != nullptr) *method = word;
      next = std::min(next, at);
      break;
    }
  }
  return next;
}

bool HasOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != text.npos; });
}

// A line of a document, together with those that a backslash at the end of a line joins to it.
struct Command {
  std::string_view text = {};
  size_t begin = 0;
};

bool IsJoined(std::string_view text, size_t line_end) {
  if (line_end > 0 && text[line_end - 1] == '\r') --line_end;
  return line_end > 0 && text[line_end - 1] == '\\';
}

Command CommandAt(std::string_view text, size_t at) {
  size_t begin = at > 0 ? text.rfind('\n', at - 1) : text.npos;
  while (begin != text.npos && IsJoined(text, begin)) begin = begin > 0 ? text.rfind('\n', begin - 1) : text.npos;
  begin = begin == text.npos ? 0 : begin + 1;
  size_t end = text.find('\n', at);
  while (end != text.npos && IsJoined(text, end)) end = text.find('\n', end + 1);
  return {text.substr(begin, std::min(end, text.size()) - begin), begin};
}

// What a command or line asks with, for the path at `path` in it: what it says, or else what follows from what it
// sends.
std::string_view MethodOf(std::string_view command, size_t path) {
  for (const std::string_view option : {"-X", "--request"}) {
    const size_t at = command.find(option);
    std::string_view said;
    if (at != command.npos && NextMethod(command, at, &said) <= at + option.size() + 2) return said;
  }
  if (HasOneOf(command, {" -G", "--get"})) return "GET";
  std::string_view said;  // the last one before the path
  for (size_t at = 0, next = 0; (next = NextMethod(command.substr(0, path), at, &said)) != command.npos;
       at = next + 1) {
  }
  if (!said.empty()) return said;
  return HasOneOf(command, {" -d", "--data", "--json", "--post-data"}) ? "POST" : "GET";
}

// The word behind an option that ends at `at`: "-d x", "--data=x".
std::string ValueOfOption(std::string_view command, size_t at) {
  if (at < command.size() && command[at] == '=') ++at;
  return TakeShellWord(command, at);
}

// What curl makes a query of with --get: "name=value" of each option for data, those of --data-urlencode as they are
// meant.
Pairs QueryOfData(std::string_view command) {
  Pairs pairs;
  if (!HasOneOf(command, {" -G", "--get"})) return pairs;
  for (size_t at = command.find(" -"); at != command.npos; at = command.find(" -", at + 1)) {
    const std::string_view option = command.substr(at + 1, command.find_first_of(" =", at + 1) - at - 1);
    if (option != "-d" && option != "-Gd" && !option.starts_with("--data")) continue;
    const std::string text = ValueOfOption(command, at + 1 + option.size());
    const std::string_view word = text;
    const size_t equals = word.find('=');
    if (option != "--data-urlencode") {
      std::ranges::move(SplitQuery(word), std::back_inserter(pairs));
    } else if (equals != word.npos && equals > 0 && word.find_first_of("${}<>", equals) == word.npos) {
      pairs.emplace_back(word.substr(0, equals), net::PercentEncode(word.substr(equals + 1)));
    }
  }
  return pairs;
}

// The JSON object that begins at `open`; empty: none does, or it has variables in it, or stands in a list.
std::string BodyAt(std::string_view text, size_t open) {
  for (size_t close = text.find('}', open); close != text.npos && close - open <= kLongestBody;
       close = text.find('}', close + 1)) {
    const std::string_view object = text.substr(open, close + 1 - open);
    if (nlohmann::json::accept(object))
      return HasOneOf(object, {"$", "{{", "<", "..."}) ? std::string() : std::string(object);
  }
  return {};
}

// The JSON object that a command sends, or that stands below the request up to the next one; empty: none, or what
// stands there is no more than a part of it, or the answer.
std::string BodyBehind(std::string_view text, const Command& command, size_t path_end) {
  const size_t in_command = path_end - command.begin;
  const size_t data = std::min({command.text.find(" -d"), command.text.find("--data"), command.text.find("--json")});
  // Before the path only what an option sends.
  if (data < in_command) {
    const size_t open = command.text.find('{', data);
    if (open < in_command) return BodyAt(command.text, open);
  }
  const std::string_view behind = text.substr(path_end, kFarthestBody + kLongestBody);
  size_t limit = std::min(behind.size(), kFarthestBody);
  const size_t rest_of_command = std::min(command.text.size() - in_command, behind.size());
  limit = std::min(limit, NextMethod(behind, rest_of_command));
  for (const std::string_view next : {"curl ", "HTTP/1", "\n#", "\n---"})
    limit = std::min(limit, behind.find(next, rest_of_command));
  limit = std::max(limit, rest_of_command);
  size_t open = behind.find('{');
  // Variables of the shell and of an .http file's headers, "Bearer {{token}}", are no body.
  while (open < limit && ((open > 0 && behind[open - 1] == '$') || behind.substr(open).starts_with("{{")))
    open = behind.find('{', open + 2);
  if (open >= limit) return {};
  const std::string between = base::LowerCase(behind.substr(0, open));
  if (HasOneOf(between, {"response", "return", "=>", "->", "answer", "result", " 200", " 201", "["})) return {};
  return BodyAt(behind, open);
}

// The JSON object in the file that curl sends, which is for everybody: "-d @examples/order.json", relative to the
// document or the repository.
std::string BodyOfFile(const std::vector<SourceText>& texts, const std::string& document, std::string_view command) {
  namespace fs = std::filesystem;
  for (size_t at = command.find('@'); at != command.npos; at = command.find('@', at + 1)) {
    const std::string_view before = command.substr(0, at);
    const std::string option(before.substr(before.rfind(" -") == before.npos ? 0 : before.rfind(" -")));
    const std::string bare = option.substr(0, option.find_last_not_of(" ='\"") + 1);
    constexpr std::array<std::string_view, 6> kOptions = {" -d",     " --data",      " --data-raw", " --data-binary",
                                                          " --json", " --data-ascii"};
    if (std::ranges::find(kOptions, bare) == kOptions.end()) continue;
    const size_t end = std::min(command.find_first_of(" \t\r\n'\"`", at), command.size());
    const fs::path sent(command.substr(at + 1, end - at - 1));
    for (const fs::path& path : {fs::path(document).parent_path() / sent, sent}) {
      const auto found = std::ranges::find(texts, path.lexically_normal().generic_string(), &SourceText::file);
      if (found == texts.end() || !IsForEverybody(found->file)) continue;
      const size_t open = found->text.find_first_not_of(" \t\r\n");
      if (open != std::string::npos && found->text[open] == '{') return BodyAt(found->text, open);
    }
  }
  return {};
}

// Whether another, longer path stands there, or a template's variable, or one that is cut short by an ellipsis.
bool GoesOn(std::string_view text, size_t end) {
  if (text.substr(std::min(end, text.size())).starts_with("\u2026")) return true;
  return end < text.size() && (IsPathCharacter(text[end]) || std::string_view("/{$").find(text[end]) != text.npos);
}

// "{id}/orders" and "<id>/orders" are the end of a longer path; "{{host}}/orders" and "${BASE}/orders" are not.
bool BeginsWhole(std::string_view text, size_t at) {
  if (!BeginsPath(text, at)) return false;
  if (at == 0 || std::string_view("}>)").find(text[at - 1]) == text.npos) return true;
  if (text[at - 1] != '}') return false;
  const size_t open = text.rfind('{', at);
  if (open == text.npos || open == 0) return false;
  const bool of_variable = text[open - 1] == '$' || text[open - 1] == '{';
  return of_variable && BeginsAddress(text, open - 1);
}

// Whether a value in capitals stands for others: "ORDER_ID", "SLUG", "TERMINAL" in a path with that word; "RTMA" is a
// code.
bool IsPlaceholder(std::string_view path_template, std::string_view value) {
  constexpr std::array<std::string_view, 26> kWords = {
      "ID",     "IDS", "UUID",      "GUID",  "SLUG",  "CODE", "NAME",   "NO",    "NUM",
      "NUMBER", "REF", "REFERENCE", "TOKEN", "VALUE", "DATE", "MONTH",  "EMAIL", "USER",
      "TYPE",   "KEY", "YEAR",      "FROM",  "TO",    "DAY",  "STATUS", "STRING"};
  if (!std::ranges::all_of(value, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })) return false;
  const bool of_path = base::Contains(base::LowerCase(path_template), base::LowerCase(value));
  return value.size() < 2 || base::Contains(value, "_") || of_path || std::ranges::find(kWords, value) != kWords.end();
}

// A value that stands for itself: no placeholder of a template's, a shell's or a document's.
bool IsValue(std::string_view name, std::string_view value, std::string_view path_template) {
  return !value.empty() && std::string_view(":*").find(value[0]) == value.npos && value.find('%') == value.npos &&
         IsComplete(value) && value.find_first_not_of('.') != value.npos && !IsPlaceholder(path_template, value) &&
         base::LowerCase(value) != base::LowerCase(name);
}

// Reads the path at `at`; its end, npos where it is another one.
size_t ReadPath(std::string_view text, size_t at, std::string_view path_template, RequestExample& example) {
  // A document may show the template itself, with a body below.
  if (text.substr(at).starts_with(path_template)) return at + path_template.size();
  const size_t end = MatchPath(text, at, path_template, &example.path);
  for (auto& [name, value] : example.path) {
    // A sentence's signs.
    value.resize(value.find_last_not_of(".,:!*") + 1);
    if (!IsValue(name, value, path_template)) return text.npos;
  }
  return end;
}

}  // namespace

std::vector<Example<Pairs>> FindQueries(const std::vector<SourceText>& texts, std::string_view path_template) {
  std::vector<Example<Pairs>> found;
  const std::string_view fixed = path_template.substr(0, path_template.find('{'));
  for (const SourceText& source : texts) {
    if (KindOf(source.file) == TextKind::sql) continue;
    for (size_t at = source.text.find(fixed); at != std::string::npos; at = source.text.find(fixed, at + 1)) {
      const size_t end = BeginsPath(source.text, at) ? MatchPath(source.text, at, path_template) : std::string::npos;
      if (end == std::string::npos) continue;
      Pairs pairs;
      if (end < source.text.size() && source.text[end] == '?')
        pairs = QueryAt(source.text, end);
      else if (KindOf(source.file) == TextKind::document && !GoesOn(source.text, end))
        pairs = QueryOfData(CommandAt(source.text, at).text);
      if (!pairs.empty()) found.push_back({std::move(pairs), OriginOf(source, at)});
    }
  }
  return found;
}

std::vector<RequestExample> FindRequests(const std::vector<SourceText>& texts, std::string_view method,
                                         std::string_view path_template) {
  std::vector<RequestExample> found;
  const std::string_view fixed = path_template.substr(0, path_template.find('{'));
  for (const SourceText& source : texts) {
    if (KindOf(source.file) != TextKind::document || fixed.size() < 2 || !IsForEverybody(source.file)) continue;
    const std::string_view text = source.text;
    for (size_t at = text.find(fixed); at != text.npos && found.size() < kMostExamples; at = text.find(fixed, at + 1)) {
      RequestExample example;
      const size_t end = BeginsWhole(text, at) ? ReadPath(text, at, path_template, example) : text.npos;
      if (end == text.npos || GoesOn(text, end)) continue;
      const Command command = CommandAt(text, at);
      if (command.text.size() > kLongestBody || MethodOf(command.text, at - command.begin) != method) continue;
      example.query = end < text.size() && text[end] == '?' ? QueryAt(text, end) : QueryOfData(command.text);
      if (method != "GET" && method != "DELETE") {
        example.body = BodyOfFile(texts, source.file, command.text);
        if (example.body.empty()) example.body = BodyBehind(text, command, end);
      }
      example.sent = HasOneOf(command.text, {"curl", "://", "wget", "HTTP/1"});
      example.origin = OriginOf(source, at);
      found.push_back(std::move(example));
    }
  }
  return found;
}

}  // namespace hone::ops
