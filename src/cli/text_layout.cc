#include "cli/text_layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace hone::cli {
namespace {

bool StartsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

size_t Columns(std::string_view text) {
  size_t columns = 0;
  for (const char byte : text) columns += StartsCodePoint(byte) ? 1U : 0U;
  return columns;
}

std::string Wrap(std::string_view text, size_t width, std::string_view first, std::string_view rest) {
  std::string out(first);
  size_t column = Columns(first);
  size_t start_of_line = column;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    const bool at_start = column == start_of_line;
    if (!at_start && column + 1 + Columns(word) > width) {
      out.append("\n").append(rest);
      column = start_of_line = Columns(rest);
    } else if (!at_start) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += Columns(word);
  }
  out.push_back('\n');
  return out;
}

std::string Shorten(std::string_view text, size_t columns) {
  if (Columns(text) <= columns) return std::string(text);
  const size_t kept = columns < 3 ? 0 : columns - 3;
  size_t seen = 0;
  size_t bytes = 0;
  while (bytes < text.size() && (seen < kept || !StartsCodePoint(text[bytes])))
    seen += StartsCodePoint(text[bytes++]) ? 1U : 0U;
  return std::string(text.substr(0, bytes)) + "...";
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    out.push_back(code < 0x20 || code == 0x7F ? ' ' : byte);
  }
  return out;
}

std::string PrintableLines(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += (out.empty() ? "" : "\n") + Printable(text.substr(at, end - at));
    at = end + 1;
  }
  out.resize(out.find_last_not_of('\n') + 1);
  return out;
}

std::string Styled(std::string_view text, Style style, bool color) {
  if (!color || style == Style::kPlain) return std::string(text);
  int code = 1;
  switch (style) {
    case Style::kPlain:
    case Style::kBold:
      break;
    case Style::kDim:
      code = 2;
      break;
    case Style::kRed:
      code = 31;
      break;
    case Style::kGreen:
      code = 32;
      break;
    case Style::kYellow:
      code = 33;
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace hone::cli
