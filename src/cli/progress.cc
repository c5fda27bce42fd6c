#include "cli/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "cli/text_layout.h"

namespace hone::cli {

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Show(const base::Progress& progress) {
  std::string text = Printable(progress.what);
  if (terminal_) {
    if (progress.remaining_seconds >= 0) text += fmt::format("  (about {:.0f} s left)", std::ceil(progress.remaining_seconds));
    fmt::print(stderr, "\r\x1b[K{}", Shorten(text, width_ - 1));
    std::fflush(stderr);
    shown_ = true;
  } else if (text != last_) {
    fmt::print(stderr, "hone: {}\n", text);
    last_ = text;
  }
}

void ProgressLine::Clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace hone::cli
