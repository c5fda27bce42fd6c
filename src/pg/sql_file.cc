#include "pg/sql_file.h"

#include <algorithm>
#include <cctype>

#include "base/ascii.h"

namespace hone::pg {
namespace {

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

bool StartsWord(std::string_view text, std::string_view lower_word) {
  if (text.size() < lower_word.size()) return false;
  const bool same = std::equal(lower_word.begin(), lower_word.end(), text.begin(),
                               [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
  return same && (text.size() == lower_word.size() || !IsWordChar(text[lower_word.size()]));
}

// Lengths of what begins a text, closing parts included; an unfinished one takes all.
size_t Until(std::string_view text, std::string_view end, size_t from) {
  const size_t at = text.find(end, from);
  return at == std::string_view::npos ? text.size() : at + end.size();
}

size_t BlockComment(std::string_view text) {
  size_t depth = 0;
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    if (text.substr(at, 2) == "/*") {
      ++depth;
      ++at;
    } else if (text.substr(at, 2) == "*/") {
      ++at;
      if (--depth == 0) return at + 1;
    }
  }
  return text.size();
}

size_t QuotedString(std::string_view text, bool backslashes) {
  const char quote = text.front();
  for (size_t at = 1; at < text.size(); ++at) {
    if (backslashes && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (at + 1 < text.size() && text[at + 1] == quote) {
        ++at;
      } else {
        return at + 1;
      }
    }
  }
  return text.size();
}

// A $tag$ ... $tag$ string, or 0 where the dollar begins none.
size_t DollarString(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_')) ++at;
  if (at >= text.size() || text[at] != '$' || (at > 1 && std::isdigit(static_cast<unsigned char>(text[1])) != 0))
    return 0;
  return Until(text, text.substr(0, at + 1), at + 1);
}

// The length of the comment, string or quoted name at the front of `text`; 0 if there is none. `after_word`: a word
// character stands before.
size_t Opaque(std::string_view text, bool after_word, bool& blank) {
  blank = false;
  if (text.starts_with("--")) {
    blank = true;
    return Until(text, "\n", 0);
  }
  if (text.starts_with("/*")) {
    blank = true;
    return BlockComment(text);
  }
  if (text.front() == '\'' || text.front() == '"') return QuotedString(text, false);
  if (!after_word && text.size() > 1 && (text.front() == 'e' || text.front() == 'E') && text[1] == '\'') {
    return 1 + QuotedString(text.substr(1), true);
  }
  if (!after_word && text.front() == '$') return DollarString(text);
  return 0;
}

// Collects the statements of a file, character by character.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<SqlStatement> Split() {
    while (at_ < text_.size()) Step();
    Close();
    return std::move(statements_);
  }

 private:
  void Step() {
    const std::string_view rest = text_.substr(at_);
    const bool after_word = at_ > 0 && IsWordChar(text_[at_ - 1]);
    bool blank = false;
    if (const size_t length = Opaque(rest, after_word, blank); length > 0) {
      if (!blank) Mark();
      Advance(length);
      return;
    }
    const char c = rest.front();
    if (!after_word && IsWordChar(c)) Word(rest);
    if (c == '(') ++parentheses_;
    if (c == ')' && parentheses_ > 0) --parentheses_;
    if (c == ';' && parentheses_ == 0 && blocks_ == 0) {
      Close();
      Advance(1);
      begin_ = at_;
      return;
    }
    if (std::isspace(static_cast<unsigned char>(c)) == 0) Mark();
    Advance(1);
  }

  // BEGIN ATOMIC ... END of SQL-standard function bodies, with CASE ... END inside.
  void Word(std::string_view rest) {
    const bool atomic = StartsWord(rest, "begin") && StartsWord(base::Trimmed(rest.substr(5)), "atomic");
    if (atomic || (blocks_ > 0 && StartsWord(rest, "case"))) ++blocks_;
    if (blocks_ > 0 && StartsWord(rest, "end")) --blocks_;
  }

  void Mark() {
    if (marked_) return;
    marked_ = true;
    marked_line_ = line_;
  }

  void Advance(size_t count) {
    line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                            text_.begin() + static_cast<std::ptrdiff_t>(at_ + count), '\n'));
    at_ += count;
  }

  void Close() {
    if (marked_) statements_.push_back({base::Trimmed(text_.substr(begin_, at_ - begin_)), marked_line_});
    marked_ = false;
    blocks_ = parentheses_ = 0;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;
  size_t line_ = 1;
  size_t marked_line_ = 1;
  size_t parentheses_ = 0;
  size_t blocks_ = 0;
  bool marked_ = false;
  std::vector<SqlStatement> statements_;
};

bool HasAnnotation(std::string_view line, std::string_view words) {
  line = base::Trimmed(line);
  if (!line.starts_with("--")) return false;
  line = base::Trimmed(line.substr(2));
  constexpr std::string_view kGoose = "+goose";
  return line.starts_with(kGoose) && StartsWord(base::Trimmed(line.substr(kGoose.size())), words);
}

// Calls `visit` with each line, its newline included.
template <typename Visit>
void EachLine(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    visit(text.substr(0, length));
    text.remove_prefix(length);
  }
}

}  // namespace

std::vector<SqlStatement> SplitStatements(std::string_view text) { return Splitter(text).Split(); }

std::string UpPart(std::string_view file) {
  bool goose = false;
  EachLine(file, [&](std::string_view line) { goose = goose || HasAnnotation(line, "up"); });
  if (!goose) return std::string(file);
  std::string part;
  bool up = false;
  EachLine(file, [&](std::string_view line) {
    if (HasAnnotation(line, "up")) up = true;
    if (HasAnnotation(line, "down")) up = false;
    if (up) {
      part += line;
    } else if (line.ends_with('\n')) {
      part += '\n';
    }
  });
  return part;
}

bool NeedsNoTransaction(std::string_view text) {
  bool annotated = false;
  EachLine(text, [&](std::string_view line) { annotated = annotated || HasAnnotation(line, "no transaction"); });
  if (annotated) return true;
  return std::ranges::any_of(SplitStatements(text), [](const SqlStatement& statement) {
    std::string lower;
    for (const char c : statement.text) lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    for (const std::string_view word :
         {"vacuum", "create database", "drop database", "create tablespace", "drop tablespace", "alter system",
          "reindex database", "reindex system", "cluster"}) {
      if (lower.starts_with(word)) return true;
    }
    const bool index = lower.starts_with("create") || lower.starts_with("drop") || lower.starts_with("reindex") ||
                       lower.starts_with("alter");
    return index && lower.find(" concurrently") != std::string::npos;
  });
}

}  // namespace hone::pg
