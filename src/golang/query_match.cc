// Finds the lines of the sources whose SQL was seen on the wire.
#include <algorithm>

#include "base/ascii.h"
#include "golang/inspection.h"

namespace hone::golang {
namespace {

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 128;
}
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
// Folds one text, piece by piece.
class Folder {
 public:
  Folder(std::string_view text, bool constants) : text_(text), constants_(constants) {}

  std::string Fold() {
    while (at_ < text_.size()) Step();
    while (!result_.empty() && (result_.back() == ';' || result_.back() == ' ')) result_.pop_back();
    return std::move(result_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  char Next(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  // Blanks count only between two words: `a=$1` and `a = $1` are the same.
  void Put(std::string_view piece) {
    const auto joins = [](char c) { return IsWord(c) || c == '$'; };
    if (blank_ && !result_.empty() && joins(result_.back()) && joins(piece[0])) result_ += ' ';
    blank_ = false;
    result_ += piece;
  }

  void Step() {
    const char c = text_[at_];
    if (IsBlank(c)) {
      blank_ = true;
      ++at_;
    } else if (rest().starts_with("--")) {
      blank_ = true;
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (rest().starts_with("/*")) {
      blank_ = true;
      const size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else if (c == '\'' || c == '"') {
      Quoted(c);
    } else if (IsWord(c)) {
      Word();
    } else if (!Parameter()) {
      Put({&c, 1});
      ++at_;
    }
  }

  void Word() {
    std::string word;
    // A number's point belongs to it.
    const bool number = text_[at_] >= '0' && text_[at_] <= '9';
    while (at_ < text_.size() && (IsWord(text_[at_]) || (number && text_[at_] == '.')))
      word += base::LowerCase(text_[at_++]);
    const bool constant = number || word == "true" || word == "false" || word == "null";
    Put(constants_ && constant ? "$" : word);
  }

  void Quoted(char quote) {
    const size_t end = text_.find(quote, at_ + 1);
    const size_t length = end == std::string_view::npos ? text_.size() - at_ : end + 1 - at_;
    Put(constants_ && quote == '\'' ? "$" : text_.substr(at_, length));
    at_ += length;
  }

  // $1, ?, :name and @name, but not a::cast, and not the operators @> and ?|.
  bool Parameter() {
    const char c = text_[at_];
    const char next = Next(1);
    const bool named =
        (c == '@' || c == ':') && IsWord(next) && !(at_ > 0 && (text_[at_ - 1] == c || IsWord(text_[at_ - 1])));
    const bool numbered = c == '$' && next >= '0' && next <= '9';
    const bool mark = c == '?' && next != '|' && next != '&' && next != '?';
    if (!named && !numbered && !mark) return false;
    Put("$");
    ++at_;
    while (!mark && at_ < text_.size() && IsWord(text_[at_])) ++at_;
    return true;
  }

  std::string_view text_;
  bool constants_;
  size_t at_ = 0;
  bool blank_ = false;
  std::string result_;
};

// Whether the known parts of a text stand in `sql` one after the other. Parts that say little alone ("and ") count only
// together.
bool HasParts(const Query& query, const std::string& sql, bool constants) {
  size_t at = 0;
  size_t known = 0;
  for (const std::string& part : query.parts) {
    const std::string folded = FoldSql(part, constants);
    const size_t found = sql.find(folded, at);
    if (found == std::string::npos) return false;
    if (at == 0 && found != 0) return false;
    at = found + folded.size();
    known += folded.size();
  }
  constexpr size_t kEnough = 16;
  return known >= kEnough;
}

}  // namespace

std::vector<OpenPiece> BetweenParts(const Query& query, std::string_view sql) {
  constexpr size_t kEnough = 16;
  std::vector<OpenPiece> between;
  size_t at = 0;
  size_t known_bytes = 0;
  for (size_t i = 0; i < query.parts.size(); ++i) {
    const std::string& part = query.parts[i];
    const size_t found = sql.find(part, at);
    if (found == std::string_view::npos || (known_bytes == 0 && found != 0)) return {};
    if (found > at) between.push_back({at, found, i});
    at = found + part.size();
    known_bytes += part.size();
  }
  if (known_bytes < kEnough) return {};
  if (at < sql.size()) between.push_back({at, sql.size(), query.parts.size()});
  return between;
}

std::string FoldSql(std::string_view text, bool constants) { return Folder(text, constants).Fold(); }

std::vector<const Query*> FindQuery(const Inspection& inspection, std::string_view sql) {
  const std::string exact = FoldSql(sql);
  const std::string shape = FoldSql(sql, true);
  const auto matches = [&](const Query& query, bool constants) {
    const std::string& wanted = constants ? shape : exact;
    return query.partial ? HasParts(query, wanted, constants) : FoldSql(query.text, constants) == wanted;
  };
  // The sources first, then tests; whole texts first, then those that are put together; as it stands first, then by its
  // shape.
  for (const bool test : {false, true}) {
    for (const bool partial : {false, true}) {
      for (const bool constants : {false, true}) {
        std::vector<const Query*> found;
        for (const Query& query : inspection.queries) {
          if (query.test == test && query.partial == partial && matches(query, constants)) found.push_back(&query);
        }
        if (!found.empty()) return found;
      }
    }
  }
  return {};
}

}  // namespace hone::golang
