#include "sql/lexer.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/ascii.h"

namespace hone::sql {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == '\0'; }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) { return IsWordStart(c) || base::IsDigit(c) || c == '$'; }
bool IsPunctuation(char c) { return std::string_view("()[],;.").find(c) != std::string_view::npos; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  // False at the end.
  bool Next(Token& token) {
    token.space_before = SkipBlank();
    if (at_ >= sql_.size()) return false;
    const size_t start = at_;
    token.kind = Take();
    at_ = std::min(at_, sql_.size());
    token.text = sql_.substr(start, at_ - start);
    return true;
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  bool SkipBlank() {
    const size_t start = at_;
    for (; at_ < sql_.size();) {
      if (IsSpace(sql_[at_])) {
        ++at_;
      } else if (Peek() == '-' && Peek(1) == '-') {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      } else if (Peek() == '/' && Peek(1) == '*') {
        SkipBlockComment();
      } else {
        break;
      }
    }
    return at_ > start;
  }

  // They nest.
  void SkipBlockComment() {
    int depth = 0;
    do {
      if (Peek() == '/' && Peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (Peek() == '*' && Peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < sql_.size());
  }

  TokenKind Take() {
    const char c = Peek();
    if (c == '\'') return Quoted('\'', 1, false);
    if (c == '"') {
      Quoted('"', 1, false);
      return TokenKind::kWord;
    }
    if (Peek(1) == '\'' && std::string_view("eE").find(c) != std::string_view::npos) return Quoted('\'', 2, true);
    if (Peek(1) == '\'' && std::string_view("bBxXnN").find(c) != std::string_view::npos) return Quoted('\'', 2, false);
    if ((c == 'u' || c == 'U') && Peek(1) == '&' && Peek(2) == '\'') return Quoted('\'', 3, false);
    if ((c == 'u' || c == 'U') && Peek(1) == '&' && Peek(2) == '"') {
      Quoted('"', 3, false);
      return TokenKind::kWord;
    }
    if (base::IsDigit(c) || (c == '.' && base::IsDigit(Peek(1)))) return Number();
    if (c == '$') return Dollar();
    if (IsWordStart(c)) {
      while (at_ < sql_.size() && IsWordPart(sql_[at_])) ++at_;
      return TokenKind::kWord;
    }
    if (IsPunctuation(c)) {
      ++at_;
      return TokenKind::kPunctuation;
    }
    return Operator();
  }

  // From `skip` bytes on up to the closing quote; doubled quotes do not close.
  TokenKind Quoted(char quote, size_t skip, bool escapes) {
    for (at_ += skip; at_ < sql_.size(); ++at_) {
      if (escapes && sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == quote) {
        if (Peek(1) != quote) {
          ++at_;
          break;
        }
        ++at_;
      }
    }
    return TokenKind::kLiteral;
  }

  // Decimal, hexadecimal, octal and binary, with underscores and exponents; a letter right behind belongs to it (junk
  // that the server refuses).
  TokenKind Number() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      const bool exponent_sign =
          (c == '+' || c == '-') && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E') && base::IsDigit(Peek(1));
      const bool range = c == '.' && Peek(1) == '.';
      if (range || !(base::IsDigit(c) || IsWordStart(c) || c == '.' || exponent_sign)) break;
      ++at_;
    }
    return TokenKind::kLiteral;
  }

  // $1, or $tag$ ... $tag$.
  TokenKind Dollar() {
    if (base::IsDigit(Peek(1))) {
      ++at_;
      while (base::IsDigit(Peek())) ++at_;
      return TokenKind::kParameter;
    }
    size_t end = at_ + 1;
    while (end < sql_.size() && (IsWordStart(sql_[end]) || base::IsDigit(sql_[end]))) ++end;
    if (end >= sql_.size() || sql_[end] != '$') {
      ++at_;
      return TokenKind::kOperator;
    }
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const size_t close = sql_.find(tag, end + 1);
    at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
    return TokenKind::kLiteral;
  }

  TokenKind Operator() {
    const size_t start = at_;
    do {
      ++at_;
    } while (at_ < sql_.size() && std::string_view("+-*/<>=~!@#%^&|`?:").find(sql_[at_]) != std::string_view::npos &&
             std::string_view("+-*/<>=~!@#%^&|`?:").find(sql_[start]) != std::string_view::npos &&
             !(Peek() == '-' && Peek(1) == '-') && !(Peek() == '/' && Peek(1) == '*'));
    // As PostgreSQL does: a sign at the end belongs to what follows, unless the operator holds one of these.
    while (at_ > start + 1 && (sql_[at_ - 1] == '-' || sql_[at_ - 1] == '+') &&
           sql_.substr(start, at_ - start).find_first_of("~!@#%^&|`?") == std::string_view::npos) {
      --at_;
    }
    return TokenKind::kOperator;
  }

  std::string_view sql_;
  size_t at_ = 0;
};

bool Is(const Token& token, std::string_view text) { return token.text == text; }
bool IsWord(const Token& token, std::string_view word) {
  return token.kind == TokenKind::kWord && SameWord(token.text, word);
}
bool IsValue(const Token& token) { return token.kind == TokenKind::kLiteral || token.kind == TokenKind::kParameter; }

// The index behind the bracket that closes the one at `open`; tokens.size() if none does.
size_t BehindGroup(const std::vector<Token>& tokens, size_t open) {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    if (Is(tokens[i], "(") || Is(tokens[i], "[")) ++depth;
    if (Is(tokens[i], ")") || Is(tokens[i], "]")) --depth;
    if (depth == 0) return i + 1;
  }
  return tokens.size();
}

