#include "evidence/redaction.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "base/hash.h"
#include "evidence/user_info.h"

namespace hone::evidence {
namespace {

constexpr std::string_view kRedacted = "[redacted]";

// Words that stand in half of all configurations: replacing them would destroy texts and hide nothing.
constexpr std::array<std::string_view, 45> kCommon = {"admin",      "application/json",
                                                      "bearer",     "close",
                                                      "debug",      "default",
                                                      "deflate",    "desc",
                                                      "dev",        "development",
                                                      "disable",    "disabled",
                                                      "enable",     "enabled",
                                                      "error",      "false",
                                                      "gzip",       "identity",
                                                      "info",       "json",
                                                      "keep-alive", "local",
                                                      "localhost",  "nil",
                                                      "none",       "null",
                                                      "pass",       "password",
                                                      "postgres",   "postgresql",
                                                      "prefer",     "prod",
                                                      "production", "public",
                                                      "redacted",   "release",
                                                      "require",    "root",
                                                      "secret",     "staging",
                                                      "test",       "text/plain",
                                                      "true",       "user",
                                                      "warn"};

bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
int HexDigit(char c) {
  if (base::IsDigit(c)) return c - '0';
  const char lower = base::LowerCase(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool TooCommon(std::string_view value) {
  constexpr size_t kShortest = 4;
  constexpr size_t kShortestNumber = 6;
  if (value.size() < kShortest) return true;
  if (value.size() < kShortestNumber && std::ranges::all_of(value, base::IsDigit)) return true;
  const std::string lower = base::LowerCase(value);
  return std::ranges::find(kCommon, lower) != kCommon.end() || lower == "127.0.0.1" || lower == "0.0.0.0";
}

// The part of a text that goes.
struct Range {
  size_t begin;
  size_t end;
};

// --- Encodings that are undone before looking: one secret has many URL and JSON spellings, and all decode to itself.
// ---

// A decoded text that knows where each of its bytes came from.
struct Decoded {
  std::string bytes = {};
  std::vector<size_t> from = {};  // one longer than bytes

  void Push(char c, size_t at) {
    bytes.push_back(c);
    from.push_back(at);
  }
};

Decoded DecodePercent(std::string_view text, bool plus_is_space) {
  Decoded decoded;
  for (size_t i = 0; i < text.size();) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0;
    if (escape) {
      decoded.Push(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])), i);
      i += 3;
    } else {
      decoded.Push(plus_is_space && text[i] == '+' ? ' ' : text[i], i);
      ++i;
    }
  }
  decoded.from.push_back(text.size());
  return decoded;
}

// The code unit of "\uXXXX" at `at`, or -1.
int32_t CodeUnit(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int32_t unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    if (HexDigit(text[i]) < 0) return -1;
    unit = unit * 16 + HexDigit(text[i]);
  }
  return unit;
}

void PushUtf8(Decoded& decoded, int32_t code, size_t at) {
  const auto push = [&](int32_t byte) { decoded.Push(static_cast<char>(byte), at); };
  if (code < 0x80) return push(code);
  if (code < 0x800) {
    push(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      push(0xe0 | (code >> 12));
    } else {
      push(0xf0 | (code >> 18));
      push(0x80 | ((code >> 12) & 0x3f));
    }
    push(0x80 | ((code >> 6) & 0x3f));
  }
  push(0x80 | (code & 0x3f));
}

// Decodes the escape at `at` and answers its length; 0 if there is none.
size_t DecodeJsonEscape(std::string_view text, size_t at, Decoded& decoded) {
  if (text[at] != '\\' || at + 1 >= text.size()) return 0;
  if (const int32_t unit = CodeUnit(text, at); unit >= 0) {
    const int32_t low = CodeUnit(text, at + 6);
    if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      PushUtf8(decoded, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), at);
      return 12;
    }
    PushUtf8(decoded, unit, at);
    return 6;
  }
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t which = kEscapes.find(text[at + 1]);
  if (which == std::string_view::npos) return 0;
  decoded.Push(kMeanings[which], at);
  return 2;
}

