// Which pool size to measure next: a controller without I/O.
//
// First every size once in each of the rounds, in random order; then sizes beside the chosen one and the best where the
// answer may lie between two or above all, together with those that they compete with; then more rounds of the sizes on
// which the answer hangs, until the windows are used up. How the sizes are made (a gate, a restart) is not its
// business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "load/size_windows.h"

namespace hone::load {

struct SweepSettings {
  std::vector<int> sizes = {};  // to begin with, from 1 on
  int largest = 0;              // further ones are tried up to here
  int repeats = 3;              // windows of each size at least
  int most_windows = 24;        // in all
  uint64_t seed = 1;
};

struct MeasureSize {
  int size = 0;
  int round = 0;
};
struct SweepDone {
  bool complete = false;    // every size has its repeats, and no further size could change the answer
  std::string reason = {};  // one clause
};
using SweepAction = std::variant<MeasureSize, SweepDone>;

class SizeSweep {
 public:
  explicit SizeSweep(SweepSettings settings);
  // The first thing to do.
  SweepAction Begin();
  // What to do after the window that was asked for.
  SweepAction Next(SizeWindow window);
  // Another bound for the windows in all: they took more or less time than was thought. A size that was begun still
  // gets its repeats.
  void Allow(int most_windows) { settings_.most_windows = most_windows; }

  const std::vector<SizeWindow>& windows() const { return windows_; }

 private:
  SweepAction Advance();
  void PlanRounds(std::vector<int> sizes, int rounds);
  std::vector<int> Lacking() const;
  std::optional<int> Further(const SizeDecision& decision) const;
  std::vector<int> Rivals(const SizeDecision& decision) const;
  std::optional<SweepDone> Plan();

  SweepSettings settings_;
  std::vector<int> sizes_;  // tried or planned, ascending
  std::deque<MeasureSize> planned_;
  std::vector<SizeWindow> windows_;
  int rounds_ = 0;
  uint64_t shuffles_ = 0;
  size_t promised_ = 0;   // windows up to which a size that was begun gets its repeats, whatever Allow() says then
  bool settled_ = false;  // what is planned only adds evidence
};

// `count` sizes from `least` to `most`, about evenly spread in their logarithm, with `with` among them where it lies
// between; fewer where there are not that many whole numbers.
std::vector<int> SpreadSizes(int least, int most, int count, int with);

}  // namespace hone::load
