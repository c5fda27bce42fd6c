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
// The same beside the best size.
constexpr double kFine = 1.25;
constexpr std::string_view kSettled = "no other size could change the answer";

// Fisher and Yates; std::shuffle differs between libraries.
void Shuffle(std::vector<int>& sizes, std::mt19937_64& random) {
  for (size_t i = sizes.size(); i > 1; --i) std::swap(sizes[i - 1], sizes[random() % i]);
}

// A size in the middle of two, by ratio, where they are more than `coarse` apart.
std::optional<int> Between(int low, int high, double coarse) {
  if (high - low < 2 || high <= coarse * low) return std::nullopt;
  const int middle = static_cast<int>(std::lround(std::sqrt(std::max(low, 1) * static_cast<double>(high))));
  return std::clamp(middle, low + 1, high - 1);
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

// A size that nobody tried and that could be the better answer.
std::optional<int> SizeSweep::Further(const SizeDecision& decision) const {
  const int largest = sizes_.back();
  if (decision.chosen == largest && largest < settings_.largest) return std::min(settings_.largest, 2 * largest);
  const auto below = [&](int size) {
    const auto at = std::ranges::lower_bound(sizes_, size);
    return at == sizes_.begin() ? 0 : *std::prev(at);
  };
  const auto above = [&](int size) {
    const auto at = std::ranges::upper_bound(sizes_, size);
    return at == sizes_.end() ? size : *at;
  };
  if (const auto between = Between(below(decision.chosen), decision.chosen, kCoarse)) return between;
  // An optimum inside is narrow: the best of what was tried may stand beside it.
  if (const auto between = Between(below(decision.best), decision.best, kFine)) return between;
  return Between(decision.best, above(decision.best), kFine);
}

// The sizes on which the answer hangs: the chosen one, the best, and their neighbours of which each could be it as
// well.
std::vector<int> SizeSweep::Rivals(const SizeDecision& decision) const {
  std::set<int> rivals = {decision.chosen, decision.best};
  const auto chosen = std::ranges::lower_bound(sizes_, decision.chosen);
  if (chosen != sizes_.begin()) rivals.insert(*std::prev(chosen));
  if (std::next(chosen) != sizes_.end() && *std::next(chosen) < decision.best) rivals.insert(*std::next(chosen));
  return {rivals.begin(), rivals.end()};
}

// Plans what comes next; the reason to end where nothing does.
std::optional<SweepDone> SizeSweep::Plan() {
  settled_ = false;
  const auto decision = DecideSize(windows_, settings_.seed, kQuickResamples, settings_.repeats);
  const std::vector<int> lacking = Lacking();
  const auto left = static_cast<size_t>(settings_.most_windows) - windows_.size();
  if (!lacking.empty()) {
    // A window alone has nothing to be compared with: what it is compared with, too.
    std::set<int> again(lacking.begin(), lacking.end());
    if (decision) again.insert({decision->best, decision->chosen});
    const std::set<int> all(sizes_.begin(), sizes_.end());
    const std::set<int>& round = decision ? again : all;
    PlanRounds({round.begin(), round.end()}, 1);
    return std::nullopt;
  }
  if (!decision) return SweepDone{false, "there were too few requests"};
  if (const auto further = Further(*decision)) {
    const std::set<int> round = {*further, decision->best, decision->chosen};
    if (round.size() * static_cast<size_t>(settings_.repeats) > left)
      return SweepDone{false, "there was no time for the sizes between"};
    sizes_.insert(std::ranges::lower_bound(sizes_, *further), *further);
    PlanRounds({round.begin(), round.end()}, settings_.repeats);
    promised_ = windows_.size() + planned_.size();
    return std::nullopt;
  }
  const std::vector<int> rivals = Rivals(*decision);
  if (rivals.size() > left || rivals.size() < 2) return SweepDone{true, std::string(kSettled)};
  settled_ = true;
  PlanRounds(rivals, 1);
  return std::nullopt;
}

SweepAction SizeSweep::Advance() {
  if (windows_.size() >= std::max(static_cast<size_t>(settings_.most_windows), promised_)) {
    return settled_ ? SweepDone{true, std::string(kSettled)} : SweepDone{false, "the time for further windows is over"};
  }
  if (planned_.empty()) {
    if (auto done = Plan()) return *std::move(done);
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
