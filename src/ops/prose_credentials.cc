#include "ops/prose_credentials.h"

#include <algorithm>
#include <cctype>

#include "base/ascii.h"

namespace hone::ops {
namespace {

constexpr std::string_view kQuotes = "`\"'";
constexpr int kLinesAround = 3;

bool IsNameCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool IsAddressCharacter(char c) { return IsNameCharacter(c) || c == '.' || c == '-' || c == '+'; }

bool IsCredential(std::string_view value) {
  return value.size() >= 3 && value.size() <= 100 && value.find_first_of("<>${}%\\\n") == std::string_view::npos;
}

// What a word that ends at `at` is given: "`x`", ": x", " = x", " is `x`".
std::string CredentialAfter(std::string_view text, size_t at) {
  std::string_view rest = text.substr(at);
  bool assigned = false;
  for (bool more = true; more && !rest.empty();) {
    more = false;
    if (rest.starts_with(" is ")) rest.remove_prefix(3), more = true;
    while (!rest.empty() && std::string_view(" \t:=*").find(rest.front()) != std::string_view::npos) {
      assigned = assigned || rest.front() == ':' || rest.front() == '=';
      rest.remove_prefix(1);
      more = true;
    }
  }
  if (rest.empty()) return {};
  const bool quoted = kQuotes.find(rest.front()) != std::string_view::npos;
  if (!quoted && !assigned) return {};
  const std::string_view value = quoted ? rest.substr(1, std::min(rest.find(rest.front(), 1), rest.size()) - 1)
                                        : rest.substr(0, std::min(rest.find_first_of(" \t\r\n,;)|"), rest.size()));
  return IsCredential(value) ? std::string(value) : std::string();
}

std::string_view CellText(std::string_view cell) {
  const size_t begin = cell.find_first_not_of(" \t`*\"");
  if (begin == std::string_view::npos) return {};
  return cell.substr(begin, cell.find_last_not_of(" \t`*\"\r") + 1 - begin);
}

// The n-th cell of a row of a Markdown table.
std::string_view Cell(std::string_view row, size_t n) {
  for (size_t i = 0; i <= n; ++i) {
    const size_t bar = row.find('|');
    if (bar == std::string_view::npos) return {};
    row.remove_prefix(bar + 1);
  }
  return CellText(row.substr(0, row.find('|')));
}

std::string_view LineFrom(std::string_view text, size_t at) { return text.substr(at, text.substr(at).find('\n')); }

// The cell two rows below a heading's word in a table: below it is the ruler.
std::string BelowInTable(std::string_view text, size_t at) {
  const size_t begin = text.rfind('\n', at) + 1;  // npos + 1 is 0
  const auto column = static_cast<size_t>(std::ranges::count(text.substr(begin, at - begin), '|'));
  const std::string_view heading = LineFrom(text, begin);
  if (column == 0 || begin + heading.size() >= text.size()) return {};
  const size_t ruler = begin + heading.size() + 1;
  if (LineFrom(text, ruler).find("--") == std::string_view::npos) return {};
  const size_t row = ruler + LineFrom(text, ruler).size() + 1;
  if (row >= text.size()) return {};
  const std::string_view value = Cell(LineFrom(text, row), column - 1);
  return IsCredential(value) ? std::string(value) : std::string();
}

std::string CredentialOf(std::string_view text, const std::string& lower, const std::string& word, size_t from,
                         size_t to, size_t* where = nullptr) {
  for (size_t at = lower.find(word, from); at < to; at = lower.find(word, at + 1)) {
    std::string value = CredentialAfter(text, at + word.size());
    if (value.empty()) value = BelowInTable(text, at);
    if (value.empty()) continue;
    if (where != nullptr) *where = at;
    return value;
  }
  return {};
}

// From the lines before to the lines after `at`.
std::pair<size_t, size_t> Around(std::string_view text, size_t at) {
  size_t begin = at;
  for (int i = 0; i <= kLinesAround && begin != 0; ++i) {
    const size_t line = text.rfind('\n', begin - 1);
    begin = line == std::string_view::npos ? 0 : line;
  }
  size_t end = at;
  for (int i = 0; i <= kLinesAround && end < text.size(); ++i) end = std::min(text.find('\n', end + 1), text.size());
  return {begin, end};
}

// What documents call it.
std::string WordFor(const std::string& field) {
  const std::string name = base::LowerCase(field);
  if (base::Contains(name, "pass")) return "password";
  return base::Contains(name, "secret") ? "secret" : name;
}

}  // namespace

bool IsSecretField(std::string_view field) {
  const std::string name = base::LowerCase(field);
  return base::Contains(name, "pass") || base::Contains(name, "secret") || name == "key" || name == "api_key" ||
         name == "apikey" || name == "pin" || name == "pin_code" || name == "pincode";
}

std::string FirstAddress(std::string_view text) {
  for (size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    size_t begin = at;
    while (begin > 0 && IsAddressCharacter(text[begin - 1])) --begin;
    size_t end = at + 1;
    while (end < text.size() && IsAddressCharacter(text[end])) ++end;
    while (end > at && text[end - 1] == '.') --end;
    const std::string_view domain = text.substr(at + 1, end - at - 1);
    const bool whole = begin == 0 || std::string_view("%}>$:/").find(text[begin - 1]) == std::string_view::npos;
    if (begin < at && whole && domain.find('.') != std::string_view::npos)
      return std::string(text.substr(begin, end - begin));
  }
  return {};
}

std::optional<ProseCredentials> FindInProse(std::string_view text, const std::vector<std::string>& fields) {
  const std::string lower = base::LowerCase(text);
  const auto password = std::ranges::find_if(fields, IsSecretField);
  if (password == fields.end()) return std::nullopt;
  for (size_t from = 0; from < text.size();) {
    ProseCredentials found;
    const std::string value = CredentialOf(text, lower, WordFor(*password), from, text.size(), &found.at);
    if (value.empty()) return std::nullopt;
    found.values[*password] = value;
    const auto [begin, end] = Around(text, found.at);
    for (const std::string& field : fields) {
      if (field == *password) continue;
      const std::string name = base::LowerCase(field);
      std::string other = CredentialOf(text, lower, name, begin, end);
      const bool address = name.find("mail") != std::string::npos;
      if (address && other.find('@') == std::string::npos) other = FirstAddress(text.substr(begin, end - begin));
      if (!other.empty()) found.values[field] = other;
    }
    if (found.values.size() == fields.size()) return found;
    from = found.at + 1;
  }
  return std::nullopt;
}

}  // namespace hone::ops
