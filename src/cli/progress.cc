#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/text_layout.h"

namespace hone::cli {

ProgressLine::~ProgressLine() { Clear(); }

void ProgressLine::Show(const base::Progress& progress) {
  const base::Nanos now = base::SystemClock().Now();
  const bool new_step = !progress.what.empty() && progress.what != current_.what;
  if (!progress.what.empty()) {
    current_ = progress;
    since_ = now;
  }
  if (terminal_) return Rewrite();
  constexpr base::Nanos kEvery = 500'000'000;
  if (!new_step || now - printed_ < kEvery) return;
  fmt::print(stderr, "hone: {}\n", Printable(current_.what));
  printed_ = now;
}

void ProgressLine::Rewrite() {
  std::string text = Printable(current_.what);
  if (current_.remaining_seconds >= 0) {
    const double passed = static_cast<double>(base::SystemClock().Now() - since_) / 1e9;
    text += fmt::format("  (about {:.0f} s left)", std::ceil(std::max(0.0, current_.remaining_seconds - passed)));
  }
  fmt::print(stderr, "\r\x1b[K{}", Shorten(text, width_ - 1));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::Clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace hone::cli