Decoded DecodeJson(std::string_view text) {
  Decoded decoded;
  for (size_t i = 0; i < text.size();) {
    if (const size_t length = DecodeJsonEscape(text, i, decoded); length > 0) {
      i += length;
    } else {
      decoded.Push(text[i], i);
      ++i;
    }
  }
  decoded.from.push_back(text.size());
  return decoded;
}

void FindIn(std::string_view text, const std::vector<std::string>& wanted, std::vector<Range>& found) {
  for (const std::string& one : wanted) {
    for (size_t at = text.find(one); at != std::string_view::npos; at = text.find(one, at + 1)) {
      found.push_back({at, at + one.size()});
    }
  }
}

void FindInDecoded(const Decoded& decoded, const std::vector<std::string>& secrets, std::vector<Range>& found) {
  std::vector<Range> inside;
  FindIn(decoded.bytes, secrets, inside);
  for (const Range& range : inside) found.push_back({decoded.from[range.begin], decoded.from[range.end]});
}

// --- Encodings that are looked for as they are. ---

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The characters of `value`'s base64 form that do not depend on what stands before and behind it, where `shift` bytes
// of the group of three stand before it.
std::string Base64Inside(std::string_view value, size_t shift) {
  std::string text;
  const size_t first_bit = shift * 8;
  const size_t last_bit = first_bit + value.size() * 8;
  for (size_t bit = (first_bit + 5) / 6 * 6; bit + 6 <= last_bit; bit += 6) {
    const size_t at = (bit - first_bit) / 8;
    const auto high = static_cast<unsigned char>(value[at]);
    const unsigned low = at + 1 < value.size() ? static_cast<unsigned char>(value[at + 1]) : 0;
    const unsigned pair = static_cast<unsigned>(high) << 8 | low;
    text.push_back(kBase64[pair >> (10 - (bit - first_bit) % 8) & 63]);
  }
  return text;
}

std::string HexForm(std::string_view value, std::string_view digits) {
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::string WithUrlAlphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

bool IsBase64(char c) { return IsAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_'; }

// The characters beside a base64 form still hold some of the secret's bits.
void FindEncoded(std::string_view text, const std::vector<std::string>& encoded, std::vector<Range>& found) {
  std::vector<Range> inside;
  FindIn(text, encoded, inside);
  for (Range range : inside) {
    if (range.begin > 0 && IsBase64(text[range.begin - 1])) --range.begin;
    if (range.end < text.size() && IsBase64(text[range.end])) ++range.end;
    found.push_back(range);
  }
}

// --- Secrets that are known by where they stand. ---

void FindUserInfos(std::string_view text, std::vector<Range>& found) {
  for (const std::string_view user_info : FindUserInfo(text)) {
    const auto begin = static_cast<size_t>(user_info.data() - text.data());
    found.push_back({begin, begin + user_info.size()});
  }
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return base::LowerCase(x) == base::LowerCase(y); });
}

// The end of a value that starts at `at`: of a quoted one behind its last character, of another at the next separator.
Range ValueAt(std::string_view text, size_t at) {
  const char quote = text[at];
  if (quote == '\'' || quote == '"') {
    size_t end = at + 1;
    while (end < text.size() && text[end] != quote) end += text[end] == '\\' ? 2U : 1U;
    return {at + 1, std::min(end, text.size())};
  }
  if (text.substr(at).starts_with("\\\"")) {  // a quote within a JSON string
    const size_t end = text.find('"', at + 2);
    return {at + 2, end == std::string_view::npos ? text.size() : end - (text[end - 1] == '\\' ? 1U : 0U)};
  }
  const size_t length = text.substr(at).find_first_of(" \t\r\n&;,\"'`)");
  Range value = {at, length == std::string_view::npos ? text.size() : at + length};
  // Inside a JSON string the quote that ends the value is escaped.
  while (value.end < text.size() && text[value.end] == '"' && value.end > at && text[value.end - 1] == '\\')
    --value.end;
  return value;
}

