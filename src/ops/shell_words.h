// Words of commands in documents, which need not be whole commands, nor be understood in all. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hone::ops {

// The word that begins behind the blanks at `at`, which is moved to its end: quotes may begin within it
// (city="St Moritz"), and what they hold is taken as it is. It ends at a blank, a pipe, a semicolon or a back quote.
std::string TakeShellWord(std::string_view command, size_t& at);

// All of them, as long as blanks are between.
std::vector<std::string> ShellWords(std::string_view command);

}  // namespace hone::ops
