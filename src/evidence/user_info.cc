#include "evidence/user_info.h"

#include <algorithm>

namespace hone::evidence {

// Where what follows the colon is no port, the last '@' of the word ends it.
std::vector<std::string_view> FindUserInfo(std::string_view text) {
  constexpr std::string_view kWordEnd = " \t\r\n\"'`<>\\";
  std::vector<std::string_view> found;
  for (size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::string_view word = text.substr(at + 3, text.substr(at + 3).find_first_of(kWordEnd));
    const std::string_view authority = word.substr(0, word.find_first_of("/?#"));
    size_t end = authority.rfind('@');
    if (end == std::string_view::npos) {
      const size_t colon = authority.find(':');
      if (colon == std::string_view::npos || authority.starts_with('[')) continue;
      if (std::ranges::all_of(authority.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; })) continue;
      end = word.rfind('@');
    }
    if (end != std::string_view::npos && end > 0) found.push_back(word.substr(0, end));
  }
  return found;
}

}  // namespace hone::evidence