// A statement's placeholder, or (where the equals sign stands between spaces, as SQL has it) a function call or a
// column.
bool IsSql(std::string_view value, bool spaced) {
  if (value == "?" || value.starts_with(kRedacted)) return true;
  if (value.starts_with('$') && value.size() > 1 && std::ranges::all_of(value.substr(1), base::IsDigit)) return true;
  const auto name_end = std::ranges::find_if(value, [](char c) { return !IsAlnum(c) && c != '_'; });
  return spaced && name_end != value.begin() && name_end != value.end() && (*name_end == '(' || *name_end == '.');
}

// password=VALUE of a key/value DSN or a query string; also passwd, pwd and sslpassword.
void FindPasswords(std::string_view text, std::vector<Range>& found) {
  constexpr std::array<std::string_view, 4> kKeys = {"password", "passwd", "pwd", "sslpassword"};
  for (size_t equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    size_t key_end = equals;
    while (key_end > 0 && IsSpace(text[key_end - 1])) --key_end;
    size_t key_begin = key_end;
    while (key_begin > 0 && (IsAlnum(text[key_begin - 1]) || text[key_begin - 1] == '_')) --key_begin;
    const std::string_view key = text.substr(key_begin, key_end - key_begin);
    if (std::ranges::none_of(kKeys, [&](std::string_view known) { return EqualsIgnoringCase(key, known); })) continue;
    size_t at = equals + 1;
    while (at < text.size() && IsSpace(text[at])) ++at;
    if (at >= text.size()) break;
    const Range value = ValueAt(text, at);
    const bool spaced = key_end != equals || at != equals + 1;
    if (value.begin < value.end && !IsSql(text.substr(value.begin, value.end - value.begin), spaced))
      found.push_back(value);
  }
}

std::string Without(std::string_view text, std::vector<Range> ranges) {
  if (ranges.empty()) return std::string(text);
  std::ranges::sort(ranges, {}, &Range::begin);
  std::string result;
  size_t copied = 0;
  for (size_t i = 0; i < ranges.size();) {
    Range whole = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin <= whole.end; ++i) whole.end = std::max(whole.end, ranges[i].end);
    result.append(text.substr(copied, whole.begin - copied)).append(kRedacted);
    copied = whole.end;
  }
  return result.append(text.substr(copied));
}

}  // namespace

Redactor::Redactor() : key_(base::RandomBytes(32)) {}

Redactor::Redactor(std::string key) : key_(std::move(key)) {}

std::string Redactor::Token(std::string_view value) const { return base::KeyedHashHex(key_, value); }

void Redactor::AddSecret(std::string_view value) {
  if (TooCommon(value) || std::ranges::find(secrets_, value) != secrets_.end()) return;
  secrets_.emplace_back(value);
  for (size_t shift = 0; shift < 3; ++shift) {
    const std::string inside = Base64Inside(value, shift);
    encoded_.push_back(inside);
    if (const std::string url = WithUrlAlphabet(inside); url != inside) encoded_.push_back(url);
  }
  encoded_.push_back(HexForm(value, "0123456789abcdef"));
  encoded_.push_back(HexForm(value, "0123456789ABCDEF"));
}

std::string Redactor::Scrub(std::string_view text) const {
  std::vector<Range> found;
  FindIn(text, secrets_, found);
  FindEncoded(text, encoded_, found);
  if (!secrets_.empty()) {
    if (text.contains('%')) FindInDecoded(DecodePercent(text, false), secrets_, found);
    if (text.contains('+')) FindInDecoded(DecodePercent(text, true), secrets_, found);
    if (text.contains('\\')) FindInDecoded(DecodeJson(text), secrets_, found);
  }
  FindUserInfos(text, found);
  FindPasswords(text, found);
  return Without(text, std::move(found));
}

base::Error Redactor::Scrub(base::Error error) const {
  error.what = Scrub(error.what);
  error.subject = Scrub(error.subject);
  return error;
}

}  // namespace hone::evidence
