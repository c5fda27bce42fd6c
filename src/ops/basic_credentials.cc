#include "ops/basic_credentials.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "ops/init_body.h"
#include "stats/base64.h"

namespace hone::ops {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kQuotes = "\"'`";

// Whether a person could type it as it stands.
bool IsValue(std::string_view value) {
  return !value.empty() && value.size() <= 100 &&
         value.find_first_of("$<>{}%|\\ \t\r\n\"'`") == std::string_view::npos && !base::Contains(value, "...");
}

// "admin:secret", where both parts are values; no numbers, as of `docker run -u 1000:1000`, no host with its port, and
// no names for what stands there.
bool IsPair(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !IsValue(text)) return false;
  const std::string_view user = text.substr(0, colon);
  const std::string_view password = text.substr(colon + 1);
  constexpr size_t kLongestPort = 5;
  const bool port =
      password.size() <= kLongestPort && password.find_first_not_of("0123456789") == std::string_view::npos;
  const bool names = LowerCase(user).starts_with("user") && LowerCase(password).starts_with("pass");
  if (port || names || text.contains('(')) return false;
  return user.find_first_not_of("0123456789") != std::string_view::npos && colon + 1 < text.size() &&
         !text.substr(colon + 1).starts_with("//");
}

std::string_view LineAt(std::string_view text, size_t at) {
  const size_t begin = text.rfind('\n', at) + 1;  // npos + 1 is 0
  return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

// Behind curl's option, at `at` where it stands.
std::optional<std::string> AfterOption(std::string_view text, size_t at, size_t end) {
  if (at > 0 && (kBlanks.find(text[at - 1]) == std::string_view::npos) &&
      kQuotes.find(text[at - 1]) == std::string_view::npos)
    return std::nullopt;
  if (end >= text.size() || (text[end] != ' ' && text[end] != '=')) return std::nullopt;
  const std::string_view line = LineAt(text, at);
  for (const std::string_view other : {"docker", "psql", "mysql", "pg_", "sudo", "su ", "git "}) {
    if (base::Contains(line, other)) return std::nullopt;
  }
  std::string_view rest = text.substr(end + 1);
  rest = rest.substr(std::min(rest.find_first_not_of(" \"'"), rest.size()));
  const std::string_view value = rest.substr(0, std::min(rest.find_first_of(" \t\r\n\"'`)"), rest.size()));
  return IsPair(value) ? std::optional<std::string>(value) : std::nullopt;
}

// What is quoted by back quotes in a paragraph, in order.
std::vector<std::string_view> QuotedWords(std::string_view paragraph) {
  std::vector<std::string_view> words;
  for (size_t open = paragraph.find('`'); open != std::string_view::npos; open = paragraph.find('`')) {
    const size_t close = paragraph.find('`', open + 1);
    if (close == std::string_view::npos) break;
    words.push_back(paragraph.substr(open + 1, close - open - 1));
    paragraph.remove_prefix(close + 1);
  }
  return words;
}

// A user and password beside each other, with nothing but a sign or few words between.
std::optional<std::string> InParagraph(std::string_view paragraph) {
  const std::vector<std::string_view> words = QuotedWords(paragraph);
  for (size_t i = 0; i < words.size(); ++i) {
    if (IsPair(words[i])) return std::string(words[i]);
    if (i + 1 == words.size() || !IsValue(words[i]) || !IsValue(words[i + 1])) continue;
    const auto between = std::string_view(words[i].end() + 1, words[i + 1].begin() - 1);
    const std::string lower = LowerCase(between);
    const bool joined = between == " / " || between == "/" || between == ":" || base::Contains(lower, "password");
    const bool path = words[i].contains('/') || words[i + 1].contains('/');
    if (joined && !path) return std::string(words[i]) + ":" + std::string(words[i + 1]);
  }
  return std::nullopt;
}

std::optional<std::string> AfterWords(std::string_view text, size_t, size_t end) {
  std::string_view paragraph = text.substr(end);
  return InParagraph(paragraph.substr(0, std::min(paragraph.find("\n\n"), paragraph.size())));
}

// Behind "SetBasicAuth".
std::optional<std::string> InCall(std::string_view text, size_t, size_t end) {
  std::string_view rest = text.substr(end);
  std::string pair;
  for (const char before : {'(', ','}) {
    const size_t open = rest.find('"');
    if (open == std::string_view::npos ||
        rest.substr(0, open).find_first_not_of(std::string(" ") + before) != std::string_view::npos)
      return std::nullopt;
    const size_t close = rest.find('"', open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    pair += (pair.empty() ? "" : ":") + std::string(rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
  return IsPair(pair) ? std::optional(pair) : std::nullopt;
}

template <typename At>
std::optional<Example<std::string>> FindBy(const SourceText& source, std::string_view wanted, At value_at) {
  const std::string lower = LowerCase(source.text);
  for (size_t at = lower.find(wanted); at != std::string::npos; at = lower.find(wanted, at + 1)) {
    if (auto value = value_at(std::string_view(source.text), at, at + wanted.size()))
      return Example<std::string>{*std::move(value), OriginOf(source, at)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Example<std::string>> FindBasicCredentials(const std::vector<SourceText>& texts) {
  const auto in_documents = [&](std::string_view wanted, auto value_at) -> std::optional<Example<std::string>> {
    for (const SourceText& source : texts) {
      if (KindOf(source.file) != TextKind::document) continue;
      if (auto found = FindBy(source, wanted, value_at)) return found;
    }
    return std::nullopt;
  };
  for (const std::string_view option : {"-u", "--user"}) {
    if (auto found = in_documents(option, AfterOption)) return found;
  }
  for (const std::string_view words : {"basic auth", "basic-auth"}) {
    if (auto found = in_documents(words, AfterWords)) return found;
  }
  for (const SourceText& source : texts) {
    if (!source.file.ends_with(".go")) continue;
    if (auto found = FindBy(source, "setbasicauth", InCall)) return found;
  }
  return std::nullopt;
}

std::string BasicAuthorization(const std::string& credentials) { return "Basic " + stats::EncodeBase64(credentials); }

}  // namespace hone::ops
