// Progress on standard error: one line that is rewritten on a terminal, a line a step elsewhere.
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
  bool terminal_;
  size_t width_;
  bool shown_ = false;
  std::string last_;
};

}  // namespace hone::cli
