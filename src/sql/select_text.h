// One SELECT as text and as libpg_query's tree, to be rewritten piece by piece. Private to sql/.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/lexer.h"

namespace hone::sql {

class SelectText {
 public:
  // Empty where the statement is no single SELECT, or libpg_query does not know its syntax. `statement` must outlive
  // the object.
  static std::optional<SelectText> Parse(std::string_view statement);

  std::string_view statement() const { return statement_; }
  const std::vector<Token>& tokens() const { return tokens_; }
  const nlohmann::json& tree() const { return tree_; }  // of SelectStmt

  // Bytes from the statement's beginning.
  size_t At(const Token& token) const { return static_cast<size_t>(token.text.data() - statement_.data()); }
  // The word FROM of the statement itself: the last one before its first table. Empty: no table stands first there.
  std::optional<size_t> FromAt() const;
  // The end of the last token before `at`.
  size_t EndBefore(size_t at) const;

 private:
  SelectText(std::string_view statement, nlohmann::json tree)
      : statement_(statement), tokens_(Tokenize(statement)), tree_(std::move(tree)) {}

  std::string_view statement_;
  std::vector<Token> tokens_;
  nlohmann::json tree_;
};

// Where `name` is a member somewhere below `node`.
bool Holds(const nlohmann::json& node, std::string_view name);

// The byte of the text at which a node stands.
size_t LocationIn(const nlohmann::json& node);

// A text with some of its pieces replaced.
class EditedText {
 public:
  explicit EditedText(std::string_view text) : text_(text) {}
  void Replace(size_t at, size_t length, std::string with) { edits_.push_back({at, length, std::move(with)}); }
  std::string Text();

 private:
  struct Edit {
    size_t at = 0;
    size_t length = 0;
    std::string with = {};
  };
  std::string_view text_;
  std::vector<Edit> edits_;
};

}  // namespace hone::sql
