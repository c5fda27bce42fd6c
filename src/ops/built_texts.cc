#include "ops/built_texts.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/ascii.h"
#include "net/url.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"

namespace hone::ops {
namespace {

std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

void AddScalars(const nlohmann::json& value, std::set<std::string>& values) {
  if (value.is_string()) values.insert(value.get<std::string>());
  if (value.is_number()) values.insert(value.dump());
  if (!value.is_structured()) return;
  for (const nlohmann::json& each : value) AddScalars(each, values);
}

// "12.50" is 12.5, as a format may have written it.
bool IsOneOf(const std::set<std::string>& values, const std::string& literal) {
  if (std::ranges::none_of(literal, base::IsDigit)) return false;
  if (values.contains(literal)) return true;
  const auto number = NumberOf(literal);
  return number && std::ranges::any_of(values, [&](const std::string& value) { return NumberOf(value) == number; });
}

}  // namespace

std::vector<LiteralText> LiteralTextsOf(const sql::Recording& recording) {
  constexpr size_t kMost = 60;
  constexpr size_t kLongest = 20'000;
  std::vector<LiteralText> texts;
  std::set<uint32_t> seen;
  for (const sql::RecordedStatement& statement : recording.statements) {
    if (texts.size() == kMost) break;
    if (!seen.insert(statement.text).second) continue;
    const std::string& text = recording.texts[statement.text];
    if (text.size() > kLongest) continue;
    const auto is_literal = [](const sql::Token& token) { return token.kind == sql::TokenKind::kLiteral; };
    if (!std::ranges::any_of(sql::Tokenize(text), is_literal)) continue;
    texts.push_back({sql::Fingerprint(text).query.text, text});
  }
  return texts;
}

std::set<std::string> ValuesOf(const net::HttpRequest& request) {
  std::set<std::string> values;
  const std::string_view target = request.target;
  for (size_t at = 0; at < target.size();) {
    const size_t end = std::min(target.find_first_of("/?&", at), target.size());
    std::string_view piece = target.substr(at, end - at);
    // What stands before it in a query is a name.
    if (const size_t equals = piece.find('='); equals != std::string_view::npos) piece.remove_prefix(equals + 1);
    if (!piece.empty()) values.insert(net::PercentDecode(piece));
    at = end + 1;
  }
  const nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_discarded()) AddScalars(body, values);
  return values;
}

bool HoldsValues(const std::vector<golang::Query>& written, std::string_view text,
                 const std::set<std::string>& values) {
  const std::vector<sql::Token> tokens = sql::Tokenize(text);
  for (const golang::Query& query : written) {
    if (!query.partial || query.test) continue;
    for (const auto& [begin, end] : golang::BetweenParts(query, text)) {
      for (size_t i = 0; i < tokens.size(); ++i) {
        const auto first = static_cast<size_t>(tokens[i].text.data() - text.data());
        const size_t from = std::max(first, begin);
        const size_t to = std::min(first + tokens[i].text.size(), end);
        if (tokens[i].kind != sql::TokenKind::kLiteral || from >= to) continue;
        if (i > 0 && (sql::SameWord(tokens[i - 1].text, "limit") || sql::SameWord(tokens[i - 1].text, "offset")))
          continue;
        std::string literal(text.substr(from, to - from));
        std::erase(literal, '\'');
        if (IsOneOf(values, literal)) return true;
      }
    }
  }
  return false;
}

}  // namespace hone::ops
