// The lexical form of SQL: tokens, statements of a text, and a normalised text in which no data value is left.
//
// Understands every kind of literal and comment that PostgreSQL's documentation, "Lexical Structure", knows, whatever
// the grammar around it, so it also serves for syntax newer than libpg_query's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::sql {

enum class TokenKind {
  kWord,         // keyword or identifier, "quoted" ones too
  kLiteral,      // string of any quoting, number, bit string
  kParameter,    // $1
  kPunctuation,  // ( ) [ ] , ; .
  kOperator,     // everything else, a whole run of operator characters
};

struct Token {
  TokenKind kind = TokenKind::kOperator;
  std::string_view text = {};
  bool space_before = false;
};

// The tokens without comments. A literal that does not end reaches to the end of the text. Views into `sql`.
std::vector<Token> Tokenize(std::string_view sql);

// The statement without its comments, and with one space where there were spaces or comments.
std::string WithoutComments(std::string_view statement);

// The statements of a text that holds several, without those that are empty; semicolons in strings, comments,
// parentheses and BEGIN ATOMIC bodies do not divide. Views into `sql`.
std::vector<std::string_view> SplitStatements(std::string_view sql);

struct NormalText {
  std::string text = {};
  int literals = 0;        // how many were replaced
  int64_t list_items = 0;  // values in lists of values and rows of VALUES: what differs between texts of one form
};

// One statement with its literals replaced by $n, lists of values in IN (...) and ARRAY[...] and the further rows of
// VALUES squashed, comments dropped, whitespace folded. Parameters keep their numbers unless something was replaced or
// squashed; then all are numbered anew in order.
NormalText Normalize(std::string_view statement);

// Whether two words are equal without regard to ASCII case.
bool SameWord(std::string_view a, std::string_view b);

}  // namespace hone::sql
