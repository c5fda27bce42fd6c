// Progress on standard error: one line that is rewritten on a terminal, a line at most every half second elsewhere.
#pragma once

#include <string>

#include "base/task.h"

namespace hone::cli {

class ProgressLine {
 public:
  // `terminal`: standard error is one, `width` columns wide.
  ProgressLine(bool terminal, size_t width) : terminal_(terminal), width_(width) {}
  ~ProgressLine();
  void Show(const base::Progress& progress);
  // Removes the line from the terminal.
  void Clear();

 private:
  void Rewrite();

  bool terminal_;
  size_t width_;
  bool shown_ = false;
  base::Progress current_;
  base::Nanos since_ = 0;    // when current_ was reported
  base::Nanos printed_ = 0;  // when a line was last printed, off a terminal
};

}  // namespace hone::cli