// Whether the tokens in [first, last) are values, casts and separators only, with at least one value.
bool OnlyValues(const std::vector<Token>& tokens, size_t first, size_t last) {
  bool any = false;
  for (size_t i = first; i < last; ++i) {
    const Token& token = tokens[i];
    const bool after_cast = i > first && Is(tokens[i - 1], "::");
    const bool constant = IsWord(token, "null") || IsWord(token, "true") || IsWord(token, "false");
    const bool separator =
        Is(token, ",") || Is(token, "(") || Is(token, ")") || Is(token, "-") || Is(token, "+") || Is(token, "::");
    if (!IsValue(token) && !constant && !separator && !(after_cast && token.kind == TokenKind::kWord)) return false;
    any = any || IsValue(token);
  }
  return any;
}

// Writes tokens, numbering what it replaces.
class Writer {
 public:
  explicit Writer(bool renumber) : renumber_(renumber) {}

  void Write(const Token& token) {
    if (token.kind == TokenKind::kLiteral) {
      ++literals_;
      Append("$" + std::to_string(++last_), token);
    } else if (token.kind == TokenKind::kParameter && renumber_) {
      const auto [it, is_new] = numbers_.try_emplace(std::string(token.text), last_ + 1);
      if (is_new) ++last_;
      Append("$" + std::to_string(it->second), token);
    } else {
      Append(token.text, token);
    }
  }
  void WriteRaw(std::string_view text) { text_ += text; }
  // A literal that is squashed away still was one.
  void Skip(const Token& token) { literals_ += token.kind == TokenKind::kLiteral ? 1 : 0; }
  void CountItems(int64_t items) { list_items_ += items; }
  NormalText Take() && { return {std::move(text_), literals_, list_items_}; }

 private:
  void Append(std::string_view text, const Token& token) {
    const bool glued = text_.empty() || text_.back() == '(' || text_.back() == '[' || Is(token, ")") ||
                       Is(token, "]") || Is(token, ",") || Is(token, ";");
    // `a'x'` is two tokens, `a$1` would be one.
    const bool merges = text.starts_with('$') && !text_.empty() && IsWordPart(text_.back());
    const bool wanted = token.space_before || merges || (!text_.empty() && text_.back() == ',');
    if (!glued && wanted) text_ += ' ';
    text_ += text;
  }

  bool renumber_;
  std::string text_;
  int last_ = 0;
  int literals_ = 0;
  int64_t list_items_ = 0;
  std::map<std::string, int> numbers_;
};

// Where a squashed list ends, if one begins at the bracket at `open`: behind IN or ARRAY, values only.
size_t EndOfValueList(const std::vector<Token>& tokens, size_t open) {
  if (open == 0) return 0;
  const bool in = Is(tokens[open], "(") && IsWord(tokens[open - 1], "in");
  const bool array = Is(tokens[open], "[") && IsWord(tokens[open - 1], "array");
  if (!in && !array) return 0;
  const size_t end = BehindGroup(tokens, open);
  return end <= tokens.size() && end > open + 1 && OnlyValues(tokens, open + 1, end - 1) ? end : 0;
}

