#include "host/words.h"

#include <fmt/format.h>

#include <utility>

namespace hone::host {
namespace {

// Reads one command line; `at_` walks over it once.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  base::Result<std::vector<std::string>> Run() {
    for (; at_ < text_.size(); ++at_) {
      if (auto taken = Take(text_[at_]); !taken) return std::unexpected(taken.error());
    }
    EndWord();
    if (words_.empty()) return base::Fail(base::Code::kInput, "The command is empty");
    return std::move(words_);
  }

 private:
  base::Result<void> Take(char c) {
    switch (c) {
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        EndWord();
        return {};
      case '\'':
        return SingleQuoted();
      case '"':
        return DoubleQuoted();
      case '\\':
        return Escaped();
      case '$':
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '(') return NeedsShell("$(");
        break;
      case '|':
      case '>':
      case '<':
      case '&':
      case ';':
      case '(':
      case ')':
      case '`':
        return NeedsShell(std::string(1, c));
      default:
        break;
    }
    Add(c);
    return {};
  }

  base::Result<void> SingleQuoted() {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return Unfinished("'");
    word_.append(text_.substr(at_ + 1, end - at_ - 1));
    open_ = true;
    at_ = end;
    return {};
  }

  base::Result<void> DoubleQuoted() {
    open_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return {};
      if (c == '`') return NeedsShell("`");
      if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '(') return NeedsShell("$(");
      const bool escapes = c == '\\' && at_ + 1 < text_.size() &&
                           std::string_view("\"\\$`\n").find(text_[at_ + 1]) != std::string_view::npos;
      if (escapes) ++at_;
      if (!escapes || text_[at_] != '\n') word_ += text_[at_];  // an escaped end of line joins the lines
    }
    return Unfinished("\"");
  }

  base::Result<void> Escaped() {
    if (++at_ == text_.size()) return base::Fail(base::Code::kInput, "The command ends in a backslash");
    if (text_[at_] != '\n') Add(text_[at_]);
    return {};
  }

  static std::unexpected<base::Error> Unfinished(std::string_view quote) {
    return base::Fail(base::Code::kInput, fmt::format("The command has a {} without its end", quote));
  }
  static std::unexpected<base::Error> NeedsShell(std::string_view what) {
    return base::Fail(base::Code::kInput, fmt::format("The command has an unquoted {}, but no shell runs it", what), "",
                      "Write a script and run that, or quote it");
  }

  void Add(char c) {
    word_ += c;
    open_ = true;
  }
  void EndWord() {
    if (open_) words_.push_back(std::exchange(word_, {}));
    open_ = false;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool open_ = false;  // a word has begun; it may still be empty ('')
};

}  // namespace

base::Result<std::vector<std::string>> SplitWords(std::string_view command) { return Splitter(command).Run(); }

std::string JoinWords(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      joined += word;
      continue;
    }
    joined += '\'';
    for (const char c : word) {
      if (c == '\'') {
        joined += "'\\''";
      } else {
        joined += c;
      }
    }
    joined += '\'';
  }
  return joined;
}

}  // namespace hone::host
