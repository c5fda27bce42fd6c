#include "ops/credential_examples.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/ascii.h"
#include "net/url.h"
#include "ops/basic_credentials.h"
#include "ops/prose_credentials.h"

namespace hone::ops {
namespace {

constexpr size_t kLongestObject = 2000;

// Where an object ends that begins at `at` and has no other in it, but variables ("{{mail}}"); npos: nowhere.
size_t EndOfObject(std::string_view text, size_t at) {
  size_t end = text.find('}', at);
  size_t from = at + 1;
  while (text.substr(0, end).find("{{", from) != std::string_view::npos) {
    const size_t close = text.find("}}", text.find("{{", from));
    if (close == std::string_view::npos) return close;
    from = close + 2;
    end = text.find('}', from);
  }
  return end;
}

// The JSON object that begins at `at`, also one whose quotes are escaped, as within a Go string.
nlohmann::json ObjectAt(std::string_view text, size_t at) {
  const size_t end = EndOfObject(text, at);
  if (end == std::string_view::npos || end - at > kLongestObject) return {};
  std::string object(text.substr(at, end + 1 - at));
  if (object.find("\\\"") != std::string::npos) std::erase(object, '\\');
  nlohmann::json parsed = nlohmann::json::parse(object, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::json();
}

// What `NAME=value` or `@name = value` at the start of a line says where a value is "$NAME", "${NAME}" or "{{name}}";
// else the value.
std::string Resolved(std::string_view text, std::string value) {
  std::string name = value;
  std::erase_if(name, [](char c) { return c == '{' || c == '}' || c == '$' || c == ' '; });
  if (name == value || name.empty()) return value;
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    const std::string_view before = text.substr(line, at - line);
    const std::string_view rest = text.substr(at + name.size());
    const size_t sign = rest.find_first_not_of(' ');
    const bool declares = before.empty() || before == "@" || before == "export ";
    if (!declares || sign == std::string_view::npos || rest[sign] != '=') continue;
    std::string_view given = base::Trimmed(rest.substr(sign + 1, rest.find('\n', sign) - sign - 1));
    if (given.size() > 1 && given.front() == given.back() && (given.front() == '"' || given.front() == '\''))
      return std::string(given.substr(1, given.size() - 2));
    return std::string(base::Trimmed(given.substr(0, given.find(" #"))));
  }
  return value;
}

bool IsGiven(std::string_view value) {
  // One letter is what tests write for a wrong password.
  return value.size() >= 2 && value.find_first_of("%$<{") == std::string_view::npos;
}

// The value behind `field=` in a form at `at`; empty: it is none.
std::string InForm(std::string_view text, const std::string& field, size_t from, size_t to) {
  const std::string name = field + "=";
  const size_t at = text.substr(0, to).find(name, from);
  if (at == std::string_view::npos || (at > 0 && base::IsAlphanumeric(text[at - 1]))) return {};
  const size_t begin = at + name.size();
  const size_t end = std::min(text.find_first_of("&'\" \t\r\n\\`", begin), text.size());
  std::string value = net::PercentDecode(Resolved(text, std::string(text.substr(begin, end - begin))));
  return IsGiven(value) ? value : std::string();
}

// All fields of a form of which the first one's name stands at `at`.
std::optional<std::map<std::string, std::string>> FormAt(std::string_view text, size_t at,
                                                         const std::vector<std::string>& fields) {
  const size_t end = std::min(text.find("\n\n", at), at + kLongestObject);
  const size_t line = text.rfind('\n', at) + 1;  // npos + 1 is 0
  const std::string_view around = text.substr(line, text.find('\n', at) - line);
  // Settings are written so, too ("user=app password=app").
  if (!base::Contains(around, "&") && !base::Contains(around, "-d ") && !base::Contains(around, "--data"))
    return std::nullopt;
  std::map<std::string, std::string> values;
  for (const std::string& field : fields) {
    std::string value = InForm(text, field, at, end);
    if (value.empty()) return std::nullopt;
    values[field] = std::move(value);
  }
  return values;
}

std::optional<Example<std::map<std::string, std::string>>> FindForm(const SourceText& source,
                                                                    const std::vector<std::string>& fields) {
  const std::string first = fields.front() + "=";
  for (size_t at = source.text.find(first); at != std::string::npos; at = source.text.find(first, at + 1)) {
    if (auto values = FormAt(source.text, at, fields))
      return Example<std::map<std::string, std::string>>{*std::move(values), OriginOf(source, at)};
  }
  return std::nullopt;
}

std::optional<std::map<std::string, std::string>> Take(std::string_view text, const nlohmann::json& object,
                                                       const std::vector<std::string>& fields) {
  std::map<std::string, std::string> values;
  for (const std::string& field : fields) {
    // Go's decoder does not mind the case of names.
    auto found = object.find(field);
    for (auto item = object.begin(); found == object.end() && item != object.end(); ++item) {
      if (base::LowerCase(item.key()) == base::LowerCase(field)) found = item;
    }
    if (found == object.end() || !found->is_string()) return std::nullopt;
    std::string value = Resolved(text, found->get<std::string>());
    if (!IsGiven(value)) return std::nullopt;
    values[field] = std::move(value);
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
  const size_t sign = at;
  if (at < text.size() && text[at] == ':') ++at;
  if (at < text.size() && text[at] == '=') ++at;
  if (at == sign) return std::nullopt;  // a field's type and its tag
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
    const int place = source.file.find("seed") != std::string::npos ? 20
                      : KindOf(source.file) == TextKind::test       ? 0
                                                                    : 10;
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

// Who may ask by HTTP's Basic authentication may log in, too.
std::optional<Example<std::map<std::string, std::string>>> OfBasic(const std::vector<SourceText>& texts,
                                                                   const std::vector<std::string>& fields) {
  if (fields.size() != 2 || IsSecretField(fields[0]) == IsSecretField(fields[1])) return std::nullopt;
  const auto account = FindBasicCredentials(texts);
  if (!account) return std::nullopt;
  const size_t colon = account->value.find(':');
  const size_t password = IsSecretField(fields[0]) ? 0 : 1;
  return Example<std::map<std::string, std::string>>{
      {{fields[password], account->value.substr(colon + 1)}, {fields[1 - password], account->value.substr(0, colon)}},
      account->origin};
}

}  // namespace

std::optional<Example<std::map<std::string, std::string>>> FindCredentials(const std::vector<SourceText>& texts,
                                                                           const std::vector<std::string>& fields) {
  if (fields.empty()) return std::nullopt;
  std::optional<Example<std::map<std::string, std::string>>> in_test;
  for (const SourceText& source : texts) {
    if (!IsForEverybody(source.file)) continue;
    for (size_t at = source.text.find('{'); at != std::string::npos; at = source.text.find('{', at + 1)) {
      const auto values = Take(source.text, ObjectAt(source.text, at), fields);
      if (!values) continue;
      Example<std::map<std::string, std::string>> example = {*values, OriginOf(source, at)};
      if (KindOf(source.file) < TextKind::test) return example;
      if (!in_test) in_test = std::move(example);
    }
  }
  for (const SourceText& source : texts) {
    if (KindOf(source.file) != TextKind::document || !IsForEverybody(source.file)) continue;
    if (auto found = FindForm(source, fields)) return found;
    if (auto found = FindInProse(source.text, fields))
      return Example<std::map<std::string, std::string>>{std::move(found->values), OriginOf(source, found->at)};
  }
  if (auto account = OfBasic(texts, fields)) return account;
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
