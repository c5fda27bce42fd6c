// Plain text for terminals: wrapping, indenting and colour.
#pragma once

#include <string>
#include <string_view>

namespace hone::cli {

// Breaks `text` at spaces into lines of at most `width` columns, the first after `first` and the others after `rest`
// (both count). A word that is longer than a line stands alone on one. Columns are counted as UTF-8 code points. Ends
// in a newline.
std::string Wrap(std::string_view text, size_t width, std::string_view first, std::string_view rest);

// UTF-8 code points in `text`.
size_t Columns(std::string_view text);

// At most `columns` columns of `text`, the end replaced by "..." where it was cut.
std::string Shorten(std::string_view text, size_t columns);

// `text` without control characters (a service's or a file's text must not steer the terminal).
std::string Printable(std::string_view text);

// The same, but lines stay lines; none at the end.
std::string PrintableLines(std::string_view text);

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow };

// `text` in the style, where `color` is on.
std::string Styled(std::string_view text, Style style, bool color);

}  // namespace hone::cli
