#include "project/stub.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "net/http_response.h"
#include "project/scenario_reader.h"
#include "stats/base64.h"

namespace hone::project {
namespace {

using base::Code;
using base::Fail;
using Json = nlohmann::json;

constexpr uint64_t kMostFileBytes = uint64_t{64} << 20;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// %XX decoded; a % that begins none stays.
std::string Decode(std::string_view text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool coded =
        text[at] == '%' && at + 2 < text.size() && HexDigit(text[at + 1]) >= 0 && HexDigit(text[at + 2]) >= 0;
    decoded += coded ? static_cast<char>(HexDigit(text[at + 1]) * 16 + HexDigit(text[at + 2])) : text[at];
    if (coded) at += 2;
  }
  return decoded;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

struct Target {
  std::vector<std::string_view> elements = {};
  std::vector<std::string_view> fields = {};  // of the query
};

Target SplitTarget(std::string_view text) {
  const size_t question = std::min(text.find('?'), text.size());
  Target target{.elements = Split(text.substr(0, question), '/')};
  if (question + 1 < text.size()) target.fields = Split(text.substr(question + 1), '&');
  return target;
}

bool IsWildcard(std::string_view element) {
  return element.size() > 2 && element.front() == '{' && element.back() == '}';
}

bool MatchPath(const StubAnswer& answer, const Target& pattern, const Target& target, Values& wildcards) {
  for (size_t i = 0; i < pattern.elements.size(); ++i) {
    const std::string_view wanted = pattern.elements[i];
    if (!answer.literal && wanted == "*" && i + 1 == pattern.elements.size()) return target.elements.size() > i;
    if (i >= target.elements.size()) return false;
    if (!answer.literal && IsWildcard(wanted)) {
      if (target.elements[i].empty()) return false;
      wildcards[std::string(wanted.substr(1, wanted.size() - 2))] = Decode(target.elements[i]);
    } else if (Decode(wanted) != Decode(target.elements[i])) {
      return false;
    }
  }
  return pattern.elements.size() == target.elements.size();
}

bool MatchQuery(const StubAnswer& answer, const Target& pattern, const Target& target) {
  return std::ranges::all_of(pattern.fields, [&](std::string_view wanted) {
    const std::string_view name = wanted.substr(0, std::min(wanted.find('='), wanted.size()));
    const bool any = !answer.literal && wanted.ends_with("=*");
    return std::ranges::any_of(target.fields, [&](std::string_view field) {
      if (any) return Decode(field.substr(0, std::min(field.find('='), field.size()))) == Decode(name);
      return Decode(field) == Decode(wanted);
    });
  });
}

// "/v1/x?y=z" of "https://host/v1/x?y=z#part".
std::string TargetOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t path = std::min(url.find_first_of("/?#"), url.size());
  url.remove_prefix(path);
  std::string target(url.substr(0, std::min(url.find('#'), url.size())));
  return target.starts_with('/') ? target : "/" + target;
}

// What belongs to the recorded connection, or to how the body was sent there.
bool IsOfMessage(std::string_view name) {
  constexpr std::string_view kNames[] = {"content-length",
                                         "content-encoding",
                                         "transfer-encoding",
                                         "connection",
                                         "keep-alive",
                                         "date",
                                         "trailer",
                                         "upgrade",
                                         "proxy-authenticate",
                                         "alt-svc",
                                         "strict-transport-security"};
  return name.starts_with(':') ||
         std::ranges::any_of(kNames, [&](std::string_view other) { return net::EqualsIgnoringCase(name, other); });
}

bool IsLine(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; });
}

// A literal text as a template.
Template Literal(std::string text) {
  for (size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3)) text.insert(at, "$");
  return Template::Parse(text).value_or(Template());
}

base::Result<StubAnswer> ParseEntry(const Json& entry) {
  const Json& request = entry.at("request");
  const Json& response = entry.at("response");
  StubAnswer answer;
  answer.literal = true;
  answer.method = request.at("method").get<std::string>();
  answer.path = TargetOf(request.at("url").get<std::string>());
  answer.status = response.at("status").get<int>();
  for (const Json& header : response.value("headers", Json::array())) {
    const auto name = header.at("name").get<std::string>();
    const auto value = header.at("value").get<std::string>();
    if (!IsOfMessage(name) && IsLine(name) && IsLine(value)) answer.headers.emplace_back(name, Literal(value));
  }
  const Json content = response.value("content", Json::object());
  answer.bytes = content.value("text", "");
  if (content.value("encoding", "") != "base64") return answer;
  HONE_TRY(answer.bytes, stats::DecodeBase64(*answer.bytes));
  return answer;
}

