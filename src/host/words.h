// Splits a command line into words as a POSIX shell would, without a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hone::host {

// Blanks separate words; '...' is literal; "..." is literal but for \" \\ \$ \`; a backslash outside quotes takes the
// next character as it is. Nothing is expanded: $X and * stay as they are. kInput for an unquoted | > < & ; ( ) ` or $(
// ("write a script"), an open quote, and no words at all.
base::Result<std::vector<std::string>> SplitWords(std::string_view command);

// The words as a shell would take them back, for messages.
std::string JoinWords(const std::vector<std::string>& words);

}  // namespace hone::host