// The values between the brackets at `open` and before `end`.
int64_t ItemsOfList(const std::vector<Token>& tokens, size_t open, size_t end) {
  int depth = 0;
  int64_t items = 1;
  for (size_t i = open; i < end; ++i) {
    if (Is(tokens[i], "(") || Is(tokens[i], "[")) ++depth;
    if (Is(tokens[i], ")") || Is(tokens[i], "]")) --depth;
    items += depth == 1 && Is(tokens[i], ",") ? 1 : 0;
  }
  return items;
}

// Where the rows behind the first row of VALUES end: `first_end` is behind the first one. `rows` counts them.
size_t EndOfFurtherRows(const std::vector<Token>& tokens, size_t first_end, int64_t& rows) {
  size_t end = first_end;
  for (; end + 1 < tokens.size() && Is(tokens[end], ",") && Is(tokens[end + 1], "("); ++rows)
    end = BehindGroup(tokens, end + 1);
  return end;
}

NormalText WriteAll(const std::vector<Token>& tokens, bool renumber, bool& squashed) {
  Writer writer(renumber);
  size_t rows_end = 0;  // behind the first row of a VALUES that is under way
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (const size_t end = EndOfValueList(tokens, i); end > 0) {
      for (size_t skipped = i; skipped < end; ++skipped) writer.Skip(tokens[skipped]);
      writer.WriteRaw(Is(tokens[i], "[") ? "[...]" : tokens[i].space_before ? " (...)" : "(...)");
      writer.CountItems(ItemsOfList(tokens, i, end));
      squashed = true;
      i = end - 1;
      continue;
    }
    writer.Write(tokens[i]);
    if (IsWord(tokens[i], "values") && i + 1 < tokens.size() && Is(tokens[i + 1], "("))
      rows_end = BehindGroup(tokens, i + 1);
    if (rows_end == i + 1) {
      int64_t rows = 1;
      const size_t end = EndOfFurtherRows(tokens, rows_end, rows);
      writer.CountItems(rows);
      if (end > rows_end) {
        for (size_t skipped = rows_end; skipped < end; ++skipped) writer.Skip(tokens[skipped]);
        writer.WriteRaw(", ...");
        squashed = true;
        i = end - 1;
      }
    }
  }
  return std::move(writer).Take();
}

}  // namespace

bool SameWord(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::vector<Token> Tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  Lexer lexer(sql);
  for (Token token; lexer.Next(token);) tokens.push_back(token);
  return tokens;
}

std::string WithoutComments(std::string_view statement) {
  std::string bare;
  for (const Token& token : Tokenize(statement)) {
    if (token.space_before && !bare.empty()) bare += ' ';
    bare += token.text;
  }
  return bare;
}

std::vector<std::string_view> SplitStatements(std::string_view sql) {
  std::vector<std::string_view> statements;
  const std::vector<Token> tokens = Tokenize(sql);
  int depth = 0;
  int blocks = 0;  // BEGIN ATOMIC ... END, and CASE ... END within
  size_t first = 0;
  for (size_t i = 0; i <= tokens.size(); ++i) {
    const bool at_end = i == tokens.size();
    if (!at_end && !(Is(tokens[i], ";") && depth == 0 && blocks == 0)) {
      if (Is(tokens[i], "(")) ++depth;
      if (Is(tokens[i], ")")) depth = std::max(0, depth - 1);
      if (IsWord(tokens[i], "atomic") && i > 0 && IsWord(tokens[i - 1], "begin")) ++blocks;
      if (blocks > 0 && IsWord(tokens[i], "case")) ++blocks;
      if (blocks > 0 && IsWord(tokens[i], "end")) --blocks;
      continue;
    }
    if (i > first) {
      const char* begin = tokens[first].text.data();
      const Token& last = tokens[i - 1];
      statements.emplace_back(begin, static_cast<size_t>(last.text.data() + last.text.size() - begin));
    }
    first = i + 1;
  }
  return statements;
}

NormalText Normalize(std::string_view statement) {
  std::vector<Token> tokens = Tokenize(statement);
  while (!tokens.empty() && Is(tokens.back(), ";")) tokens.pop_back();
  bool squashed = false;
  const bool has_literals =
      std::any_of(tokens.begin(), tokens.end(), [](const Token& token) { return token.kind == TokenKind::kLiteral; });
  NormalText text = WriteAll(tokens, has_literals, squashed);
  return squashed && !has_literals ? WriteAll(tokens, true, squashed) : text;
}

}  // namespace hone::sql
