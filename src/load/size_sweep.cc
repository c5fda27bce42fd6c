#include "load/size_sweep.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace hone::load {
namespace {

// Enough to tell where to look next; the answer itself is bootstrapped with more.
constexpr int kQuickResamples = 100;
// An answer may be this many times the next smaller size that was tried; above it the sizes between are worth a look.
constexpr double kCoarse = 1.5;

// Fisher and Yates; std::shuffle differs between libraries.
void Shuffle(std::vector<int>& sizes, std::mt19937_64& random) {
  for (size_t i = sizes.size(); i > 1; --i) std::swap(sizes[i - 1], sizes[random() % i]);
}

}  // namespace

SizeSweep::SizeSweep(SweepSettings settings) : settings_(std::move(settings)), sizes_(settings_.sizes) {
  std::ranges::sort(sizes_);
  sizes_.erase(std::unique(sizes_.begin(), sizes_.end()), sizes_.end());
}

SweepAction SizeSweep::Begin() {
  PlanRounds(sizes_, settings_.repeats);
  return Advance();
}

SweepAction SizeSweep::Next(SizeWindow window) {
  windows_.push_back(std::move(window));
  return Advance();
}

void SizeSweep::PlanRounds(std::vector<int> sizes, int rounds) {
  std::mt19937_64 random(settings_.seed * 7'919 + ++shuffles_);
  for (int i = 0; i < rounds; ++i) {
    ++rounds_;
    Shuffle(sizes, random);
    for (const int size : sizes) planned_.push_back({size, rounds_});
  }
}

// The sizes without enough valid windows.
std::vector<int> SizeSweep::Lacking() const {
  std::map<int, int> valid;
  for (const SizeWindow& window : windows_) valid[window.size] += window.valid ? 1 : 0;
  std::vector<int> lacking;
  std::ranges::copy_if(sizes_, std::back_inserter(lacking), [&](int size) { return valid[size] < settings_.repeats; });
  return lacking;
}

// A size that could be the better answer.
std::optional<int> SizeSweep::Further(const SizeDecision& decision) const {
  const int largest = sizes_.back();
  if (decision.chosen == largest && largest < settings_.largest) return std::min(settings_.largest, 2 * largest);
  const auto chosen = std::ranges::lower_bound(sizes_, decision.chosen);
  const int below = chosen == sizes_.begin() ? 0 : *std::prev(chosen);
  if (decision.chosen - below < 2 || decision.chosen <= kCoarse * below) return std::nullopt;
  const int between =
      static_cast<int>(std::lround(std::sqrt(std::max(below, 1) * static_cast<double>(decision.chosen))));
  return std::clamp(between, below + 1, decision.chosen - 1);
}

SweepAction SizeSweep::Advance() {
  if (windows_.size() >= static_cast<size_t>(settings_.most_windows)) {
    return SweepDone{false, "the time for further windows is over"};
  }
  if (planned_.empty()) {
    const std::vector<int> lacking = Lacking();
    if (!lacking.empty()) {
      // A window alone has nothing to be compared with: all of the round again.
      PlanRounds(sizes_, 1);
    } else {
      const auto decision = DecideSize(windows_, settings_.seed, kQuickResamples);
      const auto further = decision ? Further(*decision) : std::nullopt;
      if (!further) return SweepDone{true, "no other size could change the answer"};
      std::set<int> rivals = {*further, decision->best, decision->chosen};
      if (windows_.size() + rivals.size() * static_cast<size_t>(settings_.repeats) >
          static_cast<size_t>(settings_.most_windows)) {
        return SweepDone{false, "there was no time for the sizes between"};
      }
      sizes_.insert(std::ranges::lower_bound(sizes_, *further), *further);
      PlanRounds({rivals.begin(), rivals.end()}, settings_.repeats);
    }
  }
  const MeasureSize next = planned_.front();
  planned_.pop_front();
  return next;
}

std::vector<int> SpreadSizes(int least, int most, int count, int with) {
  std::set<int> sizes = {least, std::max(least, most)};
  if (with > least && with < most) sizes.insert(with);
  while (static_cast<int>(sizes.size()) < count) {
    // The widest gap, by ratio, is split.
    double widest = 1;
    int middle = 0;
    for (auto it = sizes.begin(); std::next(it) != sizes.end(); ++it) {
      const int low = *it;
      const int high = *std::next(it);
      const double ratio = static_cast<double>(high) / low;
      if (high - low < 2 || ratio <= widest) continue;
      widest = ratio;
      middle = std::clamp(static_cast<int>(std::lround(std::sqrt(static_cast<double>(low) * high))), low + 1, high - 1);
    }
    if (middle == 0) break;
    sizes.insert(middle);
  }
  return {sizes.begin(), sizes.end()};
}

}  // namespace hone::load
