#include "ops/header_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ops/init_body.h"

namespace hone::ops {
namespace {

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool IsDocument(std::string_view file) {
  constexpr std::array<std::string_view, 7> kEnds = {".md", ".http", ".rest", ".sh", ".txt", ".adoc", ".rst"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return file.ends_with(end); });
}

std::string OriginAt(const SourceText& source, size_t at) {
  const auto end = source.text.begin() + static_cast<ptrdiff_t>(at);
  return fmt::format("{}:{}", source.file, 1 + std::count(source.text.begin(), end, '\n'));
}

// Whether a person could send it as it stands.
bool IsValue(std::string_view value) {
  if (value.empty() || value.size() > 200 || value.find_first_of("$<>{}%|\\") != std::string_view::npos) return false;
  const std::string lower = LowerCase(value);
  return lower.find("...") == std::string::npos && lower.find("your") == std::string::npos &&
         lower.find("xxx") == std::string::npos && lower.find("eyj") == std::string::npos;
}

std::string_view Blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

// Whether a header is written out there, not named in a sentence: at the begin of a line or of a quoted text.
bool BeginsHeader(std::string_view text, size_t at) {
  if (at > 0 && (text[at - 1] == '"' || text[at - 1] == '\'')) return true;
  const size_t before = text.find_last_not_of(" \t", at == 0 ? std::string_view::npos : at - 1);
  return at == 0 || before == std::string_view::npos || text[before] == '\n';
}

// After "X-Api-Key" in "X-Api-Key: dev'": one word, or two where the first is a scheme.
std::string AfterColon(std::string_view rest) {
  if (!rest.starts_with(':')) return {};
  rest = Blanks(rest.substr(1));
  std::string_view value = rest.substr(0, std::min(rest.find_first_of(" \t\r\n\"'`,;)"), rest.size()));
  for (const std::string_view scheme : {"Bearer", "Basic", "Token"}) {
    if (value != scheme) continue;
    const std::string_view next = Blanks(rest.substr(value.size()));
    const size_t size = std::min(next.find_first_of(" \t\r\n\"'`,;)"), next.size());
    if (size == 0) return {};
    value = rest.substr(0, static_cast<size_t>(next.data() - rest.data()) + size);
  }
  return IsValue(value) ? std::string(value) : std::string();
}

// After "X-Api-Key" in `Set("X-Api-Key", "dev")`.
std::string AfterComma(std::string_view rest) {
  if (!rest.starts_with('"')) return {};
  rest = Blanks(rest.substr(1));
  if (!rest.starts_with(',')) return {};
  rest = Blanks(rest.substr(1));
  if (!rest.starts_with('"')) return {};
  rest.remove_prefix(1);
  const std::string_view value = rest.substr(0, std::min(rest.find('"'), rest.size()));
  // "Bearer "+token is no value.
  if (!Blanks(rest.substr(std::min(value.size() + 1, rest.size()))).starts_with(')')) return {};
  return IsValue(value) ? std::string(value) : std::string();
}

// Whether a word in backticks is a value rather than the name of something; `named`: a table says which values there
// are; `upper_too`: it may be a code such as "NTH".
bool LooksLikeValue(std::string_view word, bool named, bool upper_too) {
  const std::string lower = LowerCase(word);
  const bool plain = word.size() >= 2 && std::ranges::all_of(word, [](char c) { return IsWord(c) || c == '.'; });
  const bool upper = std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"};
  const bool code = upper && upper_too && word.find('_') == std::string_view::npos &&
                    std::ranges::find(kMethods, word) == kMethods.end();
  const bool variable = upper && !code;  // of the environment
  const bool digits = word.find_first_of("0123456789-") != std::string_view::npos;
  return plain && IsValue(word) && !lower.starts_with("x-") && !variable && (digits || named || code);
}

// The first value in backticks; of several words between them the first.
std::string FirstInBackticks(std::string_view text, bool named, bool looked_up) {
  for (size_t open = text.find('`'); open != std::string_view::npos; open = text.find('`')) {
    const size_t close = text.find('`', open + 1);
    if (close == std::string_view::npos) break;
    std::string_view word = text.substr(open + 1, close - open - 1);
    if (looked_up) word = word.substr(0, word.find_first_of(" ,\n"));
    if (LooksLikeValue(word, named, looked_up)) return std::string(word);
    text.remove_prefix(close + 1);
  }
  return {};
}

// The first value in backticks in the paragraph after a header's name or in the row of its table; where the paragraph
// ends in a colon, also in what follows it.
std::string InBackticks(std::string_view text, size_t at, size_t end, bool looked_up) {
  const size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0
  const bool in_table = Blanks(text.substr(line)).starts_with('|');
  std::string_view rest = text.substr(end);
  std::string_view own = rest.substr(0, std::min(rest.find(in_table ? "\n" : "\n\n"), rest.size()));
  rest.remove_prefix(own.size());
  if (own.starts_with('`')) own.remove_prefix(1);
  std::string value = FirstInBackticks(own, in_table, looked_up);
  if (!value.empty() || in_table || !own.ends_with(':')) return value;
  rest.remove_prefix(std::min(rest.find_first_not_of('\n'), rest.size()));
  rest = rest.substr(0, std::min(rest.find("\n\n"), rest.size()));
  return FirstInBackticks(rest, rest.starts_with('|'), looked_up);
}

// The first value that `value_at` finds behind the header's name; it gets the text and where the name begins and ends.
template <typename ValueAt>
std::optional<Example<std::string>> Find(const SourceText& source, const std::string& wanted, ValueAt value_at) {
  const std::string lower = LowerCase(source.text);
  for (size_t at = lower.find(wanted); at != std::string::npos; at = lower.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    if ((at > 0 && IsWord(lower[at - 1])) || (end < lower.size() && IsWord(lower[end]))) continue;
    std::string value = value_at(std::string_view(source.text), at, end);
    if (!value.empty()) return Example<std::string>{std::move(value), OriginAt(source, at)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Example<std::string>> FindHeaderValue(const std::vector<SourceText>& texts, std::string_view header,
                                                    bool looked_up) {
  const std::string wanted = LowerCase(header);
  const auto after_colon = [](std::string_view text, size_t at, size_t end) {
    return BeginsHeader(text, at) ? AfterColon(text.substr(end)) : std::string();
  };
  const auto in_backticks = [&](std::string_view text, size_t at, size_t end) {
    return InBackticks(text, at, end, looked_up);
  };
  const auto after_comma = [](std::string_view text, size_t, size_t end) { return AfterComma(text.substr(end)); };
  for (const SourceText& source : texts) {
    if (!IsDocument(source.file)) continue;
    if (auto found = Find(source, wanted, after_colon)) return found;
  }
  for (const SourceText& source : texts) {
    if (!source.file.ends_with(".go")) continue;
    if (auto found = Find(source, wanted, after_comma)) return found;
  }
  for (const SourceText& source : texts) {
    if (!IsDocument(source.file)) continue;
    if (auto found = Find(source, wanted, in_backticks)) return found;
  }
  return std::nullopt;
}

}  // namespace hone::ops