base::Error InLine(base::Error error, const Position& at) {
  error.what = fmt::format("In line {} of hone.toml: {}", at.line, error.what);
  return error;
}

}  // namespace

std::optional<std::string> WrongPattern(std::string_view path) {
  if (!path.starts_with('/')) return "must begin with a slash";
  if (path.find("${") != std::string_view::npos) return "holds no values: write {name} for any one element";
  if (!std::ranges::all_of(path, [](char c) { return c > ' ' && c < 127; })) return "must hold no blanks: write %20";
  std::set<std::string_view> names;
  const Target pattern = SplitTarget(path);
  for (size_t i = 0; i < pattern.elements.size(); ++i) {
    const std::string_view element = pattern.elements[i];
    if (element.find('*') != std::string_view::npos && (element != "*" || i + 1 != pattern.elements.size()))
      return "may have a * as its last element only";
    if (element.find_first_of("{}") == std::string_view::npos) continue;
    if (!IsWildcard(element) || !IsIdentifier(element.substr(1, element.size() - 2)))
      return fmt::format("has `{}`: a {{name}} of letters, digits and _ is a whole element", element);
    if (!names.insert(element).second) return fmt::format("has {} twice", element);
  }
  return std::nullopt;
}

std::vector<std::string> WildcardsOf(std::string_view path) {
  std::vector<std::string> names;
  for (const std::string_view element : SplitTarget(path).elements) {
    if (IsWildcard(element)) names.emplace_back(element.substr(1, element.size() - 2));
  }
  return names;
}

std::optional<StubMatch> MatchStub(const std::vector<StubAnswer>& answers, std::string_view method,
                                   std::string_view target) {
  const Target asked = SplitTarget(target);
  for (size_t i = 0; i < answers.size(); ++i) {
    const StubAnswer& answer = answers[i];
    const bool same = answer.method.empty() || answer.method == method || (answer.method == "GET" && method == "HEAD");
    if (!same) continue;
    StubMatch match{.answer = i};
    const Target pattern = SplitTarget(answer.path);
    if (MatchPath(answer, pattern, asked, match.wildcards) && MatchQuery(answer, pattern, asked)) return match;
  }
  return std::nullopt;
}

base::Result<std::vector<StubAnswer>> ParseHar(std::string_view text) {
  constexpr int kFirst = 200;
  constexpr int kLast = 599;
  try {
    std::vector<StubAnswer> answers;
    const Json document = Json::parse(text);
    for (const Json& entry : document.at("log").at("entries")) {
      HONE_TRY(StubAnswer answer, ParseEntry(entry));
      // 0: it was never answered.
      if (answer.status >= kFirst && answer.status <= kLast) answers.push_back(std::move(answer));
    }
    return answers;
  } catch (const Json::exception&) {
    return Fail(Code::kInput, "Not a HAR file (an HTTP archive, as browsers and proxies export it)");
  }
}

base::Result<std::vector<StubAnswer>> ReadAnswers(const Stub& stub) {
  std::vector<StubAnswer> answers = stub.answers;
  for (StubAnswer& answer : answers) {
    if (answer.file.empty()) continue;
    auto bytes = base::ReadFile(answer.file, kMostFileBytes);
    if (!bytes) return std::unexpected(InLine(bytes.error(), answer.at));
    answer.bytes = *std::move(bytes);
  }
  if (stub.har.empty()) return answers;
  const auto text = base::ReadFile(stub.har, kMostFileBytes);
  if (!text) return std::unexpected(InLine(text.error(), stub.at));
  auto recorded = ParseHar(*text);
  if (!recorded) {
    recorded.error().subject = stub.har.string();
    return std::unexpected(InLine(recorded.error(), stub.at));
  }
  for (StubAnswer& answer : *recorded) {
    answer.delay_ns = stub.delay_ns;
    answer.at = stub.at;
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string ShownPath(std::string_view target) {
  constexpr size_t kLongest = 32;
  const auto is_name = [](std::string_view element) {
    const bool version = element.size() == 2 && element[0] == 'v' && element[1] >= '0' && element[1] <= '9';
    return version || (element.size() <= kLongest && std::ranges::all_of(element, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                std::string_view("-_.").find(c) != std::string_view::npos;
                       }));
  };
  std::string shown;
  int values = 0;
  const Target split = SplitTarget(target);
  for (size_t i = 1; i < split.elements.size(); ++i) {
    shown += '/';
    if (is_name(split.elements[i])) {
      shown += split.elements[i];
    } else {
      shown += ++values == 1 ? "{id}" : fmt::format("{{id{}}}", values);
    }
  }
  return shown.empty() ? "/" : shown;
}

}  // namespace hone::project
