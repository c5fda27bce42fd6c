#include "ops/shell_words.h"

#include <algorithm>

namespace hone::ops {

std::string TakeShellWord(std::string_view command, size_t& at) {
  std::string word;
  at = std::min(command.find_first_not_of(" \t\r\n\\", at), command.size());
  char quote = 0;
  for (; at < command.size(); ++at) {
    const char c = command[at];
    if (quote == 0 && std::string_view(" \t\r\n`|;\\").find(c) != std::string_view::npos) break;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      word += c;
    }
  }
  return word;
}

std::vector<std::string> ShellWords(std::string_view command) {
  std::vector<std::string> words;
  for (size_t at = 0; at < command.size();) {
    const size_t before = at;
    std::string word = TakeShellWord(command, at);
    if (word.empty() && at <= before) break;
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace hone::ops
