#include "ops/built_texts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
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
  if (literal.size() < 2 || std::ranges::none_of(literal, base::IsDigit)) return false;
  if (values.contains(literal)) return true;
  const auto number = NumberOf(literal);
  return number && std::ranges::any_of(values, [&](const std::string& value) { return NumberOf(value) == number; });
}

// Whether a token is how many rows are wanted: LIMIT 5, OFFSET (5), FETCH FIRST 5 ROWS.
bool IsRowCount(const std::vector<sql::Token>& tokens, size_t at) {
  constexpr std::array<std::string_view, 4> kBefore = {"limit", "offset", "first", "next"};
  while (at > 0 && tokens[at - 1].text == "(") --at;
  return at > 0 &&
         std::ranges::any_of(kBefore, [&](std::string_view word) { return sql::SameWord(tokens[at - 1].text, word); });
}

// Whether a token is the first of IN (...), whose placeholders code often puts together.
bool IsOfList(const std::vector<sql::Token>& tokens, size_t at) {
  return at > 1 && tokens[at - 1].text == "(" && sql::SameWord(tokens[at - 2].text, "in");
}

// A literal, without its quotes, that one of the sources' texts leaves open between two known pieces, and where: which
// text, behind how many of its parts.
struct OpenLiteral {
  using Place = std::pair<size_t, size_t>;
  Place place = {};
  std::string literal = {};
  bool of_list = false;  // IN ('a')
};

// Those of a text, but for row counts.
std::vector<OpenLiteral> OpenLiterals(const std::vector<golang::Query>& written, std::string_view text) {
  const std::vector<sql::Token> tokens = sql::Tokenize(text);
  std::vector<OpenLiteral> open;
  for (size_t q = 0; q < written.size(); ++q) {
    if (!written[q].partial || written[q].test) continue;
    for (const auto& [begin, end, known] : golang::BetweenParts(written[q], text)) {
      for (size_t i = 0; i < tokens.size(); ++i) {
        const auto first = static_cast<size_t>(tokens[i].text.data() - text.data());
        // What stands there beside it may be a condition with a parameter, whose value the driver wrote.
        const bool whole = first <= begin && end <= first + tokens[i].text.size();
        if (tokens[i].kind != sql::TokenKind::kLiteral || !whole || IsRowCount(tokens, i)) continue;
        open.push_back({{q, known}, std::string(text.substr(begin, end - begin)), IsOfList(tokens, i)});
        std::erase(open.back().literal, '\'');
      }
    }
  }
  return open;
}

}  // namespace

std::vector<LiteralText> LiteralTextsOf(const sql::Recording& recording, const std::vector<AskedValues>& asked) {
  constexpr size_t kMost = 60;
  constexpr size_t kLongest = 20'000;
  constexpr size_t kNone = SIZE_MAX;
  std::vector<LiteralText> texts;
  std::map<uint32_t, size_t> seen;  // where each text stands among them
  for (const sql::RecordedStatement& statement : recording.statements) {
    const auto request = std::ranges::find_if(asked, [&](const AskedValues& each) {
      return each.start_ns <= statement.start_ns && statement.start_ns <= each.end_ns;
    });
    if (request == asked.end()) continue;
    const auto [at, is_new] = seen.try_emplace(statement.text, kNone);
    if (is_new) {
      const std::string& text = recording.texts[statement.text];
      const auto is_literal = [](const sql::Token& token) { return token.kind == sql::TokenKind::kLiteral; };
      if (text.size() > kLongest || texts.size() == kMost || !std::ranges::any_of(sql::Tokenize(text), is_literal))
        continue;
      at->second = texts.size();
      texts.push_back({sql::Fingerprint(text).query.text, text, request->values});
    } else if (at->second != kNone) {
      std::erase_if(texts[at->second].values,
                    [&](const std::string& value) { return !request->values.contains(value); });
    }
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

bool HoldsValues(const std::vector<golang::Query>& written, const LiteralText& sent) {
  return std::ranges::any_of(OpenLiterals(written, sent.text),
                             [&](const OpenLiteral& open) { return IsOneOf(sent.values, open.literal); });
}

std::set<std::string> QueriesWithOpenLiterals(const std::vector<golang::Query>& written,
                                              const std::vector<LiteralText>& sent) {
  std::map<std::pair<std::string, OpenLiteral::Place>, std::set<std::string>> literals;
  for (const LiteralText& text : sent) {
    for (OpenLiteral& open : OpenLiterals(written, text.text))
      if (!open.of_list) literals[{text.query, open.place}].insert(std::move(open.literal));
  }
  std::set<std::string> queries;
  for (const auto& [where, different] : literals) {
    if (different.size() > 1) queries.insert(where.first);
  }
  return queries;
}

}  // namespace hone::ops
