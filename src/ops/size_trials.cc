#include "ops/size_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <variant>
#include <vector>

namespace hone::ops {

bool IsOfState(int status) {
  constexpr std::array kOfState = {400, 404, 409, 410, 412, 422, 423};
  return std::ranges::find(kOfState, status) != kOfState.end();
}

bool IsRefused(const Asked& asked) { return asked.wrong && asked.answer && IsOfState(asked.answer->status); }

bool HasItems(const project::Scenario& scenario) {
  const project::Variable* const size = scenario.SizeVariable();
  return size != nullptr && !std::get<project::Sizes>(size->values).items.empty();
}

base::Result<std::optional<AskedInSize>> TryOtherSizes(User& user, const project::Scenario& scenario,
                                                       const project::Assignment& refused, project::Learned& learned) {
  const project::Variable* const size = scenario.SizeVariable();
  if (size == nullptr) return std::nullopt;
  HONE_TRY(std::vector<project::Assignment> others, project::QuietAssignments(scenario, learned, kDryRunSeed));
  const std::vector<int64_t> sizes = learned.SizesOf(scenario);
  const auto is_of = [&](const project::Assignment& set, int64_t of) {
    return set.at(size->name) == std::to_string(of);
  };
  const bool too_many = is_of(refused, sizes.back());
  if (too_many == is_of(refused, sizes.front())) return std::nullopt;
  if (too_many) std::ranges::reverse(others);
  for (const project::Assignment& set : others) {
    const bool same = project::WithoutSize(scenario, set) == project::WithoutSize(scenario, refused);
    if (!same || set == refused) continue;
    HONE_TRY(Asked asked, user.Ask(scenario, set));
    if (asked.wrong && !IsRefused(asked)) break;
    if (asked.wrong) continue;
    const auto accepted = std::ranges::find_if(sizes, [&](int64_t each) { return is_of(set, each); });
    learned.KeepSizes(scenario, too_many ? sizes.front() : *accepted, too_many ? *accepted : sizes.back());
    return AskedInSize{.asked = std::move(asked), .set = set};
  }
  return std::nullopt;
}

base::Result<void> TrySize(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                           int64_t size, project::Learned& learned) {
  constexpr size_t kSets = 3;
  const std::string& name = scenario.SizeVariable()->name;
  HONE_TRY(std::vector<project::Assignment> sets, project::QuietAssignments(scenario, learned, kDryRunSeed));
  std::erase_if(sets, [&](const project::Assignment& set) { return set.at(name) != std::to_string(size); });
  const project::Assignment values = project::WithoutSize(scenario, tried);
  std::ranges::stable_partition(
      sets, [&](const project::Assignment& set) { return project::WithoutSize(scenario, set) == values; });
  sets.resize(std::min(sets.size(), kSets));
  for (const project::Assignment& set : sets) {
    if (set == tried) return {};
    HONE_TRY(const Asked asked, user.Ask(scenario, set));
    if (!IsRefused(asked)) return {};
  }
  if (!sets.empty()) HONE_CHECK_OK(TryOtherSizes(user, scenario, sets.front(), learned));
  return {};
}

base::Result<void> TryBothEnds(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                               project::Learned& learned) {
  const std::vector<int64_t> sizes = learned.SizesOf(scenario);
  if (scenario.writes || sizes.size() < 2) return {};
  HONE_CHECK_OK(TrySize(user, scenario, tried, sizes.back(), learned));
  return TrySize(user, scenario, tried, sizes.front(), learned);
}

std::optional<std::string> SizesLeftOut(const project::Scenario& scenario, const project::Learned& learned) {
  const project::Variable* const size = scenario.SizeVariable();
  if (size == nullptr) return std::nullopt;
  const std::vector<int64_t> asked = learned.SizesOf(scenario);
  if (asked == std::get<project::Sizes>(size->values).values) return std::nullopt;
  return fmt::format("{} refuses other sizes of `{}` than {} to {}, which it is asked for",
                     project::EndpointName(scenario), size->name, asked.front(), asked.back());
}

}  // namespace hone::ops
