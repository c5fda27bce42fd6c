// What the terminal is: its width, and whether it takes colours.
#pragma once

#include <cstddef>

namespace hone::cli {

// Columns of the terminal behind `fd`, at least 40, at most 100; 80 where it is none.
size_t TerminalWidth(int fd);

// Whether text for `fd` may be coloured: a terminal, TERM is not "dumb", and NO_COLOR (no-color.org) is unset or empty.
bool TerminalTakesColor(int fd);

}  // namespace hone::cli
