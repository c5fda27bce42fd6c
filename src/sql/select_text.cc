#include "sql/select_text.h"

#include <pg_query.h>

#include <algorithm>
#include <utility>

namespace hone::sql {
namespace {

// A text beyond this is no statement that a person would rewrite.
constexpr size_t kLongestRewritten = 16 << 10;

// The byte at which the leftmost table below `from` stands; empty: something else stands there.
std::optional<size_t> LeftmostTable(const nlohmann::json& from) {
  if (from.contains("RangeVar")) return LocationIn(from["RangeVar"]);
  if (from.contains("JoinExpr") && from["JoinExpr"].contains("larg")) return LeftmostTable(from["JoinExpr"]["larg"]);
  return std::nullopt;
}

}  // namespace

std::optional<SelectText> SelectText::Parse(std::string_view statement) {
  if (statement.size() > kLongestRewritten || statement.find('\0') != std::string_view::npos) return std::nullopt;
  const PgQueryParseResult result = pg_query_parse(std::string(statement).c_str());
  nlohmann::json tree;
  if (result.error == nullptr && result.parse_tree != nullptr)
    tree = nlohmann::json::parse(result.parse_tree, nullptr, false);
  pg_query_free_parse_result(result);
  if (!tree.is_object() || !tree.contains("stmts") || tree["stmts"].size() != 1) return std::nullopt;
  nlohmann::json& one = tree["stmts"][0];
  if (!one.contains("stmt") || !one["stmt"].contains("SelectStmt")) return std::nullopt;
  return SelectText(statement, std::move(one["stmt"]["SelectStmt"]));
}

std::optional<size_t> SelectText::FromAt() const {
  if (!tree_.contains("fromClause") || tree_["fromClause"].empty()) return std::nullopt;
  const auto table = LeftmostTable(tree_["fromClause"][0]);
  std::optional<size_t> from;
  for (const Token& token : tokens_) {
    if (!table || At(token) >= *table) break;
    if (token.kind == TokenKind::kWord && SameWord(token.text, "from")) from = At(token);
  }
  return from;
}

size_t SelectText::EndBefore(size_t at) const {
  size_t end = 0;
  for (const Token& token : tokens_) {
    if (At(token) >= at) break;
    end = At(token) + token.text.size();
  }
  return end;
}

bool Holds(const nlohmann::json& node, std::string_view name) {
  if (node.is_object() && node.contains(name)) return true;
  return node.is_structured() &&
         std::ranges::any_of(node, [&](const nlohmann::json& child) { return Holds(child, name); });
}

size_t LocationIn(const nlohmann::json& node) { return node.value("location", size_t{0}); }

std::string EditedText::Text() {
  std::ranges::sort(edits_, {}, &Edit::at);
  std::string edited;
  size_t done = 0;
  for (const Edit& edit : edits_) {
    edited += text_.substr(done, edit.at - done);
    edited += edit.with;
    done = edit.at + edit.length;
  }
  return edited + std::string(text_.substr(done));
}

}  // namespace hone::sql
