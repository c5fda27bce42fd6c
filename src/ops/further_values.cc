#include "ops/further_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ops/busiest_values.h"
#include "ops/scenario_paths.h"
#include "ops/size_trials.h"

namespace hone::ops {
namespace {

// One answer may list few of what others are to be asked about, or none: the list of one customer's orders, say. So the
// next ones are asked for, until there are enough. With sizes the largest: it lists most.
base::Result<void> LearnFurther(User& user, const project::Project& project, size_t index, project::Learned& learned) {
  constexpr size_t kEnough = 12;  // as many as the quiet phase asks for
  constexpr size_t kMostAsked = 8;
  const project::Scenario& scenario = project.scenarios[index];
  if (scenario.writes || !project::IsSource(project, index)) return {};
  HONE_TRY(const auto assignments, project::QuietAssignments(scenario, learned, kDryRunSeed,
                                                             {.per_size = kMostAsked, .different = kMostAsked}));
  if (assignments.size() < 2) return {};
  for (size_t asked = 0; asked < std::min(assignments.size(), kMostAsked); ++asked) {
    if (project::FewestLearned(project, index, learned) >= kEnough) break;
    HONE_TRY(const Asked one, user.Ask(scenario, assignments[assignments.size() - 1 - asked]));
    // One that is not there may be followed by one that is; a limiter or a service in need is left alone.
    if (one.wrong && (!one.answer || !IsOfState(one.answer->status))) break;
    if (!one.wrong) (void)learned.Learn(project, index, *one.answer);
  }
  return {};
}

// Gives a variable a value, and those that belong together with it the values of such a row. False where none has it.
bool PutValue(const project::Learned& learned, const project::Scenario& scenario, const std::string& name,
              const std::string& value, project::Assignment& set) {
  set[name] = value;
  for (const project::Learned::Group& group : learned.Groups(scenario)) {
    const auto member = std::ranges::find(group.names, name);
    if (member == group.names.end()) continue;
    const std::vector<std::string>& column = group.columns[static_cast<size_t>(member - group.names.begin())];
    const auto row = std::ranges::find(column, value);
    if (row == column.end()) return false;
    for (size_t i = 0; i < group.names.size(); ++i)
      set[group.names[i]] = group.columns[i][static_cast<size_t>(row - column.begin())];
  }
  return true;
}

// Asks with the set, and keeps it for the quiet phase where that is answered as it should. What a writer accepts once
// is not asked for as often as the quiet phase does. False: no more should be asked.
base::Result<bool> KeepIfAnswered(User& user, const project::Scenario& scenario, const project::Assignment& set,
                                  project::Learned& learned) {
  constexpr int kForbidden = 403;
  HONE_TRY(Asked answered, user.Ask(scenario, set));
  if (!answered.wrong && scenario.writes) {
    HONE_TRY(answered, user.Ask(scenario, set));
  }
  const int status = answered.answer ? answered.answer->status : 0;
  if (answered.wrong) return IsOfState(status) || status == kForbidden;
  learned.KeepSet(scenario, project::WithoutSize(scenario, set));
  return true;
}

// The values that the variables have beside those that are drawn.
base::Result<void> LearnShown(User& user, const project::Scenario& scenario, const project::Assignment& tried,
                              project::Learned& learned) {
  size_t most = 0;
  for (const project::Variable& variable : scenario.vars) most = std::max(most, variable.also.size());
  for (size_t i = 0; i < most; ++i) {
    project::Assignment set = tried;
    for (const project::Variable& variable : scenario.vars) {
      if (i < variable.also.size()) set[variable.name] = variable.also[i];
    }
    if (set == tried) continue;  // a kept one would be asked for less often
    HONE_TRY(const bool go_on, KeepIfAnswered(user, scenario, set, learned));
    if (!go_on) return {};
  }
  return {};
}

// Values that are drawn may all have few rows behind them, in which no loop is seen: those with most are asked for too,
// where they are answered as well as `tried` was.
base::Result<void> LearnBusiest(User& user, const Rig& rig, const project::Scenario& scenario,
                                const project::Assignment& tried, ColumnFinder& finder, project::Learned& learned) {
  constexpr size_t kMostReading = 6;
  constexpr size_t kMostWriting = 1;
  if (rig.databases() == nullptr) return {};
  const std::vector<std::vector<const project::Variable*>> together = project::ColumnsTogether(scenario);
  for (const project::Variable& variable : scenario.vars) {
    if (!project::IsLearned(variable)) continue;
    const bool in_rows = std::ranges::any_of(
        together, [&](const auto& group) { return std::ranges::find(group, &variable) != group.end(); });
    const bool in_items = project::StandsInItems(scenario, variable.name);
    const std::vector<std::string>* const values = learned.Find(variable);
    if (in_rows || in_items || values == nullptr) continue;
    const auto of = finder.ColumnOf(scenario, variable, *values);
    if (!of) continue;
    std::vector<BusiestValue> busiest = finder.Busiest(*of);
    PutNamedFirst(PathBehind(scenario, variable.name), busiest);
    std::set<std::string> asked;
    for (const BusiestValue& busy : busiest) {
      if (asked.size() == (scenario.writes ? kMostWriting : kMostReading)) break;
      if (!asked.insert(busy.value).second) continue;
      project::Assignment set = tried;
      if (!PutValue(learned, scenario, variable.name, busy.value, set)) continue;
      HONE_TRY(const bool go_on, KeepIfAnswered(user, scenario, set, learned));
      if (!go_on) return {};
    }
  }
  return {};
}

// A request with many items, and how many statements it made; none where it is not answered as it should be.
base::Result<std::optional<int64_t>> StatementsOfMany(Trials& trials, const project::Scenario& scenario) {
  HONE_TRY(const auto sets, project::QuietAssignments(scenario, trials.dry.learned, kDryRunSeed));
  const int64_t before = trials.rig.proxy()->counters().statements;
  HONE_TRY(const Asked asked, trials.user.Ask(scenario, sets.back()));
  if (asked.wrong) return std::nullopt;
  return trials.rig.proxy()->counters().statements - before;
}

// Whether a request with many items is answered with `others` and makes at least `times` as many statements as with the
// usual groups, and `more` at least. Those stay then, or else the usual ones.
base::Result<bool> KeepIfMore(Trials& trials, const project::Scenario& scenario,
                              std::vector<project::Learned::Group> others, int64_t more, int64_t times) {
  project::Learned& learned = trials.dry.learned;
  const std::vector<project::Learned::Group> usual_ones = learned.Groups(scenario);
  // The usual ones first: what a second request finds done already makes it do less.
  HONE_TRY(std::optional<int64_t> usual, StatementsOfMany(trials, scenario));
  HONE_TRY(const std::optional<int64_t> again, StatementsOfMany(trials, scenario));
  usual = std::max(usual, again);
  learned.PutGroups(scenario, std::move(others));
  HONE_TRY(const std::optional<int64_t> with, StatementsOfMany(trials, scenario));
  if (usual && with && *with >= std::max(*usual + more, times * *usual)) return true;
  learned.PutGroups(scenario, usual_ones);
  return false;
}

// A service may pass over items that do not belong to what its path or body names: those that do are asked for where it
// does much more with them. Whether they are.
base::Result<bool> LearnItemsOfOne(Trials& trials, const project::Scenario& scenario) {
  constexpr int64_t kMore = 3;
  constexpr int64_t kTimes = 2;
  project::Learned& learned = trials.dry.learned;
  if (!scenario.writes || NamesWhatIsThere(scenario)) return false;
  const std::vector<project::Learned::Group> before = learned.Groups(scenario);
  HONE_TRY(const bool related, LearnTogether(trials, scenario, RelatedWay::kNamed));
  std::vector<project::Learned::Group> together = learned.Groups(scenario);
  learned.PutGroups(scenario, before);
  if (!related) return false;
  HONE_TRY(const bool kept, KeepIfMore(trials, scenario, std::move(together), kMore, kTimes));
  if (kept) {
    trials.dry.caveats.push_back(fmt::format(
        "{} makes more statements of items that belong to what it names beside them: it is asked with those",
        project::EndpointName(scenario)));
  }
  return kept;
}

// An answer may list fewer values than a request has items at the largest size. Those that stand twice are passed over
// by many a service, so that it seems to do no more for more items: further rows of their column are asked for where it
// makes more statements with them. Whether they are.
base::Result<bool> LearnFurtherItems(Trials& trials, const project::Scenario& scenario) {
  constexpr int64_t kMore = 2;
  project::Learned& learned = trials.dry.learned;
  const auto most = static_cast<size_t>(learned.SizesOf(scenario).back());
  std::vector<project::Learned::Group> groups = learned.Groups(scenario);
  const size_t before = groups.size();
  for (const project::Variable& variable : scenario.vars) {
    const auto has_it = [&](const project::Learned::Group& group) {
      return std::ranges::find(group.names, variable.name) != group.names.end();
    };
    const bool in_items = project::StandsInItems(scenario, variable.name) && project::IsLearned(variable);
    const std::vector<std::string>* const listed = in_items ? learned.Find(variable) : nullptr;
    if (listed == nullptr || listed->size() >= most || std::ranges::any_of(groups, has_it)) continue;
    const auto of = trials.columns.ColumnOf(scenario, variable, *listed);
    const auto rows = of ? ReadColumn(trials.rig, *of) : std::vector<std::string>();
    std::vector<std::string> values = *listed;
    for (size_t i = 0; rows && i < rows->size() && values.size() < most; ++i) {
      if (std::ranges::find(*listed, (*rows)[i]) == listed->end()) values.push_back((*rows)[i]);
    }
    if (values.size() > listed->size()) groups.push_back({{variable.name}, {std::move(values)}});
  }
  if (groups.size() == before) return false;
  HONE_TRY(const bool kept, KeepIfMore(trials, scenario, std::move(groups), kMore, 1));
  if (kept) {
    trials.dry.caveats.push_back(
        fmt::format("{} has more items than any answer lists: it is asked with further rows of the database",
                    project::EndpointName(scenario)));
  }
  return kept;
}

// Other items, where they show more. What is asked with then.
base::Result<project::Assignment> LearnItems(Trials& trials, const project::Scenario& scenario,
                                             const project::Assignment& tried) {
  if (!HasItems(scenario) || trials.rig.proxy() == nullptr) return tried;
  HONE_TRY(const bool of_one, LearnItemsOfOne(trials, scenario));
  HONE_TRY(const bool further, LearnFurtherItems(trials, scenario));
  if (!of_one && !further) return tried;
  HONE_TRY(const auto sets, project::QuietAssignments(scenario, trials.dry.learned, kDryRunSeed));
  return sets.front();
}

}  // namespace

base::Result<void> LearnMore(Trials& trials, size_t index, const project::Assignment& tried) {
  project::Learned& learned = trials.dry.learned;
  const project::Scenario& scenario = trials.project.scenarios[index];
  HONE_CHECK_OK(TryBothEnds(trials.user, scenario, tried, learned));
  HONE_CHECK_OK(LearnFurther(trials.user, trials.project, index, learned));
  if (trials.dry.tried[index].choosy()) return {};
  HONE_TRY(const project::Assignment asked, LearnItems(trials, scenario, tried));
  HONE_CHECK_OK(LearnShown(trials.user, scenario, asked, learned));
  return LearnBusiest(trials.user, trials.rig, scenario, asked, trials.columns, learned);
}

}  // namespace hone::ops
